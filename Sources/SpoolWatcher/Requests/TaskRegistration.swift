internal import SpoolModel
internal import SpoolStore

/// Registers tasks. In comes a task that was read; out goes its `task` record, or the reason why it is
/// refused.
final class TaskRegistration {
  private let spool: Spool
  private let turn: Turn
  private var random: any RandomNumberGenerator

  init(_ spool: Spool, _ turn: Turn, random: any RandomNumberGenerator) {
    self.spool = spool
    self.turn = turn
    self.random = random
  }

  /// Registers a task. One that a former watcher registered just before it died is known already;
  /// any other of that name is refused.
  func register(
    _ spec: TaskSpec, owner: Int, digest: String, mayBeKnown: Bool
  ) throws(RequestError) {
    if let task = turn.state.tasks[spec.name], mayBeKnown, task.accepted.digest == digest {
      return
    }
    try checkName(spec.name)
    try checkSize(spec.source, key: "input")
    try check(spec)
    turn.record(
      .task(
        TaskAccepted(
          spec: spec, incarnation: newIncarnation(), owner: owner, at: turn.date,
          digest: digest)))
    turn.say("accepted the task \(spec.name)")
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
    let state = turn.state
    if let task = state.tasks[name] { return ("task", turn.placement.status(of: task).rawValue) }
    if let chain = state.chains[name] {
      return ("chain", turn.placement.status(of: chain, in: state).rawValue)
    }
    return state.packed[name].map {
      ($0.isChain && $0.name == name ? "chain" : "task", "\($0.state.rawValue), packed")
    }
  }

  /// A name is free again only when every record of it is gone: the catalogue of files that a former
  /// task made says that they are its.
  private func checkFormer(_ name: Name) throws(RequestError) {
    for dataset in turn.state.datasets.values where dataset.producers.contains(name) {
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
    for output in spec.outputs { try spool.dataRoots.check(output.path) }
    try checkDatasets(spec)
    try checkPaths(spec)
  }

  private func checkDatasets(_ spec: TaskSpec) throws(RequestError) {
    for name in spec.producedDatasets.sorted() {
      if spec.inputDatasets.contains(name) {
        throw RequestError(key: "outputs", "its outputs would join its own input \(name)")
      }
      guard let dataset = turn.state.datasets[name] else { continue }
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
      guard let dataset = turn.state.datasets[name], !dataset.isDeleted,
        !dataset.removal.done.isEmpty || !dataset.removal.left.isEmpty
      else { continue }
      throw RequestError(
        key: "input",
        "files of the dataset \(name) are gone, as its retention is "
          + "\((dataset.retention ?? .forever).text): \(dataset.removal.files) of \(dataset.files)")
    }
    for name in spec.inputDatasets where turn.state.datasets[name]?.isDeleted == true {
      throw RequestError(key: "input", "the dataset \(name) is deleted")
    }
  }

  /// Outputs inside the spool are refused, and two living tasks with one output path, naming both.
  func checkPaths(_ spec: TaskSpec) throws(RequestError) {
    for output in spec.outputs {
      guard case .text(let head)? = output.path.parts.first, spool.layout.isPrivate(head)
      else { continue }
      throw RequestError(
        key: "outputs", "\(output.path.text) is inside the spool: outputs go elsewhere")
    }
    for other in turn.state.liveTasks {
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
}
