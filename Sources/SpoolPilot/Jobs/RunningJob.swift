internal import SpoolModel
internal import SpoolStore

/// A claimed job, from the claim to its delivery.
final class RunningJob {
  /// The stage that a job is in.
  enum Stage: Equatable {
    /// The filesystem of its inputs or outputs is out of order: the job waits for it.
    case blocked
    /// The digester reads its inputs, to verify their checksums.
    case verifying
    /// The payload runs, or is about to start.
    case running
    /// The payload has ended well; the digester syncs and sums its outputs.
    case staging
    /// The result stands, but the filesystem refused it; it is handed in again.
    case delivering(JobResult)
  }

  /// The pilot's own number for the job.
  let id: Int
  let name: JobName
  /// The pilot's name at the claim. The pilot may have another by now (R5).
  let pilot: PilotName
  let document: JobDocument
  let slot: Slot
  /// The GPUs that are the job's own.
  let gpus: [String]
  /// The moment of the claim, on both clocks.
  let begun: Instant
  let started: Timestamp
  var stage = Stage.running
  /// The moment at which it was first blocked.
  var blockedSince: Instant?
  /// The pilot gives the job back.
  var isReturning = false
  /// The watcher took the claim: the payload's outcome does not count.
  var isTaken = false
  /// The end of the payload; nil: it has not ended, or never ran.
  var end: PayloadEnd?
  /// Its share of the pilot has been given back.
  var hasReleased = false
  var liveLog: LiveLog?
  private var claim: Claim?

  init(
    id: Int, claim: consuming Claim, document: JobDocument, slot: Slot, gpus: [String],
    begun: Instant, started: Timestamp
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

  /// Hands in a result; true when the claim is settled, whoever has it now. Where the filesystem
  /// refuses, the job keeps the result and its claim, and the error is thrown (R2).
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

  /// Drops the claim: the watcher took it.
  func forget() { claim.take()?.forget() }
}

/// A failure of one attempt of a job.
struct JobFailure: Error, Equatable {
  var cause: Cause
  /// The reason in words, for the result.
  var reason: String

  init(_ cause: Cause, _ reason: String) {
    self.cause = cause
    self.reason = reason
  }
}
