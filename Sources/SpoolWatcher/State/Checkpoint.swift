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

extension SpoolState {
  /// Returns the checkpoint as the journal holds it. `leaving` are forgotten datasets whose
  /// catalogues are yet to be removed.
  func json(leaving: Set<Name>) -> JSON {
    [
      "accepted": .integer(accepted),
      "chains": .array(
        chains.values.sorted { $0.number < $1.number }.map { chain in
          ["number": .integer(chain.number), "accepted": .object(chain.accepted.json)]
        }),
      "tasks": .array(
        tasks.values.sorted { $0.number < $1.number }.map { $0.json(jobs(of: $0.name)) }),
      "packed": .array(packedUnits.sorted { $0.name < $1.name }.map(\.json)),
      "datasets": .array(datasets.values.sorted { $0.name < $1.name }.map(\.json)),
      "leaving": .array(leaving.sorted().map { .string($0.text) }),
      "litter": .object(
        JSONObject(litter.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.json) })),
      "answered": .array(answered.map { .string($0) }),
      "partial": .object(
        JSONObject(partial.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })),
    ]
  }

}

extension Checkpoint {
  /// Reads a checkpoint. Returns nil if the JSON is not what a watcher writes.
  init?(_ json: JSON) {
    guard let state = SpoolState(json) else { return nil }
    self.state = state
    leaving = Set(json["leaving"]?.array?.compactMap { $0.string.flatMap { Name($0) } } ?? [])
  }
}

extension SpoolState {
  fileprivate init?(_ json: JSON) {
    self.init()
    guard let accepted = json["accepted"]?.integer, let tasks = json["tasks"]?.array,
      let datasets = json["datasets"]?.array
    else { return nil }
    self.accepted = accepted
    for value in json["chains"]?.array ?? [] {
      guard let number = value["number"]?.integer,
        let accepted = value["accepted"]?.object.flatMap({ ChainAccepted($0) })
      else { return nil }
      chains[accepted.spec.name] = ChainEntry(accepted, number: number)
    }
    for value in tasks {
      guard let task = TaskEntry(value), let jobs = TaskEntry.jobs(value["jobs"]) else {
        return nil
      }
      self.tasks[task.name] = task
      setJobs(jobs, of: task.name)
      noteReader(task)
    }
    for value in json["packed"]?.array ?? [] {
      guard let entry = PackedTask(value) else { return nil }
      keep(entry)
    }
    for value in datasets {
      guard let dataset = DatasetEntry(value) else { return nil }
      self.datasets[dataset.name] = dataset
      if dataset.state == .open, !dataset.watches.isEmpty { watched.insert(dataset.name) }
      if dataset.state == .deleting || !dataset.removal.left.isEmpty {
        removing.insert(dataset.name)
      }
    }
    for member in json["litter"]?.object?.members ?? [] {
      litter[member.key] = member.value.timestamp
    }
    for key in json["answered"]?.array?.compactMap(\.string) ?? [] { remember(key) }
    for member in json["partial"]?.object?.members ?? [] {
      partial[member.key] = member.value.integer
    }
    findOrder()
  }
}
