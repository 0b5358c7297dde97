internal import SpoolModel

/// A packed task, or a packed chain with its steps. The watcher keeps in memory only its names,
/// which stay taken, and the few numbers that a listing shows. Everything else lies in `archive/`.
struct PackedTask {
  /// The phase of a packed task or chain, between packing and removal.
  enum Phase: String {
    /// The archive is complete. The watcher has yet to remove the originals.
    case clearing
    /// Only the archive is left.
    case kept
    /// Everything is to be removed, including the archive.
    case removing
  }

  let name: Name
  /// The task itself, or the tasks of the chain's steps.
  let tasks: [Name]
  let isChain: Bool
  let state: TaskState
  let ended: Timestamp
  /// The number of jobs that succeeded.
  let done: Int
  /// The number of jobs that failed for good.
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

  /// All names that it takes: of a chain its own name and those of its steps.
  var names: [Name] { isChain ? tasks + [name] : [name] }
}

extension PackedTask {
  /// The entry as a checkpoint holds it. It is short, because a checkpoint holds many.
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
