internal import SpoolModel
internal import SpoolStore

/// Removes files of datasets, a limited number each turn: all files of a deleted dataset, or the
/// files of some lines of its catalogue. In come `removing` records; out go `removed` and `deleted`
/// records. The order is in the journal before the removal, and its progress afterwards, so a
/// restart goes on from there. A file that is gone is no error.
final class FileRemover: Stage {
  private let spool: Spool
  /// A walk through a catalogue.
  private struct Walk {
    /// The place in the catalogue, in bytes.
    var at = 0
    /// The start of the next walk, if this one could not remove all files.
    var due: Instant?
    /// The number of files that the filesystem refused to remove in this walk.
    var refused = 0
    /// The first of these errors.
    var trouble: FileError?
  }
  private var walks: [Name: Walk] = [:]
  /// The dataset that was worked on last.
  private var last: Name?

  /// The largest number of files that are removed in one turn.
  static let mostPerTurn = 500
  /// The largest number of lines that are read for a dataset in one turn. It is larger, because
  /// lines whose files stay cost little.
  static let mostLines = 20_000
  /// The time until the next walk, after one that could not remove all files.
  static let again = Duration.seconds(60)

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Orders the removal of the files that a catalogue lists in these ranges of bytes. Each range
  /// begins and ends with a line. Files that no task of this spool made stay, unless their manifest
  /// set a retention or the deletion includes inputs.
  func remove(_ dataset: Name, ranges: RangeSet<Int>, _ turn: Turn) {
    turn.record(.removing(RemovalOrdered(dataset: dataset, ranges: ranges)))
    walks[dataset] = nil
  }

  /// Drops the walk through the catalogue of a dataset that is forgotten.
  func noteForgotten(_ dataset: Name) { walks[dataset] = nil }

  func nextDue(_ turn: Turn) -> Instant? {
    turn.state.removing.map { walks[$0]?.due ?? turn.now }.min()
  }

  /// Returns true if files are to be removed now.
  func isBusy(_ turn: Turn) -> Bool { nextDue(turn).map { $0 <= turn.now } ?? false }

  /// The files that could not be removed, in words, by dataset.
  var troubles: [String] {
    walks.sorted { $0.key < $1.key }.compactMap { name, walk in
      guard walk.refused > 0, let trouble = walk.trouble else { return nil }
      return "the dataset \(name): \(walk.refused) files cannot be removed, as \(trouble)"
    }
  }

  /// Removes files, as many as one turn allows. The caller calls it only when all records are
  /// committed, because the order to remove a file must be durable before the removal.
  func run(_ turn: Turn) throws {
    guard isBusy(turn) else { return }
    try turn.checkLeaseOnce()
    var room = Self.mostPerTurn
    let budget = turn.budget()
    for name in turn.state.removing.sorted().rotated(after: last) where room > 0 {
      if room < Self.mostPerTurn, budget.isOver { break }
      last = name
      guard let dataset = turn.state.datasets[name], walks[name]?.due ?? .distantPast <= turn.now
      else {
        continue
      }
      do throws(FileError) {
        room -= try work(dataset, room, budget, turn)
      } catch {
        turn.note(error, "the removal of files of \(name)")
        walks[name, default: Walk()].due = turn.now + Self.again
      }
    }
  }

  /// Removes a stretch of one dataset. Returns the number of files that it tried.
  private func work(
    _ dataset: DatasetEntry, _ room: Int, _ budget: StageBudget, _ turn: Turn
  ) throws(FileError) -> Int {
    var walk = walks[dataset.name] ?? Walk()
    if walk.due != nil { walk = Walk() }
    var stretch = Stretch(room: room, budget: budget)
    if !dataset.removal.left.isEmpty { try read(dataset, &walk, &stretch, turn) }
    for directory in stretch.directories { try makeDurable(directory) }
    if !stretch.done.isEmpty {
      turn.record(
        .removed(
          RemovalAdvanced(
            dataset: dataset.name, ranges: stretch.done, files: stretch.files,
            bytes: stretch.bytes)))
    }
    let left = turn.state.datasets[dataset.name] ?? dataset
    if stretch.isAtEnd { end(left, &walk, turn) }
    walks[dataset.name] = left.removal.left.isEmpty ? nil : walk
    return stretch.taken
  }

