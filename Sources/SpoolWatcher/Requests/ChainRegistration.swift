internal import SpoolModel
internal import SpoolStore

/// Registers chains. In comes a chain that was read; out goes its `chain` record, which stands for
/// a task for each step, or the error with which it is refused. The steps then go the way of tasks,
/// because each step reads the dataset that the one before it fills.
struct ChainRegistration {
  private let registration: TaskRegistration

  init(registration: TaskRegistration) {
    self.registration = registration
  }

  /// Registers a chain, by the rules of ``TaskRegistration/register(_:owner:digest:mayBeKnown:)``.
  /// If one of its steps is refused, all are.
  func register(
    _ spec: ChainSpec, owner: Int, digest: String, mayBeKnown: Bool, _ turn: Turn
  ) throws(RequestError) {
    if let chain = turn.state.chains[spec.name], mayBeKnown, chain.accepted.digest == digest {
      return
    }
    if turn.state.chains[spec.name]?.accepted.spec == spec {
      return turn.say("the chain \(spec.name) is there already, with the same content")
    }
    try registration.checkName(spec.name, turn)
    try registration.checkSize(spec.source, key: "steps")
    for (index, step) in spec.steps.enumerated() {
      do throws(RequestError) {
        try registration.checkName(step.task.name, turn)
        try registration.check(step.task, turn)
      } catch {
        throw RequestError(
          line: error.line, key: "steps[\(index)]" + (error.key.map { ".\($0)" } ?? ""),
          error.message)
      }
    }
    turn.record(
      .chain(
        ChainAccepted(
          spec: spec, incarnation: registration.newIncarnation(), owner: owner, at: turn.date,
          digest: digest)))
    turn.say("accepted the chain \(spec.name): \(spec.steps.map(\.name).joined(separator: ", "))")
  }
}
