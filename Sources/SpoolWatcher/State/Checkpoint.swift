internal import SpoolModel

/// A checkpoint: the state, and the names of the forgotten datasets whose catalogues the watcher
/// has yet to remove. The journal begins with it, so that a replay need not read what came before
/// (DESIGN 4).
struct Checkpoint {
  /// The state at the time of the checkpoint.
  var state: SpoolState
  /// Forgotten datasets with a catalogue that is yet to be removed.
  var leaving: Set<Name>
}

extension Checkpoint {
  fileprivate enum Key: String {
    case accepted, chains, tasks, packed, datasets, leaving, litter, answered, partial
  }

  /// Reads a checkpoint. Returns nil if the JSON is not what a watcher writes.
  init?(_ json: JSON) {
    guard let members = RecordMembers<Key>(json), let state = SpoolState(members) else {
      return nil
    }
    self.state = state
    leaving = members[.leaving] ?? []
  }
}

extension SpoolState {
  /// Returns the checkpoint as the journal holds it. `leaving` are forgotten datasets whose
  /// catalogues are yet to be removed.
  func json(leaving: Set<Name>) -> JSON {
    let members: RecordMembers<Checkpoint.Key> = [
      .accepted: accepted.json, .chains: chains.values.sorted { $0.number < $1.number }.json,
      .tasks: tasks.values.sorted { $0.number < $1.number }.map { $0.json(jobs(of: $0.name)) }.json,
      .packed: packedUnits.sorted { $0.name < $1.name }.json,
      .datasets: datasets.values.sorted { $0.name < $1.name }.json, .leaving: leaving.json,
      .litter: litter.json, .answered: answered.json, .partial: partial.json,
    ]
    return members.json
  }

  fileprivate init?(_ members: RecordMembers<Checkpoint.Key>) {
    self.init()
    guard let accepted: Int = members[.accepted], let tasks: [JSON] = members[.tasks],
      let datasets: [DatasetEntry] = members[.datasets],
      let chains: [ChainEntry] = members[.chains, absent: []],
      let packed: [PackedTask] = members[.packed, absent: []]
    else { return nil }
    self.accepted = accepted
    for chain in chains { self.chains[chain.name] = chain }
    for json in tasks {
      guard let (task, jobs) = TaskEntry.read(json) else { return nil }
      self.tasks[task.name] = task
      setJobs(jobs, of: task.name)
      noteReader(task)
    }
    for entry in packed { keep(entry) }
    for dataset in datasets { read(dataset) }
    litter = members[.litter] ?? [:]
    for key in members[.answered] ?? [JSON]() { if let key = key.string { remember(key) } }
    partial = members[.partial] ?? [:]
    findOrder()
  }

  private mutating func read(_ dataset: DatasetEntry) {
    datasets[dataset.name] = dataset
    if dataset.state == .open, !dataset.watches.isEmpty { watched.insert(dataset.name) }
    if dataset.state == .deleting || !dataset.removal.left.isEmpty { removing.insert(dataset.name) }
  }
}
