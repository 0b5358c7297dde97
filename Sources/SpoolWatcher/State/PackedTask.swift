internal import SpoolModel

/// A packed task, or a packed chain with its steps. The watcher keeps in memory only its names,
/// which stay taken, and the few numbers that a listing shows. Everything else lies in `archive/`.
struct PackedTask {
  /// The phase of a packed task or chain, between packing and removal.
  enum Phase: String, JSONValue {
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
  /// The uid of the request's owner; nil for an entry that an earlier version wrote.
  let owner: Int?
  var phase = Phase.clearing
  /// The forgotten datasets that go with it.
  var datasets: Set<Name> = []

  init(
    _ name: Name, tasks: [Name], isChain: Bool, state: TaskState, ended: Timestamp, done: Int,
    failed: Int, owner: Int?
  ) {
    self.name = name
    self.tasks = tasks
    self.isChain = isChain
    self.state = state
    self.ended = ended
    self.done = done
    self.failed = failed
    self.owner = owner
  }

  /// All names that it takes: of a chain its own name and those of its steps.
  var names: [Name] { isChain ? tasks + [name] : [name] }
}

extension PackedTask: JSONValue {
  private enum Key: String { case name, state, ended, done, failed, tasks, phase, owner, datasets }

  /// The entry as a checkpoint holds it. It is short, because a checkpoint holds many.
  var json: JSON {
    let members: RecordMembers<Key> = [
      .name: name.json, .state: state.json, .ended: ended.json, .done: done.json,
      .failed: failed.json, .tasks: isChain ? tasks.json : nil,
      .phase: phase == .kept ? nil : phase.json, .owner: owner?.json,
      .datasets: datasets.isEmpty ? nil : datasets.json,
    ]
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let name: Name = members[.name],
      let state: TaskState = members[.state], let ended: Timestamp = members[.ended],
      let done: Int = members[.done], let failed: Int = members[.failed],
      let phase: Phase = members[.phase, absent: .kept]
    else { return nil }
    let tasks: [Name]? = members[.tasks]
    self.init(
      name, tasks: tasks ?? [name], isChain: tasks != nil, state: state, ended: ended, done: done,
      failed: failed, owner: members[.owner])
    datasets = members[.datasets] ?? []
    self.phase = phase
  }
}
