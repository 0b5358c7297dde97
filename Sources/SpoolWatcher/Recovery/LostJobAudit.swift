internal import SpoolModel
internal import SpoolStore

/// Audits, once a minute, that every claimed job is in some directory. In come the claims and the
/// inboxes; out go failures of the cause `torn`. Absence in one listing is no proof, so a job
/// counts as lost only if two audits in a row do not find it (R8).
final class LostJobAudit {
  private let spool: Spool
  private let ready: ReadyFeeder
  private let pilots: PilotMonitor
  private let judge: ResultJudge
  private var last: Instant
  /// Jobs that the last audit did not find, with their attempts.
  private var missing: [JobID: Int] = [:]

  /// The time between two audits.
  static let interval = Duration.seconds(60)

  /// Makes an audit that is first due one interval after `start`.
  init(
    _ spool: Spool, ready: ReadyFeeder, pilots: PilotMonitor, judge: ResultJudge, start: Instant
  ) {
    self.spool = spool
    self.ready = ready
    self.pilots = pilots
    self.judge = judge
    last = start
  }

  /// An attempt of a job.
  private struct Attempt: Hashable {
    var job: JobID
    var number: Int
  }

  /// Runs an audit if one is due.
  func run(_ turn: Turn) throws {
    guard turn.now >= last + Self.interval else { return }
    last = turn.now
    try pilots.takeStale(turn)
    // A former watcher that was stopped in the middle of a put may have woken since.
    for queue in Queue.allCases { try spool.removeUnfinishedPuts(queue) }
    try ready.lookIntoReady(fresh: true, turn)
    let claims = Set(try pilots.allClaims().map { Attempt(job: $0.job, number: $0.attempt) })
    _ = try judge.readInboxes(fresh: true, turn)
    let absent = absent(from: claims, turn)
    for (id, attempt) in absent where missing[id] == attempt {
      judge.fail(id, .torn, "its file is in no directory any more", turn)
    }
    missing = absent
  }

  /// Returns the claimed jobs that are not among these claims, with their attempts.
  private func absent(from claims: Set<Attempt>, _ turn: Turn) -> [JobID: Int] {
    var absent: [JobID: Int] = [:]
    for task in turn.state.liveTasks {
      for (index, job) in turn.state.jobs(of: task.name) {
        let id = JobID(task: task.name, index: index)
        guard turn.placement.whereabouts(of: id, job) == .issued(.claimed),
          !claims.contains(Attempt(job: id, number: job.attempt))
        else { continue }
        absent[id] = job.attempt
      }
    }
    return absent
  }
}
