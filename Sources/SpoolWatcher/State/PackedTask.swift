internal import SpoolModel

/// What is still known of a task that was packed, or of a chain with all its steps: that its names
/// are taken, and what may be said of it in a word. All else lies in `archive/`.
struct PackedTask {
  enum Phase: String {
    /// The archive is whole; what lay elsewhere is yet to be removed.
    case clearing
    case kept
    /// Everything is to be removed, the archive too.
    case removing
  }

  let name: Name
  /// Its tasks: of a chain those of its steps.
  let tasks: [Name]
  let isChain: Bool
  let state: TaskState
  let ended: Timestamp
  /// Jobs.
  let done: Int
  let failed: Int
  var phase = Phase.clearing

  init(
    _ name: Name, tasks: [Name], isChain: Bool, state: TaskState, ended: Timestamp, done: Int,
    failed: Int
  ) {
    self.name = name
    self.tasks = tasks
    self.isChain = isChain
    self.state = state
    self.ended = ended
    self.done = done
    self.failed = failed
  }

  /// All names that it has.
  var names: [Name] { isChain ? tasks + [name] : [name] }
}

extension PackedTask {
  /// As a checkpoint holds it: there are many.
  var json: JSON {
    var object = JSONObject([
      .init("name", .string(name.text)), .init("state", .string(state.rawValue)),
      .init("ended", ended.json), .init("done", .integer(done)),
      .init("failed", .integer(failed)),
    ])
    if isChain { object["tasks"] = .array(tasks.map { .string($0.text) }) }
    if phase != .kept { object["phase"] = .string(phase.rawValue) }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let name = json["name"]?.string.flatMap({ Name($0) }),
      let state = json["state"]?.string.flatMap({ TaskState(rawValue: $0) }),
      let ended = json["ended"]?.timestamp, let done = json["done"]?.integer,
      let failed = json["failed"]?.integer,
      let phase = json["phase"] == nil ? .kept : json["phase"]?.string.flatMap(Phase.init)
    else { return nil }
    let tasks = json["tasks"]?.array?.compactMap { $0.string.flatMap { Name($0) } }
    self.init(
      name, tasks: tasks ?? [name], isChain: tasks != nil, state: state, ended: ended, done: done,
      failed: failed)
    self.phase = phase
  }
}
