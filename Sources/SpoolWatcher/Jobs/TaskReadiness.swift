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
  /// The times before which tasks do not begin.
  private var beginnings = Deadlines<Name>()
  /// The times until which tasks wait for another that is not there, or did not end well.
  private var predecessorWaits = Deadlines<Name>()
  /// The times until which tasks wait for a decision about an incomplete dataset.
  private var decisionWaits = Deadlines<Name>()

  init(_ config: SpoolConfig) {
    self.config = config
  }

  /// Returns true if jobs of a task may be formed: it is active, does not only run failed jobs
  /// again, and all of its datasets exist. Ends the task if a dataset did not come in time.
  func mayForm(_ task: TaskEntry, _ turn: Turn) -> Bool {
    guard task.state == .active, !task.isRepair else { return false }
    guard mayBegin(task, turn) else { return false }
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

  /// Returns true if the first job of a task may be formed: its time has come, and what it is to come
  /// after has ended well.
  private func mayBegin(_ task: TaskEntry, _ turn: Turn) -> Bool {
    guard task.spec.hasStartConditions, task.formed == 0 else { return true }
    let obstacle = obstacle(to: task, turn)
    turn.placement.setObstacle(obstacle, to: task.name)
    return obstacle == nil
  }

  /// Returns what keeps a task from its first job; nil if it may begin.
  private func obstacle(to task: TaskEntry, _ turn: Turn) -> Placement.Obstacle? {
    if let time = task.spec.notBefore {
      beginnings.note(time, for: task.name, atMost: .seconds(1 << 32), turn)
      if !beginnings.hasCome(time, for: task.name, at: turn.now) {
        return Placement.Obstacle(words: "it is not to begin before \(time)")
      }
    }
    for name in task.spec.after {
      switch end(of: name, turn) {
      case .absent:
        let wait = config.datasetWait
        if predecessorWaits.hasCome(task.waitsSince + wait, for: task.name, at: turn.now) {
          end(
            task, "\(name), after which it was to run, did not come within \(Units.text(wait))",
            turn)
        } else {
          predecessorWaits.note(task.waitsSince + wait, for: task.name, atMost: wait, turn)
        }
        return Placement.Obstacle(words: "it waits for \(name), which is not there yet")
      case .atWork: return Placement.Obstacle(words: "it waits for the end of \(name)")
      case .ended(.done, _): break
      case .ended(let state, let ended):
        if task.spec.allowsIncomplete { break }
        let wait = config.verdictWait
        let since = max(ended ?? task.waitsSince, task.waitsSince) + wait
        predecessorWaits.note(since, for: task.name, atMost: wait, turn)
        if predecessorWaits.hasCome(since, for: task.name, at: turn.now) {
          end(
            task,
            "\(name), after which it was to run, is \(state.rawValue), and nobody said within "
              + "\(Units.text(wait)) what to do", turn)
        }
        return Placement.Obstacle(
          words:
            "it waits for \(name), which is \(state.rawValue): `spool retry \(name)` tries that "
            + "again, `spool release \(task.name)` goes on without",
          awaitsDecision: true)
      }
    }
    predecessorWaits.remove(task.name)
    return nil
  }

  private enum Predecessor {
    case absent
    case atWork
    case ended(TaskState, at: Timestamp?)
  }

  /// Returns how a task or chain stands that another is to come after.
  private func end(of name: Name, _ turn: Turn) -> Predecessor {
    let state = turn.state
    if let packed = state.packed[name] { return .ended(packed.state, at: nil) }
    if let task = state.tasks[name] {
      return task.state.hasEnded ? .ended(task.state, at: task.ended) : .atWork
    }
    guard let chain = state.chains[name] else { return .absent }
    let stands = state.state(of: chain)
    guard stands.hasEnded else { return .atWork }
    return .ended(stands, at: state.steps(of: chain).compactMap(\.ended).max())
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
    turn.record(
      .ended(
        task: task.name, state: .failed, at: turn.date, reason: reason,
        tells: config.isToldAtLeastOnce))
  }

  /// Drops the waits of a task that has ended.
  func noteEnded(task: Name) {
    datasetWaits.remove(task)
    decisionWaits.remove(task)
    beginnings.remove(task)
    predecessorWaits.remove(task)
  }
}
