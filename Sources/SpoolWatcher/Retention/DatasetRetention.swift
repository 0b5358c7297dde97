internal import SpoolModel
internal import SpoolStore

/// Lets files of datasets go when nobody needs them any more, as their retention says. What a job
/// has not succeeded with stays, and so does what a task that has not ended well may want again.
final class DatasetRetention: Stage {
  private let turn: Turn
  private let remover: FileRemover
  /// Datasets around which something has happened.
  private var used: Set<Name>
  /// When files go whose time is not over yet.
  private var waits = Deadlines<Name>()

  init(_ spool: Spool, _ turn: Turn, remover: FileRemover) {
    self.turn = turn
    self.remover = remover
    used = Set(turn.state.datasets.keys)
  }

  var nextDue: Instant? { waits.next }

  /// Notes that files of a dataset may be needed no more.
  func noteUsed(_ dataset: Name) { used.insert(dataset) }

  /// Looks at the datasets around which something has happened. Returns whether files are to go.
  func run() -> Bool {
    used.formUnion(waits.come(at: turn.now))
    guard !used.isEmpty else { return false }
    var hasWorked = false
    for name in used.sorted() {
      guard let dataset = turn.state.datasets[name], !dataset.isDeleted else {
        waits.forget(name)
        continue
      }
      let left = dataset.removal.left.union(dataset.removal.done)
      let ranges = needless(dataset).subtracting(left)
      guard !ranges.isEmpty else { continue }
      remover.remove(name, ranges: ranges)
      hasWorked = true
    }
    used = []
    return hasWorked
  }

  /// The lines of a catalogue whose files may go.
  private func needless(_ dataset: DatasetEntry) -> RangeSet<Int> {
    let readers = tasks(turn.state.readers[dataset.name] ?? [])
    switch dataset.retention {
    case nil, .forever?: return RangeSet()
    case .step?:
      // Nobody that reads it is there yet, so nobody has read it.
      guard let first = readers.first else { return RangeSet() }
      return readers.dropFirst().reduce(dataset.consumed[first.name] ?? RangeSet()) { all, reader in
        all.intersection(dataset.consumed[reader.name] ?? RangeSet())
      }
    case .chain?: return isOver(dataset, readers) == nil ? RangeSet() : whole(dataset)
    case .time(let time)?:
      guard let end = isOver(dataset, readers) else {
        waits.forget(dataset.name)
        return RangeSet()
      }
      waits.note(end + time, for: dataset.name, atMost: time, turn)
      guard waits.hasCome(end + time, for: dataset.name, at: turn.now) else { return RangeSet() }
      waits.forget(dataset.name)
      return whole(dataset)
    }
  }

  private func whole(_ dataset: DatasetEntry) -> RangeSet<Int> {
    RangeSet(dataset.length > 0 ? [0..<dataset.length] : [])
  }

  private func tasks(_ names: some Sequence<Name>) -> [TaskEntry] {
    names.sorted().compactMap { turn.state.tasks[$0] }
  }

  /// When all that make a dataset, all that read it, and their chains have ended: in epoch
  /// milliseconds; nil where one has not, or not well, so that it may be tried again.
  private func isOver(_ dataset: DatasetEntry, _ readers: [TaskEntry]) -> Timestamp? {
    let makers = tasks(dataset.producers)
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
