internal import SpoolModel
internal import SpoolStore

/// Ends tasks. In come the tasks in work; out go `ended` records for those with nothing left to do,
/// those with too many failures, and those that are cancelled.
struct TaskJudge {
  /// True if the site's command is to be told of each end at least once.
  let tells: Bool

  /// Ends the tasks that are due. Returns true if any task ended.
  func endTasks(_ turn: Turn) -> Bool {
    var hasEnded = false
    for task in turn.state.liveTasks {
      guard let (state, reason) = verdict(task, turn) else { continue }
      turn.record(
        .ended(task: task.name, state: state, at: turn.date, reason: reason, tells: tells))
      turn.say(
        "task \(task.name) is \(state.rawValue): \(task.done) jobs done, \(task.failed) failed")
      hasEnded = true
    }
    return hasEnded
  }

  /// Returns the state and the reason with which a task is to end; nil if it goes on.
  private func verdict(_ task: TaskEntry, _ turn: Turn) -> (TaskState, String?)? {
    // An accepted result counts, whatever comes: its outputs get their names first (R6).
    if let owner = task.cancelledBy {
      return turn.state.isPublishing(task.name) ? nil : (.cancelled, "cancelled by uid \(owner)")
    }
    guard turn.placement.status(of: task) == .active else { return nil }
    if let stop = task.spec.stopAfter, task.failed > stop, task.revival == nil,
      !turn.state.isPublishing(task.name)
    {
      return (.failed, "stopped: more than \(stop) jobs failed")
    }
    guard turn.state.jobs(of: task.name).isEmpty, turn.state.isExhausted(task) else { return nil }
    guard task.failed <= task.spec.maxFailedJobs else {
      return (
        .failed, "\(task.failed) failed jobs; maxFailedJobs is \(task.spec.maxFailedJobs)"
      )
    }
    if task.isRepair, !task.leftover.isEmpty || !turn.state.isFormed(task) {
      return (
        .cancelled, "only what had failed was tried again; `spool retry` goes on with the rest"
      )
    }
    return (.done, nil)
  }
}
