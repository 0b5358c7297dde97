internal import SpoolModel
internal import SpoolStore

/// Forgets closed datasets that are of no use any more. In come datasets of which no known task
/// filled or read them; out go `forgotten` records. As long as one of the files exists, the
/// catalogue stays, because it tells where the file comes from. Two looks, up to a day apart, must
/// find all files gone, because a disk may be unmounted.
final class CatalogueRetention {
  private let spool: Spool
  /// The progress of the looks at a dataset.
  private struct Look {
    /// The place in the catalogue of the first line that is yet to be looked at.
    var offset = 0
    /// The number of consecutive looks that found all files gone.
    var timesGone = 0
    /// The time of the next look.
    var next: Instant
  }
  private var looks: [Name: Look] = [:]
  /// Datasets that are to be looked at now, the next one last.
  private var due: [Name] = []

  /// Forgotten datasets whose catalogues are yet to be removed.
  private(set) var leaving: Set<Name>
  /// The times at which closed datasets are old enough.
  private var ages = Deadlines<Name>()

  /// The longest time between two looks at a dataset.
  static let longestInterval = Duration.seconds(86_400)
  /// The number of lines of a catalogue that are looked at in one piece.
  static let piece = 32

  init(_ spool: Spool, leaving: Set<Name>) {
    self.spool = spool
    self.leaving = leaving
  }

  /// Takes a forgotten dataset, to remove its catalogue.
  func noteForgotten(_ dataset: Name) { leaving.insert(dataset) }

  /// True while there is more to do at once.
  var isBusy: Bool { !due.isEmpty || !leaving.isEmpty }

  /// Finds the datasets whose files are worth a look.
  func look(_ turn: Turn) {
    guard let after = spool.config.removeAfter.duration else { return }
    let now = turn.now
    let candidates = turn.state.datasets.values.filter { dataset in
      dataset.state != .open && turn.state.readers[dataset.name] == nil
        && dataset.producers.allSatisfy {
          turn.state.tasks[$0] == nil && turn.state.packed[$0] == nil
        }
    }.filter { isOld($0, after, turn) }
    let names = Set(candidates.map(\.name))
    looks = looks.filter { names.contains($0.key) }
    for name in names where looks[name] == nil { looks[name] = Look(next: now) }
    ages.keep { names.contains($0) || turn.state.datasets[$0] != nil }
    due = looks.filter { $0.value.next <= now }.keys.sorted(by: >)
  }

  /// Returns true if a dataset was closed long enough ago.
  private func isOld(_ dataset: DatasetEntry, _ age: Duration, _ turn: Turn) -> Bool {
    guard let closing = dataset.closing else { return true }
    ages.note(closing + age, for: dataset.name, atMost: age, turn)
    return ages.hasCome(closing + age, for: dataset.name, at: turn.now)
  }

  /// Works for about `limit` calls on the filesystem. Returns the cost, as a number of such calls.
  func act(_ limit: Int, _ budget: StageBudget, _ turn: Turn) throws(FileError) -> Int {
    var cost = try removeCatalogues(turn)
    while cost < limit, !budget.isOver, let name = due.last {
      guard let dataset = turn.state.datasets[name], looks[name] != nil else {
        due.removeLast()
        continue
      }
      do throws(FileError) {
        cost += try look(at: dataset, turn)
      } catch {
        // Its files are not known to be gone. Other datasets must not wait for it.
        postpone(name, turn)
        throw error
      }
    }
    return cost
  }

  private func postpone(_ name: Name, _ turn: Turn) {
    let after = spool.config.removeAfter.duration ?? Self.longestInterval
    looks[name]?.next = turn.now + min(after, Self.longestInterval)
    due.removeAll { $0 == name }
  }

  /// Looks at a stretch of a dataset's catalogue. Returns the cost.
  private func look(at dataset: DatasetEntry, _ turn: Turn) throws(FileError) -> Int {
    guard let offset = looks[dataset.name]?.offset else { return 0 }
    let (next, isThere, count) = try files(of: dataset, from: offset)
    if isThere {
      // The next look begins with this very file.
      looks[dataset.name]?.offset = next
      looks[dataset.name]?.timesGone = 0
      postpone(dataset.name, turn)
    } else if next < dataset.length {
      looks[dataset.name]?.offset = next
    } else {
      noteGone(dataset, turn)
    }
    return 3 + count
  }

  /// Notes that a look found all files gone. The second such look forgets the dataset; the first
  /// does if the dataset never had files.
  private func noteGone(_ dataset: DatasetEntry, _ turn: Turn) {
    let times = (looks[dataset.name]?.timesGone ?? 0) + 1
    looks[dataset.name]?.timesGone = times
    looks[dataset.name]?.offset = 0
    postpone(dataset.name, turn)
    guard times > 1 || dataset.files == 0 else { return }
    looks[dataset.name] = nil
    turn.record(.forgotten(dataset: dataset.name))
    turn.say("the dataset \(dataset.name) is forgotten: none of its files is there any more")
  }

  /// Looks for the files of some lines, up to the first that exists. `next` is that file's line, or
  /// else the beginning of the next stretch.
  private func files(
    of dataset: DatasetEntry, from offset: Int
  ) throws(FileError) -> (next: Int, isThere: Bool, count: Int) {
    guard dataset.length > 0 else { return (0, false, 0) }
    let catalogue = try spool.open(.catalogue(dataset.name))
    defer { catalogue.close() }
    var reader = catalogue.lines(from: offset, to: dataset.length)
    var next = offset
    for count in 0..<Self.piece {
      guard let line = try reader.next() else { return (dataset.length, false, count) }
      next = line.next
      // The header names no file.
      guard let input = InputReader.file(line.bytes) else { continue }
      if try spool.attributes(ofData: input.path) != nil {
        return (line.offset, true, count)
      }
    }
    return (next, false, Self.piece)
  }

  /// Removes the catalogues of forgotten datasets. If a name is in use again, its catalogue is the
  /// new one, and stays.
  private func removeCatalogues(_ turn: Turn) throws(FileError) -> Int {
    let names = leaving
    for name in names where turn.state.datasets[name] == nil {
      try spool.removeDataset(name)
    }
    if !names.isEmpty { try spool.syncDatasets() }
    leaving.subtract(names)
    return names.count
  }
}
