internal import SpoolModel
internal import SpoolStore

/// Forgets datasets that are of no use any more: closed, and none of the tasks that filled or read
/// them is known, and none of their files is there. As long as one is, its catalogue is what tells
/// where it comes from. That all are gone must be found twice, a day apart: a disk may not be mounted.
final class CatalogueRetention {
  private let books: Books
  private struct Look {
    /// Where in the catalogue those lines begin that are yet to be looked at.
    var offset = 0
    var timesGone = 0
    /// When it is looked at next, monotonic.
    var next: Int
  }
  private var looks: [Name: Look] = [:]
  /// Those that are to be looked at now.
  private var due: [Name] = []

  /// The longest time between two looks at one dataset, in milliseconds.
  static let longestInterval = 86_400_000
  /// Lines of a catalogue that are looked at in one piece.
  static let piece = 32

  init(_ books: Books) { self.books = books }

  private var state: WatcherState { books.state }

  var isBusy: Bool { !due.isEmpty || !state.leaving.isEmpty }

  /// Finds those of which it is worth looking whether their files are there.
  func look() {
    guard let after = books.spool.config.removeAfter.duration?.milliseconds else { return }
    let (now, epoch) = (books.time.now, books.time.epoch)
    let candidates = state.datasets.values.filter { dataset in
      dataset.state != .open && state.readers[dataset.name] == nil
        && dataset.producers.allSatisfy { state.tasks[$0] == nil && state.packed[$0] == nil }
        && epoch - (dataset.closing ?? 0) >= after
    }
    let names = Set(candidates.map(\.name))
    looks = looks.filter { names.contains($0.key) }
    for name in names where looks[name] == nil { looks[name] = Look(next: now) }
    due = looks.filter { $0.value.next <= now }.keys.sorted(by: >)
  }

  /// So many calls' worth of it. Returns what it has cost.
  func act(_ limit: Int) throws(FileError) -> Int {
    var cost = try removeCatalogues()
    while cost < limit, let name = due.last {
      guard let dataset = state.datasets[name], looks[name] != nil else {
        due.removeLast()
        continue
      }
      do throws(FileError) {
        cost += try look(at: dataset)
      } catch {
        // Not known to be gone; and no other waits for it.
        postpone(name)
        throw error
      }
    }
    return cost
  }

  private func postpone(_ name: Name) {
    let after = books.spool.config.removeAfter.duration?.milliseconds ?? Self.longestInterval
    looks[name]?.next = books.time.now + min(after, Self.longestInterval)
    due.removeAll { $0 == name }
  }

  /// A stretch of a catalogue.
  private func look(at dataset: DatasetEntry) throws(FileError) -> Int {
    guard let offset = looks[dataset.name]?.offset else { return 0 }
    let (next, isThere, count) = try files(of: dataset, from: offset)
    if isThere {
      // The same file is the first that is looked at next time.
      looks[dataset.name]?.offset = next
      looks[dataset.name]?.timesGone = 0
      postpone(dataset.name)
    } else if next < dataset.length {
      looks[dataset.name]?.offset = next
    } else {
      noteGone(dataset)
    }
    return 3 + count
  }

  private func noteGone(_ dataset: DatasetEntry) {
    let times = (looks[dataset.name]?.timesGone ?? 0) + 1
    looks[dataset.name]?.timesGone = times
    looks[dataset.name]?.offset = 0
    postpone(dataset.name)
    guard times > 1 || dataset.files == 0 else { return }
    looks[dataset.name] = nil
    books.record(.forgotten(dataset: dataset.name))
    books.say("the dataset \(dataset.name) is forgotten: none of its files is there any more")
  }

  /// Looks whether files are there, up to the first that is: where its line begins, else where the
  /// next stretch does.
  private func files(
    of dataset: DatasetEntry, from offset: Int
  ) throws(FileError) -> (next: Int, isThere: Bool, count: Int) {
    guard dataset.length > 0 else { return (0, false, 0) }
    let file = try books.spool.files.open(books.spool.layout.catalogue(dataset.name), .read)
    defer { try? file.close() }
    var reader = LineReader(
      file, from: offset, to: dataset.length, longest: Limits.catalogueLine)
    var next = offset
    for count in 0..<Self.piece {
      guard let line = try reader.next() else { return (dataset.length, false, count) }
      next = line.next
      // The header names none.
      guard let input = InputReader.file(line.bytes) else { continue }
      if try books.spool.files.attributesIfPresent(input.path) != nil {
        return (line.offset, true, count)
      }
    }
    return (next, false, Self.piece)
  }

  /// Removes the catalogues of those that are forgotten. A name that is used anew has its own by now.
  private func removeCatalogues() throws(FileError) -> Int {
    let names = state.leaving
    for name in names where state.datasets[name] == nil {
      try books.spool.files.removeIfPresent(books.spool.layout.datasetPage(name))
      try books.spool.files.removeIfPresent(books.spool.layout.catalogue(name))
    }
    if !names.isEmpty { try books.spool.files.syncDirectory(books.spool.layout.datasets) }
    state.leaving.subtract(names)
    return names.count
  }
}
