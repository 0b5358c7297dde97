internal import SpoolModel

/// Changes to datasets: manifests, watched directories, closing, removal.
extension SpoolState {
  /// Counts the files of a manifest, or of a piece of one; after the last piece also its watch and
  /// its closing.
  mutating func apply(_ manifest: ManifestAccepted) {
    var dataset = datasets[manifest.dataset] ?? DatasetEntry(manifest.dataset)
    dataset.files += manifest.files
    dataset.count(manifest.sized, bytes: manifest.bytes)
    dataset.length = manifest.length
    if let retention = manifest.retention {
      dataset.retention = dataset.retention?.longer(retention) ?? retention
      // A person asked for it, so it also holds for files that no task of this spool makes.
      dataset.removal.includesInputs = true
    }
    if let owner = manifest.owner { dataset.owners.insert(owner) }
    touch(manifest.dataset)
    let key = Self.key(manifest.dataset, manifest.origin, manifest.digest)
    guard manifest.isLast else {
      datasets[manifest.dataset] = dataset
      partial[key, default: 0] += manifest.files
      return
    }
    partial[key] = nil
    remember(key)
    if let watch = manifest.watch {
      dataset.watches.append(WatchEntry(watch: watch))
      watched.insert(manifest.dataset)
    }
    if manifest.closes { dataset.closing = manifest.at }
    if manifest.closes || manifest.watch != nil {
      dataset.expected = manifest.expected ?? dataset.expected
    }
    datasets[manifest.dataset] = dataset
  }

  /// Counts files of a watched directory, and notes its marker.
  mutating func apply(_ joined: FilesJoined) throws(Contradiction) {
    try change(dataset: joined.dataset) { dataset throws(Contradiction) in
      guard dataset.watches.indices.contains(joined.watch) else {
        throw Contradiction("the dataset \(joined.dataset) has no watch \(joined.watch)")
      }
      dataset.files += joined.files
      dataset.count(joined.files, bytes: joined.bytes)
      dataset.length = joined.length
      dataset.watches[joined.watch].files += joined.files
      if joined.isMarked, dataset.watches[joined.watch].marked == nil {
        dataset.watches[joined.watch].marked = joined.at
      }
    }
    touch(joined.dataset)
  }

  /// Closes a dataset, as complete or incomplete.
  mutating func close(_ name: Name, _ isComplete: Bool) throws(Contradiction) {
    try change(dataset: name) { dataset throws(Contradiction) in
      guard dataset.state == .open else { throw Contradiction("the dataset \(name) is not open") }
      dataset.state = isComplete ? .closed : .incomplete
    }
    watched.remove(name)
    touch(name)
  }

  // MARK: Removal

  /// Adds ranges to a removal, except those that are dealt with.
  mutating func apply(_ ordered: RemovalOrdered) throws(Contradiction) {
    let hasWork = try change(dataset: ordered.dataset) { dataset in
      dataset.removal.left.formUnion(ordered.ranges.subtracting(dataset.removal.done))
      return !dataset.removal.left.isEmpty
    }
    if hasWork { removing.insert(ordered.dataset) }
    touch(ordered.dataset)
  }

  /// Notes the progress of a removal.
  mutating func apply(_ advanced: RemovalAdvanced) throws(Contradiction) {
    let isThrough = try change(dataset: advanced.dataset) { dataset in
      dataset.removal.left.subtract(advanced.ranges)
      dataset.removal.done.formUnion(advanced.ranges)
      dataset.removal.files += advanced.files
      dataset.removal.bytes += advanced.bytes
      return dataset.removal.left.isEmpty && dataset.state != .deleting
    }
    if isThrough { removing.remove(advanced.dataset) }
    touch(advanced.dataset)
  }

  /// Begins the deletion of a dataset.
  mutating func apply(_ deletion: DeletionAccepted) throws(Contradiction) {
    try change(dataset: deletion.request.dataset) { dataset in
      dataset.state = .deleting
      dataset.removal.includesInputs = deletion.request.inputs
    }
    remember(deletion.key)
    watched.remove(deletion.request.dataset)
    removing.insert(deletion.request.dataset)
    touch(deletion.request.dataset)
  }

  /// Ends the deletion of a dataset, whose files are gone.
  mutating func delete(_ name: Name) throws(Contradiction) {
    try change(dataset: name) { dataset throws(Contradiction) in
      guard dataset.state == .deleting else {
        throw Contradiction("the dataset \(name) is not to be deleted")
      }
      dataset.state = .deleted
    }
    removing.remove(name)
    touch(name)
  }

  /// Forgets a dataset, and tells that its catalogue is to be removed.
  mutating func forget(_ name: Name) throws(Contradiction) {
    guard let dataset = datasets[name] else { throw Contradiction("there is no dataset \(name)") }
    if let task = dataset.producers.first(where: { tasks[$0] != nil }) {
      throw Contradiction("the task \(task) fills the dataset \(name)")
    }
    datasets[name] = nil
    effects.events.append(.datasetForgotten(name))
  }
}
