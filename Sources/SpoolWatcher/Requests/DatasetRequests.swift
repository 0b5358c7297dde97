internal import SpoolModel
internal import SpoolStore

/// Decides on requests about datasets. In come manifests and orders to delete; out go `deleting`
/// records, or the errors with which requests are refused.
final class DatasetRequests {
  private let spool: Spool
  private let remover: FileRemover
  /// The uid of the owner of `spool.json`, who may order about every dataset.
  private let keeper: Int

  init(_ spool: Spool, remover: FileRemover, keeper: Int) {
    self.spool = spool
    self.remover = remover
    self.keeper = keeper
  }

  // MARK: Manifests

  /// Throws if the dataset cannot take a manifest, or cannot watch its directory.
  func check(_ header: ManifestHeader, _ turn: Turn) throws(RequestError) {
    let dataset = turn.state.datasets[header.name]
    if let dataset, dataset.state != .open {
      let state = dataset.isDeleted ? "deleted" : "closed, with \(dataset.files) files"
      throw RequestError(
        "the dataset \(header.name) is \(state): put these into a dataset of another name")
    }
    guard let watch = header.watch else { return }
    guard !spool.layout.holds(watch.directory) else {
      throw RequestError(
        key: "watch.directory", "\(watch.directory) is inside the spool: files come from elsewhere")
    }
    // Files that a task publishes there would join twice.
    if let task = dataset?.producers.min() {
      throw RequestError(
        key: "watch", "the dataset \(header.name) is filled by the task \(task): watch for another")
    }
    let known = dataset?.watches.contains {
      $0.watch.directory == watch.directory && $0.watch.pattern == watch.pattern
    }
    if known == true {
      throw RequestError(
        key: "watch",
        "the dataset \(header.name) watches \(watch.directory) for \(watch.pattern.text) already")
    }
  }

  // MARK: Deletion

  /// Begins to delete a dataset, or throws the reason against it. A dataset that is deleted already
  /// stays so.
  func delete(
    _ request: DeleteRequest, owner: Int, key: String, _ turn: Turn
  ) throws(RequestError) {
    guard let dataset = turn.state.datasets[request.dataset] else {
      throw RequestError(key: "dataset", unknown(request.dataset, turn))
    }
    try checkOwner(dataset, owner, turn)
    guard !dataset.isDeleted else { return }
    try checkUse(dataset, request, turn)
    turn.record(
      .deleting(DeletionAccepted(request: request, owner: owner, at: turn.date, key: key)))
    if dataset.length > 0 {
      remover.remove(dataset.name, ranges: RangeSet(0..<dataset.length), turn)
    }
    turn.say("deleting the dataset \(dataset.name), by uid \(owner)")
  }

  private func unknown(_ name: Name, _ turn: Turn) -> String {
    let advice = Nearest.question(name.text, among: turn.state.datasets.keys.map(\.text))
    return "there is no dataset \(name)" + (advice.map { "; \($0)" } ?? "")
  }

  /// Throws unless the person may delete the dataset. Allowed are root, the owner of `spool.json`,
  /// and a person whose own tasks and manifests alone filled it.
  private func checkOwner(
    _ dataset: DatasetEntry, _ owner: Int, _ turn: Turn
  ) throws(RequestError) {
    guard owner != keeper, owner != 0 else { return }
    let makers = dataset.producers.compactMap { turn.state.tasks[$0]?.accepted.owner }
    let owners = dataset.owners.union(makers)
    guard owners != [owner] else { return }
    let others = owners.subtracting([owner]).sorted().map(String.init).joined(separator: ", ")
    throw RequestError("uid \(owner) may not: \(dataset.name) is of uid \(others)")
  }

  /// Throws if a task in work fills or reads the dataset, or if failed jobs that read it could be
  /// retried and the request does not say `force`.
  private func checkUse(
    _ dataset: DatasetEntry, _ request: DeleteRequest, _ turn: Turn
  ) throws(RequestError) {
    for task in dataset.producers.sorted() where isAlive(task, turn) {
      throw RequestError("the task \(task) fills \(dataset.name), and has not ended")
    }
    for reader in (turn.state.readers[dataset.name] ?? []).sorted() {
      guard let task = turn.state.tasks[reader] else { continue }
      guard task.state.hasEnded else {
        throw RequestError("the task \(reader) reads \(dataset.name), and has not ended")
      }
      guard !request.force, turn.state.mayBeRetried(task) else { continue }
      throw RequestError(
        "the task \(reader) reads \(dataset.name), and \(task.failed) jobs of it failed, which could "
          + "be tried again: retry them, or say \"force\": true (--force)")
    }
  }

  private func isAlive(_ name: Name, _ turn: Turn) -> Bool {
    turn.state.tasks[name].map { !$0.state.hasEnded } ?? false
  }
}

extension SpoolState {
  /// Returns a deleted dataset that a retry of this task would need: one of its own, or one of a
  /// later step that would run again.
  func deletedDataset(around task: TaskEntry) -> Name? {
    let isDeleted = { (name: Name) in self.datasets[name]?.isDeleted == true }
    if let name = task.spec.datasets.sorted().first(where: isDeleted) { return name }
    return readers(of: task).lazy.compactMap { self.deletedDataset(around: $0) }.first
  }
}
