internal import SpoolModel
internal import SpoolStore

/// Registers tasks. In comes a task that was read; out goes its `task` record, or the error with
/// which it is refused.
final class TaskRegistration {
  private let spool: Spool
  private var random: any RandomNumberGenerator

  init(_ spool: Spool, random: any RandomNumberGenerator) {
    self.spool = spool
    self.random = random
  }

  /// Registers a task. If a former watcher registered this very request just before it died,
  /// nothing is left to do (R6). Any other task of that name is refused.
  func register(
    _ spec: TaskSpec, owner: Int, digest: String, mayBeKnown: Bool, _ turn: Turn
  ) throws(RequestError) {
    if let task = turn.state.tasks[spec.name], mayBeKnown, task.accepted.digest == digest {
      return
    }
    if let task = turn.state.tasks[spec.name], task.chain == nil, task.accepted.spec == spec {
      return turn.say("the task \(spec.name) is there already, with the same content")
    }
    try checkName(spec.name, turn)
    try checkSize(spec.source, key: "input")
    try check(spec, turn)
    turn.record(
      .task(
        TaskAccepted(
          spec: spec, incarnation: newIncarnation(), owner: owner, at: turn.date,
          digest: digest)))
    turn.say("accepted the task \(spec.name)")
  }

  /// Returns a random id, which tells a task from others that had the same name (R6).
  func newIncarnation() -> String {
    String(UInt32.random(in: .min ... .max, using: &random), radix: 16)
  }

  /// Throws if a name is taken. Tasks and chains share one name space.
  func checkName(_ name: Name, _ turn: Turn) throws(RequestError) {
    guard let taken = owner(of: name, turn) else { return try checkFormer(name, turn) }
    let isInWork = turn.state.meant(by: name).contains { !$0.state.hasEnded }
    throw RequestError(
      key: "name",
      "there is a \(taken.kind) \(name) already (\(taken.state)): choose another name"
        + (isInWork ? "" : ", or free this one with `spool forget \(name)`"))
  }

  /// Returns the kind and the state of the holder of a name; nil if there is none.
  private func owner(of name: Name, _ turn: Turn) -> (kind: String, state: String)? {
    let state = turn.state
    if let task = state.tasks[name] { return ("task", turn.placement.status(of: task).rawValue) }
    if let chain = state.chains[name] {
      return ("chain", turn.placement.status(of: chain, in: state).rawValue)
    }
    return state.packed[name].map {
      ($0.isChain && $0.name == name ? "chain" : "task", "\($0.state.rawValue), packed")
    }
  }

  /// Throws if a dataset was filled by a removed task of that name. Until that dataset is
  /// forgotten, its catalogue says of files that a task of this name made them.
  private func checkFormer(_ name: Name, _ turn: Turn) throws(RequestError) {
    for dataset in turn.state.datasets.values where dataset.producers.contains(name) {
      throw RequestError(
        key: "name",
        "a task \(name) that was removed made files of the dataset \(dataset.name)"
          + "\(others(dataset, turn)): choose another name")
    }
  }

  /// Returns in words which tasks keep a dataset that a removed task filled, too; nothing if none does.
  private func others(_ dataset: DatasetEntry, _ turn: Turn) -> String {
    let known = dataset.producers.sorted().filter {
      turn.state.tasks[$0] != nil || turn.state.packed[$0] != nil
    }
    return known.isEmpty ? "" : ", which \(known[0]) fills, too"
  }

  /// Throws if a request is too large once its paths are absolute, as the journal keeps it.
  func checkSize(_ request: JSONObject, key: String) throws(RequestError) {
    guard JSON.object(request).compact.count <= Limits.request else {
      throw RequestError(
        key: key,
        "with absolute paths the request is larger than \(Units.text(bytes: Limits.request)): "
          + "list the files in a NAME.jsonl manifest")
    }
  }

  /// Throws if a task conflicts with the data roots, the datasets or other tasks' paths.
  func check(_ spec: TaskSpec, _ turn: Turn) throws(RequestError) {
    for output in spec.outputs { try spool.dataRoots.check(output.path) }
    for (token, needed) in spec.resources.tokens.sorted(by: { $0.key < $1.key }) {
      if let fault = FeedOrder.fault(token, needed, of: spool.config.tokens) {
        throw RequestError(key: "resources.tokens", fault)
      }
    }
    try checkDatasets(spec, turn)
    try checkOrder(spec, turn)
    try checkPaths(spec, turn)
    // Where the catalogue cannot be read now, the job is refused when it is formed.
    if let problem = try? InputReader(spool: spool).argumentProblem(spec, turn) {
      throw RequestError(key: "command", problem)
    }
  }

  /// Throws if a task is to come after itself, through others that wait.
  private func checkOrder(_ spec: TaskSpec, _ turn: Turn) throws(RequestError) {
    var seen: Set<Name> = []
    var next = spec.after
    while let name = next.popLast() {
      guard name != spec.name else {
        throw RequestError(key: "after", "\(spec.name) would wait for its own end")
      }
      if seen.insert(name).inserted { next += turn.state.tasks[name]?.spec.after ?? [] }
    }
  }

  /// Throws if a task cannot read its input datasets, or cannot fill those that it produces.
  private func checkDatasets(_ spec: TaskSpec, _ turn: Turn) throws(RequestError) {
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

  /// Throws if an output is inside the spool, or if a task in work writes the same path. The
  /// message names that task.
  func checkPaths(_ spec: TaskSpec, _ turn: Turn) throws(RequestError) {
    for output in spec.outputs {
      guard case .text(let head)? = output.path.parts.first, spool.layout.isPrivate(head)
      else { continue }
      throw RequestError(
        key: "outputs", "\(output.path.text) is inside the spool: outputs go elsewhere")
    }
    for other in turn.state.liveTasks {
      for output in spec.outputs where !output.path.placeholders.contains(where: Self.isOwn) {
        let isSame = other.spec.outputs.contains { $0.path == output.path }
        guard isSame, !output.path.placeholders.contains(where: { $0.isOfInput || $0 == .group })
        else { continue }
        throw RequestError(
          key: "outputs", "\(output.path.text) is also written by the task \(other.name)")
      }
    }
  }

  /// Returns true for a placeholder with a different value in every task, as far as is known.
  private static func isOwn(_ placeholder: Template.Placeholder) -> Bool {
    placeholder == .task || placeholder == .job || placeholder == .name
  }
}