  /// Ends a walk through a catalogue. If files are left, the next walk comes
  /// later; else a deletion is complete.
  private func end(_ dataset: DatasetEntry, _ walk: inout Walk, _ turn: Turn) {
    guard dataset.removal.left.isEmpty else {
      walk.due = turn.now + Self.again
      return
    }
    guard dataset.state == .deleting else { return }
    turn.record(.deleted(dataset.name))
    turn.say(
      "deleted the dataset \(dataset.name): \(dataset.removal.files) files, "
        + Units.text(bytes: dataset.removal.bytes))
  }

  /// The work of one turn on one dataset.
  private struct Stretch {
    let room: Int
    let budget: StageBudget
    var taken = 0
    var lines = 0
    var done = RangeSet<Int>()
    var files = 0
    var bytes = 0
    var directories: Set<String> = []
    var isAtEnd = true
    /// A directory has more in it than a turn removes: the line comes again in the next one.
    var isUnfinished = false

    var isFull: Bool {
      isUnfinished || taken >= room || lines >= FileRemover.mostLines || taken > 0 && budget.isOver
    }
  }

  /// Reads the lines of the ranges that are left, and removes their files, as far as the turn
  /// allows.
  private func read(
    _ dataset: DatasetEntry, _ walk: inout Walk, _ stretch: inout Stretch, _ turn: Turn
  ) throws(FileError) {
    let replaced = try turn.placement.replaced(of: [dataset.name], spool, turn.say)
    let catalogue = try spool.open(.catalogue(dataset.name))
    defer { catalogue.close() }
    for range in dataset.removal.left.ranges where range.upperBound > walk.at {
      let end = min(range.upperBound, turn.placement.readable(dataset.name))
      var reader = catalogue.lines(from: max(range.lowerBound, walk.at), to: end)
      while !stretch.isFull, let line = try reader.next() {
        stretch.lines += 1
        if remove(line, of: dataset, replaced, &walk, &stretch, turn) {
          stretch.done.insert(contentsOf: line.offset..<line.next)
        }
        walk.at = stretch.isUnfinished ? line.offset : line.next
      }
      guard !stretch.isFull else {
        stretch.isAtEnd = false
        return
      }
    }
  }

  /// Removes a line's file. Returns false if that is to be tried again.
  private func remove(
    _ line: LineReader.Line, of dataset: DatasetEntry, _ replaced: [ReplacedFiles],
    _ walk: inout Walk, _ stretch: inout Stretch, _ turn: Turn
  ) -> Bool {
    guard
      let found = (try? JSON.parse(line.bytes)).flatMap({ CatalogueLine($0) })
        .map({ replaced.current($0) }),
      !found.isGone, found.job != nil || dataset.removal.includesInputs
    else { return true }
    stretch.taken += 1
    do throws(FileError) {
      let removal =
        found.file.files == nil
        ? try spool.removeFile(found.file.path, size: found.file.size)
        : try spool.removeDirectory(found.file)
      switch removal {
      case .unfinished:
        stretch.isUnfinished = true
        return false
      case .gone: break
      case .other(let what): turn.say("\(found.file.path) stays, which is \(what)")
      case .removed(let size):
        stretch.files += 1
        stretch.bytes += size
        stretch.directories.insert(FilePath.directory(found.file.path))
      }
      return true
    } catch {
      turn.note(error, "the removal of files of \(dataset.name)")
      walk.refused += 1
      walk.trouble = walk.trouble ?? error
      return false
    }
  }

  /// Syncs a directory. Otherwise a power cut might bring back a file that the journal says is
  /// gone.
  private func makeDurable(_ directory: String) throws(FileError) {
    do throws(FileError) {
      try spool.sync(data: directory)
    } catch {
      guard error.isLasting || error.isMissing else { throw error }
    }
  }
}
