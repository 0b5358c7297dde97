internal import SpoolModel
internal import SpoolStore

/// Audits, once a minute, that every claimed job is in some directory. In come the claims and the
/// inboxes; out go failures of the cause `torn`. Absence in one listing is no proof, so a job
/// counts as lost only if two audits in a row do not find it (R8). An audit may take several turns.
/// It looks in the direction in which files move: for jobs that were claimed at its beginning it
/// lists pilot by pilot, and then the inboxes.
final class LostJobAudit: Stage {
  private let spool: Spool
  private let ready: ReadyFeeder
  private let pilots: PilotMonitor
  private let judge: ResultJudge
  private var last: Instant
  /// Jobs that the last audit did not find, with their attempts.
  private var missing: [JobID: Int] = [:]
  /// The claimed jobs that the present audit has not found yet, with their attempts; nil between
  /// audits.
  private var unfound: [JobID: Int]?
  /// The pilots whose claims the present audit has not listed yet, the next one last.
  private var unlisted: [PilotName] = []

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

  func nextDue(_ turn: Turn) -> Instant? { unfound == nil ? nil : .distantPast }

  /// Begins an audit if one is due, and goes on with it as long as the turn has time.
  func run(_ turn: Turn) throws {
    if unfound == nil {
      guard turn.now >= last + Self.interval else { return }
      last = turn.now
      try begin(turn)
    }
    let budget = turn.budget()
    while let pilot = unlisted.last {
      for claim in try pilots.claims(of: pilot, turn) { noteFound(claim) }
      unlisted.removeLast()
      if budget.isOver { return }
    }
    for failed in [false, true] {
      for name in try spool.inbox(failed: failed, fresh: true) { noteFound(name.jobName) }
    }
    end(turn)
  }

  private func begin(_ turn: Turn) throws {
    pilots.noteStale()
    // A former watcher that was stopped in the middle of a put may have woken since.
    for queue in Queue.allCases { try spool.removeUnfinishedPuts(queue) }
    try ready.lookIntoReady(fresh: true, turn)
    unlisted = try spool.running(fresh: true).pilots.sorted().reversed()
    unfound = claimed(turn)
  }

  private func noteFound(_ name: JobName) {
    if unfound?[name.job] == name.attempt { unfound?[name.job] = nil }
  }

  /// Ends an audit. Jobs that the last one did not find either have failed.
  private func end(_ turn: Turn) {
    let claimed = claimed(turn)
    let absent = (unfound ?? [:]).filter { claimed[$0.key] == $0.value }
    unfound = nil
    for (id, attempt) in absent where missing[id] == attempt {
      judge.fail(id, .torn, "its file is in no directory any more", turn)
    }
    missing = absent
  }

  /// Returns the claimed jobs with their attempts.
  private func claimed(_ turn: Turn) -> [JobID: Int] {
    var claimed: [JobID: Int] = [:]
    for task in turn.state.liveTasks {
      for (index, job) in turn.state.jobs(of: task.name) {
        let id = JobID(task: task.name, index: index)
        guard turn.placement.whereabouts(of: id, job) == .issued(.claimed) else { continue }
        claimed[id] = job.attempt
      }
    }
    return claimed
  }
}
