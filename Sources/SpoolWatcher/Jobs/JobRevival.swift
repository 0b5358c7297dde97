internal import SpoolModel
internal import SpoolStore

/// Takes jobs that ended back into work when an order asks for it. In come the order, which the task's
/// entry holds, and the task's ledger; out go `revived` records, for no more jobs at a time than
/// ready has room for (R10). A revived job waits for its next attempt like any other.
final class JobRevival {
  private let spool: Spool
  private let enqueuer: JobEnqueuer
  private let ready: ReadyFeeder
  /// The jobs that an order wants tried again, by task.
  private var ended: [Name: EndedJobs] = [:]

  /// The largest number of jobs that are revived at a time if some of them are done: their record holds
  /// what they reported.
  static let mostDone = 100

  init(_ spool: Spool, enqueuer: JobEnqueuer, ready: ReadyFeeder) {
    self.spool = spool
    self.enqueuer = enqueuer
    self.ready = ready
  }

  /// Takes ended jobs of a task back into work, as many as there is room for. Returns true if
  /// anything was done.
  func revive(_ task: TaskEntry, _ turn: Turn) throws(FileError) -> Bool {
    guard let revival = task.revival, task.state != .held else { return false }
    let jobs = ended[task.name] ?? EndedJobs(spool, task.name, revival)
    ended[task.name] = jobs
    let ledger = spool.place(of: .ledger(task.name))
    let isFound = try jobs.find(among: task.failedJobs) { offset in
      turn.say(
        "\(ledger) is damaged at byte \(offset): a job that ended there is not tried again")
    }
    guard isFound else { return true }
    let most = revival.order.evenDone ? Self.mostDone : JobFormation.mostPerTurn
    let found = try jobs.next(min(ready.findRoom(for: task, turn), most))
    guard !found.isEmpty || jobs.rest == nil else { return false }
    turn.record(
      .revived(
        JobsRevived(
          task: task.name, jobs: found, at: turn.date, next: jobs.rest,
          splits: revival.order.splits)))
    if revival.order.splits {
      // The paths are for the jobs that the files become.
      enqueuer.release(Set(found.map { JobID(task: task.name, index: $0.index) }))
    }
    if jobs.rest == nil { ended[task.name] = nil }
    return true
  }

  /// Drops the jobs of a task that has ended.
  func noteEnded(task: Name) { ended[task] = nil }
}
