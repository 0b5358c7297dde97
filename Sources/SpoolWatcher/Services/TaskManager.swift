internal import SpoolModel
internal import SpoolStore

/// Registers tasks, and ends them.
final class TaskManager {
  let books: Books
  let executor: TaskExecutor
  let jobs: JobExecutor
  /// The uid of who keeps the spool, who may order about every task.
  let keeper: Int
  private var random: any RandomNumberGenerator

  init(
    _ books: Books, executor: TaskExecutor, jobs: JobExecutor,
    random: any RandomNumberGenerator
  ) throws(FileError) {
    self.books = books
    self.executor = executor
    self.jobs = jobs
    self.random = random
    keeper = Int(try books.spool.files.attributes(of: books.spool.layout.config).owner)
  }

  /// Registers a task. One that a former watcher registered just before it died is known already;
  /// any other of that name is refused.
  func register(
    _ spec: TaskSpec, owner: Int, digest: String, mayBeKnown: Bool
  ) throws(RequestError) {
    if let task = books.state.tasks[spec.name], mayBeKnown, task.accepted.digest == digest {
      return
    }
    try checkName(spec.name)
    try checkSize(spec.source, key: "input")
    try check(spec)
    books.record(
      .task(
        TaskAccepted(
          spec: spec, incarnation: newIncarnation(), owner: owner, at: books.time.epoch,
          digest: digest)))
    books.say("accepted the task \(spec.name)")
  }

  func newIncarnation() -> String {
    String(UInt32.random(in: .min ... .max, using: &random), radix: 16)
  }

  /// Tasks and chains share one name space.
  func checkName(_ name: Name) throws(RequestError) {
    guard let taken = owner(of: name) else { return try checkFormer(name) }
    throw RequestError(
      key: "name",
      "there is a \(taken.kind) \(name) already (\(taken.state)): choose another name")
  }

  /// What has a name, and how it stands.
  private func owner(of name: Name) -> (kind: String, state: String)? {
    let state = books.state
    if let task = state.tasks[name] { return ("task", task.state.rawValue) }
    if let chain = state.chains[name] { return ("chain", state.state(of: chain).rawValue) }
    return state.packed[name].map {
      ($0.isChain && $0.name == name ? "chain" : "task", "\($0.state.rawValue), packed")
    }
  }

  /// A name is free again only when every record of it is gone: the catalogue of files that a former
  /// task made says that they are its.
  private func checkFormer(_ name: Name) throws(RequestError) {
    for dataset in books.state.datasets.values where dataset.producers.contains(name) {
      throw RequestError(
        key: "name",
        "a task \(name) that was removed made files of the dataset \(dataset.name): "
          + "choose another name")
    }
  }

  /// A request is kept with absolute paths, and what is kept has its limit, too.
  func checkSize(_ request: JSONObject, key: String) throws(RequestError) {
    guard JSON.object(request).compact.count <= Limits.request else {
      throw RequestError(
        key: key,
        "with absolute paths the request is larger than \(Units.text(bytes: Limits.request)): "
          + "list the files in a NAME.jsonl manifest")
    }
  }

  /// What must hold between a task and what is there.
  func check(_ spec: TaskSpec) throws(RequestError) {
    for output in spec.outputs { try books.spool.dataRoots.check(output.path) }
    try checkDatasets(spec)
    try checkPaths(spec)
  }

  private func checkDatasets(_ spec: TaskSpec) throws(RequestError) {
    for name in spec.producedDatasets.sorted() {
      if spec.inputDatasets.contains(name) {
        throw RequestError(key: "outputs", "its outputs would join its own input \(name)")
      }
      guard let dataset = books.state.datasets[name] else { continue }
      guard dataset.state == .open else {
        let state = dataset.isDeleted ? "deleted" : "closed"
        throw RequestError(key: "outputs", "the dataset \(name) is \(state)")
      }
      if let watch = dataset.watches.first?.watch {
        throw RequestError(
          key: "outputs", "the dataset \(name) watches \(watch.directory): outputs go to another")
      }
    }
    for name in spec.inputDatasets {
      guard let dataset = books.state.datasets[name], !dataset.isDeleted,
        !dataset.removal.done.isEmpty || !dataset.removal.left.isEmpty
      else { continue }
      throw RequestError(
        key: "input",
        "files of the dataset \(name) are gone, as its retention is "
          + "\((dataset.retention ?? .forever).text): \(dataset.removal.files) of \(dataset.files)")
    }
    for name in spec.inputDatasets where books.state.datasets[name]?.isDeleted == true {
      throw RequestError(key: "input", "the dataset \(name) is deleted")
    }
  }

  /// Outputs inside the spool are refused, and two living tasks with one output path, naming both.
  func checkPaths(_ spec: TaskSpec) throws(RequestError) {
    for output in spec.outputs {
      guard case .text(let head)? = output.path.parts.first, books.spool.layout.isPrivate(head)
      else { continue }
      throw RequestError(
        key: "outputs", "\(output.path.text) is inside the spool: outputs go elsewhere")
    }
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

  /// Ends tasks of which nothing is left to do, or too much has failed, or that are cancelled.
  /// Returns whether any ended.
  func endTasks() -> Bool {
    var hasEnded = false
    for task in books.state.liveTasks {
      guard let (state, reason) = verdict(task) else { continue }
      books.record(.ended(task: task.name, state: state, at: books.time.epoch, reason: reason))
      books.say(
        "task \(task.name) is \(state.rawValue): \(task.done) jobs done, \(task.failed) failed")
      hasEnded = true
    }
    return hasEnded
  }

  private func verdict(_ task: TaskEntry) -> (TaskState, String?)? {
    // What was accepted counts, whatever comes: its outputs get their names first.
    if let owner = task.cancelledBy {
      return task.isPublishing ? nil : (.cancelled, "cancelled by uid \(owner)")
    }
    guard task.state == .active else { return nil }
    if let stop = task.spec.stopAfter, task.failed > stop, task.revival == nil, !task.isPublishing {
      return (.failed, "stopped: more than \(stop) jobs failed")
    }
    guard task.jobs.isEmpty, executor.isExhausted(task) else { return nil }
    guard task.failed <= task.spec.maxFailedJobs else {
      return (
        .failed, "\(task.failed) failed jobs; maxFailedJobs is \(task.spec.maxFailedJobs)"
      )
    }
    if task.isRepair, !task.leftover.isEmpty || !executor.isFormed(task) {
      return (
        .cancelled, "only what had failed was tried again; `spool retry` goes on with the rest"
      )
    }
    return (.done, nil)
  }
}
