internal import SpoolModel
internal import SpoolStore

/// A claimed job, from the claim to its delivery.
final class RunningJob {
  enum Stage: Equatable {
    /// The filesystem of its inputs or outputs is out of order: to be looked at again.
    case blocked
    /// Its inputs are being read, to verify their checksums.
    case verifying
    case running
    /// The payload has ended well; its outputs are being made durable and summed.
    case staging
    /// The result stands; the filesystem refused it, to be tried again.
    case delivering(JobResult)
  }

  let id: Int
  let name: JobName
  /// The pilot's name at the claim: it may have another by now (R5).
  let pilot: PilotName
  let document: JobDocument
  let slot: Slot
  let gpus: [String]
  /// Monotonic and epoch milliseconds.
  let begun: Int
  let started: Timestamp
  var stage = Stage.running
  /// Since when it was blocked, monotonic milliseconds.
  var blockedSince: Int?
  /// Why the pilot ended the payload, if it did: `returned`, or nil with `isTaken`.
  var isReturning = false
  /// The watcher took the claim: whatever comes of the payload does not count.
  var isTaken = false
  var end: PayloadEnd?
  /// Whether its share of the pilot has been given back.
  var hasReleased = false
  var liveLog: LiveLog?
  private var claim: Claim?

  init(
    id: Int, claim: consuming Claim, document: JobDocument, slot: Slot, gpus: [String],
    begun: Int, started: Timestamp
  ) {
    self.id = id
    name = claim.name
    pilot = claim.pilot
    self.document = document
    self.slot = slot
    self.gpus = gpus
    self.begun = begun
    self.started = started
    self.claim = consume claim
  }

  /// Hands in a result; true when the claim is settled, whoever has it now.
  func deliver(_ result: JobResult, in spool: Spool) throws(FileError) -> Bool {
    guard let claim = claim.take() else { return true }
    switch claim.finish(result, in: spool) {
    case .delivered: return true
    case .taken: return true
    case .pending(let held, let error):
      self.claim = consume held
      stage = .delivering(result)
      throw error
    }
  }

  /// The claim is gone.
  func forget() { claim.take()?.forget() }
}
