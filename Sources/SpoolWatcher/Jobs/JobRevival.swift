internal import SpoolModel
internal import SpoolStore

/// Takes failed jobs back into work when an order asks for it. In come the order, which the task's
/// entry holds, and the task's ledger; out go `revived` records, for no more jobs at a time than
/// ready has room for (R10). A revived job waits for its next attempt like any other.
final class JobRevival {
  private let spool: Spool
  private let enqueuer: JobEnqueuer
  private let ready: ReadyFeeder
  /// The failed jobs that an order wants tried again, by task.
  private var failures: [Name: FailedJobs] = [:]

  init(_ spool: Spool, enqueuer: JobEnqueuer, ready: ReadyFeeder) {
    self.spool = spool
    self.enqueuer = enqueuer
    self.ready = ready
  }

  /// Takes failed jobs of a task back into work, as many as there is room for. Returns true if
  /// anything was done.
  func revive(_ task: TaskEntry, _ turn: Turn) throws(FileError) -> Bool {
    guard let revival = task.revival, task.state != .held else { return false }
    let failed = failures[task.name] ?? FailedJobs(spool, task.name, revival)
    failures[task.name] = failed
    let ledger = spool.place(of: .ledger(task.name))
    let isFound = try failed.find(among: task.failedJobs) { offset in
      turn.say(
        "\(ledger) is damaged at byte \(offset): a job that failed there is not tried again")
    }
    guard isFound else { return true }
    let found = try failed.next(min(ready.findRoom(for: task, turn), JobFormation.mostPerTurn))
    guard !found.isEmpty || failed.rest == nil else { return false }
    turn.record(
      .revived(
        JobsRevived(
          task: task.name, jobs: found, at: turn.date, next: failed.rest,
          splits: revival.order.splits)))
    if revival.order.splits {
      // The paths are for the jobs that the files become.
      enqueuer.release(Set(found.map { JobID(task: task.name, index: $0.index) }))
    }
    if failed.rest == nil { failures[task.name] = nil }
    return true
  }

  /// Drops the failed jobs of a task that has ended.
  func noteEnded(task: Name) { failures[task] = nil }
}
