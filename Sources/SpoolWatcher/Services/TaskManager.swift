internal import SpoolModel
internal import SpoolStore

/// Registers tasks, and ends them.
final class TaskManager {
  private let books: Books
  private let executor: TaskExecutor
  private var random: any RandomNumberGenerator

  init(_ books: Books, executor: TaskExecutor, random: any RandomNumberGenerator) {
    self.books = books
    self.executor = executor
    self.random = random
  }

  /// Registers a task. One that a former watcher registered just before it died is known already;
  /// any other of that name is refused.
  func register(
    _ spec: TaskSpec, owner: Int, digest: String, mayBeKnown: Bool
  ) throws(RequestError) {
    if let task = books.state.tasks[spec.name] {
      if mayBeKnown, task.accepted.digest == digest { return }
      throw RequestError(
        key: "name",
        "there is a task \(spec.name) already (\(task.state.rawValue)): choose another name")
    }
    guard JSON.object(spec.source).compact.count <= Limits.request else {
      throw RequestError(
        key: "input",
        "with absolute paths the request is larger than \(Units.text(bytes: Limits.request)): "
          + "list the files in a NAME.jsonl manifest")
    }
    for output in spec.outputs { try books.spool.dataRoots.check(output.path) }
    try checkDatasets(spec)
    try checkPaths(spec)
    let incarnation = String(UInt32.random(in: .min ... .max, using: &random), radix: 16)
    books.record(
      .task(
        TaskAccepted(
          spec: spec, incarnation: incarnation, owner: owner, at: books.time.epoch, digest: digest))
    )
    books.say("accepted the task \(spec.name)")
  }

  private func checkDatasets(_ spec: TaskSpec) throws(RequestError) {
    for name in spec.producedDatasets.sorted() {
      if case .datasets(let inputs) = spec.input, inputs.contains(name) {
        throw RequestError(key: "outputs", "its outputs would join its own input \(name)")
      }
      if let dataset = books.state.datasets[name], dataset.state != .open {
        throw RequestError(key: "outputs", "the dataset \(name) is closed")
      }
    }
  }

  /// Two living tasks with one output path are refused, naming both.
  private func checkPaths(_ spec: TaskSpec) throws(RequestError) {
    for other in books.state.liveTasks {
      for output in spec.outputs where !output.path.placeholders.contains(where: Self.isOwn) {
        let isSame = other.spec.outputs.contains { $0.path == output.path }
        guard isSame, !output.path.placeholders.contains(.stem) else { continue }
        throw RequestError(
          key: "outputs", "\(output.path.text) is also written by the task \(other.name)")
      }
    }
  }

  /// Placeholders that no two tasks share.
  private static func isOwn(_ placeholder: Template.Placeholder) -> Bool {
    placeholder == .task || placeholder == .job
  }

  /// Ends tasks of which nothing is left to do, or too much has failed. Returns whether any ended.
  func endTasks() -> Bool {
    var hasEnded = false
    for task in books.state.liveTasks where task.state == .active {
      guard let (state, reason) = verdict(task) else { continue }
      books.record(.ended(task: task.name, state: state, at: books.time.epoch, reason: reason))
      books.say(
        "task \(task.name) is \(state.rawValue): \(task.done) jobs done, \(task.failed) failed")
      hasEnded = true
    }
    return hasEnded
  }

  private func verdict(_ task: TaskEntry) -> (TaskState, String?)? {
    if let stop = task.spec.stopAfter, task.failed > stop, !task.isPublishing {
      return (.failed, "stopped: more than \(stop) jobs failed")
    }
    guard task.jobs.isEmpty, executor.isExhausted(task) else { return nil }
    guard task.failed > task.spec.maxFailedJobs else { return (.done, nil) }
    return (.failed, "\(task.failed) failed jobs; maxFailedJobs is \(task.spec.maxFailedJobs)")
  }
}
