internal import SpoolModel
internal import SpoolStore

/// A claimed job, from the claim to its delivery.
final class RunningJob {
  /// The stage that a job is in.
  enum Stage: Equatable {
    /// The filesystem of its inputs or outputs is out of order: the job waits for it.
    case blocked
    /// The lister looks at its inputs, of which there are many, and lists them.
    case listing
    /// The digester reads its inputs, to verify their checksums.
    case verifying
    /// The digester copies the checkpoint that the job goes on from.
    case layingIn
    /// The payload is being started, or is about to be.
    case starting
    /// The payload runs.
    case running
    /// The payload has ended well; the digester syncs and sums its outputs.
    case staging
    /// The payload has ended well; what it left cannot be read or synced now, and is tried again.
    case unsettled
    /// The result stands, but the filesystem refused it; it is handed in again.
    case delivering(JobResult)
  }

  /// The pilot's own number for the job.
  let id: Int
  let name: JobName
  /// The attempt, by the document that the payload is run by.
  let attempt: AttemptID
  /// The pilot's name at the claim. The pilot may have another by now (R5).
  let pilot: PilotName
  let document: JobDocument
  let slot: Slot
  /// The GPUs, and the cores if they are handed out, that are the job's own.
  let share: Capacity.Share
  /// The moment of the claim, on both clocks.
  let begun: Instant
  let started: Timestamp
  var stage = Stage.starting
  /// The start of the payload; nil: it was not started yet.
  var payloadStart: Instant?
  /// The inputs that are listed and become arguments.
  var arguments: [String] = []
  /// The moment at which it was first blocked.
  var blockedSince: Instant?
  /// True while it waits because this host is short of something: descriptors, memory, processes.
  var isShort = false
  /// True once its slot was made anew: somebody had removed it.
  var hasNewSlot = false
  /// The tries to settle it.
  var settling: Settling?
  /// The parts that could not be synced, as they were read.
  var unsynced: [String: OutputParts.Content] = [:]
  /// An output was missing at the last look, though its directory was there.
  var hasMissed = false
  /// The beginning of the present staging, on both clocks, and the moment at which it is given up.
  private(set) var staging: (since: Instant, at: Timestamp, end: Instant)?
  /// The payload's report, once it is read.
  var report: PayloadReport?
  /// A result may stand in the claimed file: the parts are the watcher's from then on (R3).
  private(set) var hasBegunResult = false
  /// What the payload printed is still to be appended to its task's log.
  var owesLog = false
  /// The pilot gives the job back; and at once, without the grace of its task.
  var isReturning = false
  var isHurried = false
  /// The checkpoint that the job goes on from lies in its scratch.
  var hasCheckpoint = false
  /// What is staged is the checkpoint of a job that is not done.
  var isKeeping = false
  /// The watcher took the claim: the payload's outcome does not count.
  var isTaken = false
  /// The end of the payload; nil: it has not ended, or never ran.
  var end: PayloadEnd?
  /// Its share of the pilot has been given back.
  var hasReleased = false
  var liveLog: LiveLog?
  private var claim: Claim?

  init(
    id: Int, claim: consuming Claim, document: JobDocument, slot: Slot, share: Capacity.Share,
    begun: Instant, started: Timestamp
  ) {
    self.id = id
    name = claim.name
    pilot = claim.pilot
    attempt = AttemptID(document)
    self.document = document
    self.slot = slot
    self.share = share
    self.begun = begun
    self.started = started
    self.claim = consume claim
  }

  /// Hands in a result; true when the claim is settled. Where the file is missing, or the filesystem
  /// refuses and the error is thrown, the job keeps the result and its claim (R2).
  func deliver(_ result: JobResult, in spool: Spool) throws(FileError) -> Bool {
    guard let claim = claim.take() else { return true }
    switch claim.finish(result, in: spool) {
    case .delivered: return true
    case .missing(let held):
      hasBegunResult = held.hasBegunResult
      self.claim = consume held
      stage = .delivering(result)
      return false
    case .pending(let held, let error):
      hasBegunResult = held.hasBegunResult
      self.claim = consume held
      stage = .delivering(result)
      throw error
    }
  }

  /// Begins to stage, or goes on after a refusal: the time-out counts from the first try.
  func beginStaging(at now: Instant, _ date: Timestamp, atMost longest: Duration) {
    stage = .staging
    staging = staging ?? (now, date, now + longest)
  }

  /// Lets staging end soon.
  func hurryStaging(to end: Instant) {
    guard let staging else { return }
    self.staging?.end = min(staging.end, end)
  }

  /// Returns the latest end of the payload, by its wall time, as of now.
  func latestEnd(at now: Instant) -> Instant { (payloadStart ?? now) + .seconds(name.wall) }

  /// Drops the claim: the watcher took it.
  func forget() { claim.take()?.forget() }
}

/// The tries to settle a job whose payload has ended.
struct Settling {
  /// The first refusal.
  let since: Instant
  /// The moment of the next try.
  private(set) var next: Instant
  private var backoff = Backoff(first: .milliseconds(500), longest: .seconds(4))

  init(at now: Instant) {
    since = now
    next = now
  }

  /// Begins to wait for the next try, longer each time.
  mutating func wait(from now: Instant) { next = now + backoff.next() }
}

/// A failure of one attempt of a job.
struct JobFailure: Error, Equatable {
  var cause: Cause
  /// The reason in words, for the result.
  var reason: String
  /// The checkpoint that was kept, if the job is to go on later.
  var checkpoint: KeptCheckpoint?

  init(_ cause: Cause, _ reason: String, checkpoint: KeptCheckpoint? = nil) {
    self.cause = cause
    self.reason = reason
    self.checkpoint = checkpoint
  }
}
