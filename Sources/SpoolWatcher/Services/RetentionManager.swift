internal import SpoolModel
internal import SpoolStore

/// Lets files of datasets go when nobody needs them any more, as their retention says. What a job
/// has not succeeded with stays, and so does what a task that has not ended well may want again.
final class RetentionManager {
  private let books: Books
  private let remover: FileRemover
  /// When files are due whose time is not over yet, by dataset, in epoch milliseconds.
  private var dues: [Name: Int] = [:]

  init(_ books: Books, remover: FileRemover) {
    self.books = books
    self.remover = remover
    books.state.used.formUnion(books.state.datasets.keys)
  }

  /// When it wants to look again, in epoch milliseconds.
  var nextDue: Int? { dues.values.min() }

  /// Looks at the datasets around which something has happened. Returns whether files are to go.
  func run() -> Bool {
    let now = books.time.epoch
    for (name, due) in dues where due <= now { books.state.used.insert(name) }
    guard !books.state.used.isEmpty else { return false }
    var hasWorked = false
    for name in books.state.used.sorted() {
      dues[name] = nil
      guard let dataset = books.state.datasets[name], !dataset.isDeleted else { continue }
      let left = dataset.removal.left.union(dataset.removal.done)
      let ranges = needless(dataset, at: now).subtracting(left)
      guard !ranges.isEmpty else { continue }
      remover.remove(name, ranges: ranges)
      hasWorked = true
    }
    books.state.used = []
    return hasWorked
  }

  /// The lines of a catalogue whose files may go.
  private func needless(_ dataset: DatasetEntry, at now: Int) -> RangeSet<Int> {
    let readers = tasks(books.state.readers[dataset.name] ?? [])
    switch dataset.retention {
    case nil, .forever?: return RangeSet()
    case .step?:
      // Nobody that reads it is there yet, so nobody has read it.
      guard let first = readers.first else { return RangeSet() }
      return readers.dropFirst().reduce(dataset.consumed[first.name] ?? RangeSet()) { all, reader in
        all.intersection(dataset.consumed[reader.name] ?? RangeSet())
      }
    case .chain?: return isOver(dataset, readers) == nil ? RangeSet() : whole(dataset)
    case .time(let duration)?:
      let time = duration.milliseconds
      guard let end = isOver(dataset, readers) else { return RangeSet() }
      guard end + time <= now else {
        dues[dataset.name] = end + time
        return RangeSet()
      }
      return whole(dataset)
    }
  }

  private func whole(_ dataset: DatasetEntry) -> RangeSet<Int> {
    RangeSet(dataset.length > 0 ? [0..<dataset.length] : [])
  }

  private func tasks(_ names: some Sequence<Name>) -> [TaskEntry] {
    names.sorted().compactMap { books.state.tasks[$0] }
  }

  /// When all that make a dataset, all that read it, and their chains have ended: in epoch
  /// milliseconds; nil where one has not, or not well, so that it may be tried again.
  private func isOver(_ dataset: DatasetEntry, _ readers: [TaskEntry]) -> Int? {
    let makers = tasks(dataset.producers)
    guard !(makers + readers).isEmpty, dataset.state != .open else { return nil }
    var end = 0
    for task in makers + readers {
      for other in books.state.unit(of: task) {
        guard other.state == .done, let ended = other.ended else { return nil }
        end = max(end, ended)
      }
    }
    return end
  }
}
