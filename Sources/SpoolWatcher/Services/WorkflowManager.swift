internal import SpoolModel
internal import SpoolStore

/// Registers chains: a task for each of their steps, all or none. What follows is the tasks' own way,
/// since a step reads the dataset that the one before it fills.
final class WorkflowManager {
  private let books: Books
  private let tasks: TaskManager

  init(_ books: Books, tasks: TaskManager) {
    self.books = books
    self.tasks = tasks
  }

  /// As ``TaskManager/register(_:owner:digest:mayBeKnown:)``.
  func register(
    _ spec: ChainSpec, owner: Int, digest: String, mayBeKnown: Bool
  ) throws(RequestError) {
    if let chain = books.state.chains[spec.name], mayBeKnown, chain.accepted.digest == digest {
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
    books.record(
      .chain(
        ChainAccepted(
          spec: spec, incarnation: tasks.newIncarnation(), owner: owner, at: books.time.epoch,
          digest: digest)))
    books.say("accepted the chain \(spec.name): \(spec.steps.map(\.name).joined(separator: ", "))")
  }
}
