internal import SpoolModel

/// What is still known of a task that was packed, or of a chain with all its steps: that its names
/// are taken, and what may be said of it in a word. All else lies in `archive/`.
final class PackedEntry {
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
  /// Epoch milliseconds.
  let ended: Int
  /// Jobs.
  let done: Int
  let failed: Int
  var phase = Phase.clearing

  init(
    _ name: Name, tasks: [Name], isChain: Bool, state: TaskState, ended: Int, done: Int,
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

extension WatcherState {
  /// When a task that is no step, or a chain, has ended; nil where it is in work, or is neither.
  func end(ofUnit name: Name) -> Int? {
    if let task = tasks[name] { return task.chain == nil ? task.ended : nil }
    guard let chain = chains[name] else { return nil }
    let ends = steps(of: chain).map(\.ended)
    return ends.contains(nil) ? nil : ends.compactMap(\.self).max()
  }

  /// Every packed task and chain once.
  var packedUnits: [PackedEntry] { packed.filter { $0.key == $0.value.name }.map(\.value) }

  func pack(_ name: Name) {
    let meant = ordered(name)
    guard !meant.isEmpty, let ended = end(ofUnit: name) else { return }
    let entry = PackedEntry(
      name, tasks: meant.map(\.name), isChain: chains[name] != nil,
      state: chains[name].map(state(of:)) ?? meant[0].state, ended: ended,
      done: meant.reduce(0) { $0 + $1.done }, failed: meant.reduce(0) { $0 + $1.failed })
    for task in meant {
      tasks[task.name] = nil
      forgetEnd(of: task)
      forgetReader(task)
    }
    chains[name] = nil
    keep(entry)
  }

  func keep(_ entry: PackedEntry) {
    for name in entry.names { packed[name] = entry }
    packedTasks += entry.tasks.count
  }

  /// What lay elsewhere, or all of it, is gone.
  func clear(_ name: Name) {
    guard let entry = packed[name] else { return }
    guard entry.phase == .removing else {
      entry.phase = .kept
      return
    }
    for name in entry.names { packed[name] = nil }
    packedTasks -= entry.tasks.count
  }

  /// The views that a record makes an end of, asked before it is taken in.
  func viewsEnded(by record: Record) -> [ViewLine.View] {
    switch record {
    case .packed(let name, _): ordered(name).map { .ledger($0.name) }
    case .forgotten(let dataset): [.catalogue(dataset)]
    default: []
    }
  }
}

extension PackedEntry {
  /// As a checkpoint holds it: there are many.
  var json: JSON {
    var object = JSONObject([
      .init("name", .string(name.text)), .init("state", .string(state.rawValue)),
      .init("ended", .integer(ended)), .init("done", .integer(done)),
      .init("failed", .integer(failed)),
    ])
    if isChain { object["tasks"] = .array(tasks.map { .string($0.text) }) }
    if phase != .kept { object["phase"] = .string(phase.rawValue) }
    return .object(object)
  }

  convenience init?(_ json: JSON) {
    guard let name = json["name"]?.string.flatMap({ Name($0) }),
      let state = json["state"]?.string.flatMap({ TaskState(rawValue: $0) }),
      let ended = json["ended"]?.integer, let done = json["done"]?.integer,
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
