internal import SpoolModel
internal import SpoolStore

/// Registers chains. In comes a chain that was read; out goes its `chain` record, which stands for
/// a task for each step, or the error with which it is refused. The steps then go the way of tasks,
/// because each step reads the dataset that the one before it fills.
final class ChainRegistration {
  private let spool: Spool
  private let turn: Turn
  private let tasks: TaskRegistration

  init(_ spool: Spool, _ turn: Turn, tasks: TaskRegistration) {
    self.spool = spool
    self.turn = turn
    self.tasks = tasks
  }

  /// Registers a chain, by the rules of ``TaskRegistration/register(_:owner:digest:mayBeKnown:)``.
  /// If one of its steps is refused, all are.
  func register(
    _ spec: ChainSpec, owner: Int, digest: String, mayBeKnown: Bool
  ) throws(RequestError) {
    if let chain = turn.state.chains[spec.name], mayBeKnown, chain.accepted.digest == digest {
      return
    }
    try tasks.checkName(spec.name)
    try tasks.checkSize(spec.source, key: "steps")
    for (index, step) in spec.steps.enumerated() {
      do throws(RequestError) {
        try tasks.checkName(step.task.name)
        try tasks.check(step.task)
      } catch {
        throw RequestError(
          line: error.line, key: "steps[\(index)]" + (error.key.map { ".\($0)" } ?? ""),
          error.message)
      }
    }
    turn.record(
      .chain(
        ChainAccepted(
          spec: spec, incarnation: tasks.newIncarnation(), owner: owner, at: turn.date,
          digest: digest)))
    turn.say("accepted the chain \(spec.name): \(spec.steps.map(\.name).joined(separator: ", "))")
  }
}
