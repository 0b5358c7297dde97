internal import SpoolModel
internal import SpoolStore

/// Orders the removal of files that no task needs any more, by their dataset's retention. In come
/// datasets and the tasks around them; out go `removing` records. A file stays if a job that reads
/// it has not succeeded, or if a task that did not end well may want it again.
final class DatasetRetention: Stage {
  private let remover: FileRemover
  /// Datasets around which something has happened.
  private var used: Set<Name> = []
  /// The times at which the files of datasets with a retention time go.
  private var waits = Deadlines<Name>()

  init(remover: FileRemover) {
    self.remover = remover
  }

  /// Notes that files of any dataset may be needed no more, after a restart.
  func resume(_ turn: Turn) { used.formUnion(turn.state.datasets.keys) }

  func nextDue(_ turn: Turn) -> Instant? { waits.next }

  /// Notes that files of a dataset may be needed no more.
  func noteUsed(_ dataset: Name) { used.insert(dataset) }

  /// Looks at the datasets around which something has happened. Returns true if files are to be
  /// removed.
  func run(_ turn: Turn) -> Bool {
    used.formUnion(waits.come(at: turn.now))
    guard !used.isEmpty else { return false }
    var hasWorked = false
    for name in used.sorted() {
      guard let dataset = turn.state.datasets[name], !dataset.isDeleted else {
        waits.remove(name)
        continue
      }
      if case .time? = dataset.retention {} else { waits.remove(name) }
      let left = dataset.removal.left.union(dataset.removal.done)
      let ranges = needless(dataset, turn).subtracting(left)
      guard !ranges.isEmpty else { continue }
      remover.remove(name, ranges: ranges, turn)
      hasWorked = true
    }
    used = []
    return hasWorked
  }

  /// Returns the ranges of a catalogue whose files may go.
  private func needless(_ dataset: DatasetEntry, _ turn: Turn) -> RangeSet<Int> {
    let readers = tasks(turn.state.readers[dataset.name] ?? [], turn)
    switch dataset.retention {
    case nil, .forever?: return RangeSet()
    case .step?:
      // What is being tried again replaces files of it.
      guard !isMadeAgain(dataset, turn) else { return RangeSet() }
      // If no task reads the dataset yet, no file has been used.
      guard let first = readers.first else { return RangeSet() }
      return readers.dropFirst().reduce(dataset.consumed[first.name] ?? RangeSet()) { all, reader in
        all.intersection(dataset.consumed[reader.name] ?? RangeSet())
      }
    case .chain?: return isOver(dataset, readers, turn) == nil ? RangeSet() : whole(dataset)
    case .time(let time)?:
      guard let end = isOver(dataset, readers, turn) else {
        waits.remove(dataset.name)
        return RangeSet()
      }
      waits.note(end + time, for: dataset.name, atMost: time, turn)
      guard waits.hasCome(end + time, for: dataset.name, at: turn.now) else { return RangeSet() }
      waits.remove(dataset.name)
      return whole(dataset)
    }
  }

  /// Returns true while a task that fills a dataset tries jobs again that were done.
  private func isMadeAgain(_ dataset: DatasetEntry, _ turn: Turn) -> Bool {
    dataset.activeProducers.contains { turn.state.tasks[$0]?.isAgain == true }
  }

  private func whole(_ dataset: DatasetEntry) -> RangeSet<Int> {
    RangeSet(dataset.length > 0 ? [0..<dataset.length] : [])
  }

  private func tasks(_ names: some Sequence<Name>, _ turn: Turn) -> [TaskEntry] {
    names.sorted().compactMap { turn.state.tasks[$0] }
  }

  /// Returns the time at which the last of the tasks that fill or read a dataset, and of their
  /// chains' other steps, ended. Nil if one is in work, or did not end as done, so that it may be
  /// retried.
  private func isOver(_ dataset: DatasetEntry, _ readers: [TaskEntry], _ turn: Turn) -> Timestamp? {
    let makers = tasks(dataset.producers, turn)
    guard !(makers + readers).isEmpty, dataset.state != .open else { return nil }
    var end = Timestamp(milliseconds: 0)
    for task in makers + readers {
      for other in turn.state.unit(of: task) {
        guard other.state == .done, let ended = other.ended else { return nil }
        end = max(end, ended)
      }
    }
    return end
  }
}
