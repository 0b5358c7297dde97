internal import SpoolModel
internal import SpoolStore

/// Decides whether jobs of a task may be formed: once the datasets that it reads exist, and are
/// complete if one job reads them all. In come the state and the time. Out go the decision, the
/// dataset that the task waits for (``Placement``), and `ended` records, because no task waits for
/// ever (R10).
final class TaskReadiness {
  private let config: SpoolConfig
  /// The times until which tasks wait for an absent dataset.
  private var datasetWaits = Deadlines<Name>()
  /// The times until which tasks wait for a decision about an incomplete dataset.
  private var decisionWaits = Deadlines<Name>()

  init(_ config: SpoolConfig) {
    self.config = config
  }

  /// Returns true if jobs of a task may be formed: it is active, does not only run failed jobs
  /// again, and all of its datasets exist. Ends the task if a dataset did not come in time.
  func mayForm(_ task: TaskEntry, _ turn: Turn) -> Bool {
    guard task.state == .active, !task.isRepair else { return false }
    let missing = turn.state.missingInput(of: task)
    turn.placement.setAwaited(missing, for: task.name)
    guard let missing else {
      datasetWaits.remove(task.name)
      return true
    }
    let wait = config.datasetWait
    if datasetWaits.hasCome(task.waitsSince + wait, for: task.name, at: turn.now) {
      end(task, "the dataset \(missing) did not come within \(Units.text(wait))", turn)
    } else {
      datasetWaits.note(task.waitsSince + wait, for: task.name, atMost: wait, turn)
    }
    return false
  }

  /// Returns true if the one job of a task that reads all of its files may be formed: its datasets
  /// are complete and can be read. If a dataset is incomplete, the task waits until a person
  /// decides: to retry the jobs that would complete the dataset, or to go on without their files.
  /// Ends the task if nobody decides in time.
  func mayFormOverAll(_ task: TaskEntry, _ names: [Name], _ turn: Turn) -> Bool {
    let incomplete = turn.state.incompleteInput(of: task)
    turn.placement.setIncomplete(incomplete, for: task.name)
    let datasets = names.compactMap { turn.state.datasets[$0] }
    guard task.formed == 0, datasets.allSatisfy(turn.placement.isClosedAndReadable) else {
      return false
    }
    if let incomplete { endUndecided(task, incomplete, turn) }
    return incomplete == nil
  }

  /// Ends a task whose incomplete dataset nobody decided about in time (R10).
  private func endUndecided(_ task: TaskEntry, _ lacking: Name, _ turn: Turn) {
    guard let dataset = turn.state.datasets[lacking] else { return }
    let ends = dataset.producers.compactMap { turn.state.tasks[$0]?.ended }
    let since = max(ends.max() ?? task.waitsSince, task.waitsSince)
    let wait = config.verdictWait
    decisionWaits.note(since + wait, for: task.name, atMost: wait, turn)
    guard decisionWaits.hasCome(since + wait, for: task.name, at: turn.now) else { return }
    end(
      task,
      "the dataset \(lacking) lacks files, and nobody said within \(Units.text(wait)) what to do",
      turn)
  }

  private func end(_ task: TaskEntry, _ reason: String, _ turn: Turn) {
    turn.record(.ended(task: task.name, state: .failed, at: turn.date, reason: reason))
  }

  /// Drops the waits of a task that has ended.
  func noteEnded(task: Name) {
    datasetWaits.remove(task)
    decisionWaits.remove(task)
  }
}
