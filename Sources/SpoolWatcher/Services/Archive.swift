internal import SpoolModel
internal import SpoolStore

/// Packs what is kept of tasks that ended long ago into few files, and removes it in the end, as
/// `packAfter` and `removeAfter` say. So much a turn, whatever there is to do.
///
/// In this order, so that a watcher may die anywhere: the archive is written beside, synced, and
/// renamed; *packed* is journalled; what lay elsewhere is removed; *cleared* is journalled. And at
/// the end: *removed*, all of it goes, *cleared*.
final class Archive {
  private let books: Books
  private let catalogues: CatalogueRetention
  private var nextLook: Int
  /// What is due, the next last.
  private var toPack: [Name] = []
  private var toRemove: [Name] = []
  private var toClear: [Name] = []
  /// What was recorded in this turn: to be cleared once that is committed.
  private var recorded: [Name] = []
  private var writer: ArchiveWriter?
  private var clearing: ArchiveClearing?
  /// What was cleared in this turn, to be journalled.
  private var cleared: [Name] = []
  /// Tasks for which the filesystem refused something, and until when they are left alone.
  private var resting: [Name: Int] = [:]

  /// Calls on the filesystem a turn, about.
  static let perTurn = 64
  /// The longest time between two looks for what is due, in milliseconds.
  static let longestInterval = 60_000
  /// After a refusal nothing of this is tried for a while, and that task longer: for so long if it
  /// may pass, and for so long if it will not.
  static let pause = 5000
  static let rest = 60_000
  static let longRest = 3_600_000

  init(_ books: Books) {
    self.books = books
    catalogues = CatalogueRetention(books)
    nextLook = books.time.now
  }

  private var config: SpoolConfig { books.spool.config }
  private var state: WatcherState { books.state }

  /// Milliseconds between two looks: a spool that keeps things for seconds is looked at so often.
  private var interval: Int {
    let shortest = min(
      config.packAfter.duration?.milliseconds ?? Int.max,
      config.removeAfter.duration?.milliseconds ?? Int.max)
    return min(Self.longestInterval, max(1000, shortest / 4))
  }

  /// Whether there is more to do at once.
  var isBusy: Bool {
    let hasWork =
      writer != nil || clearing != nil || !toPack.isEmpty || !toRemove.isEmpty || !toClear.isEmpty
      || !recorded.isEmpty || catalogues.isBusy
    return hasWork && books.time.now >= nextTry
  }
  private var nextTry = 0

  /// After a restart: what a former watcher began and did not finish.
  func resume() throws(FileError) {
    for unit in try books.spool.archives().unfinished
    where state.tasks[unit] != nil || state.chains[unit] != nil {
      try books.spool.discardUnfinishedArchive(unit)
    }
  }

  /// One turn's work, after the commit and after what was settled has been registered.
  func act() throws {
    toClear += recorded.reversed()
    recorded = []
    if books.time.now >= nextLook { look() }
    guard isBusy else { return }
    try books.checkLeaseOnce()
    var left = Self.perTurn
    while left > 0, let cost = step() { left -= cost }
    noteCleared()
    if left > 0 { _ = attempt(nil) { () throws(FileError) in try catalogues.act(left) } }
  }

  // MARK: What is due

  private func look() {
    nextLook = books.time.now + interval
    let now = books.time.epoch
    let packed = state.packedUnits
    resting = resting.filter { $0.value > books.time.now }
    toClear = due(
      packed.filter { $0.phase != .kept && $0.name != clearing?.unit }
        .map { ($0.name, $0.ended) })
    toRemove = due(
      packed.filter {
        $0.phase == .kept
          && config.removeAfter.isReached(
            by: Timestamp(milliseconds: $0.ended), at: Timestamp(milliseconds: now))
      }
      .map { ($0.name, $0.ended) })
    toPack = due(
      ends.filter {
        config.packAfter.isReached(
          by: Timestamp(milliseconds: $0.ended), at: Timestamp(milliseconds: now))
          && $0.name != writer?.unit
      })
    catalogues.look()
  }

  /// The latest first.
  private func due(_ units: [(name: Name, ended: Int)]) -> [Name] {
    units.filter { resting[$0.name] == nil }
      .sorted { ($0.ended, $0.name) > ($1.ended, $1.name) }.map(\.name)
  }

  /// When each task that is no step, and each chain, has ended.
  private var ends: [(name: Name, ended: Int)] {
    let names = state.tasks.values.filter { $0.chain == nil }.map(\.name) + state.chains.keys
    return names.compactMap { name in state.end(ofUnit: name).map { (name, $0) } }
  }

  /// Whether a task in work waits for a word about what failed in this one: to try it again, perhaps.
  private func isLackedFrom(_ unit: Name) -> Bool {
    let produced = state.ordered(unit).reduce(into: Set<Name>()) {
      $0.formUnion($1.spec.producedDatasets)
    }
    return state.liveTasks.contains { $0.lacking.map(produced.contains) ?? false }
  }

  /// Whether files that it made are yet to go, when their time is over.
  private func isAwaited(_ unit: Name) -> Bool {
    state.ordered(unit).flatMap(\.spec.producedDatasets).contains { name in
      guard let dataset = state.datasets[name], case .time? = dataset.retention,
        !dataset.isDeleted, dataset.length > 0
      else { return false }
      return !dataset.removal.done.contains(dataset.length - 1)
    }
  }

  // MARK: Doing it

  /// The next piece, and what it has cost; nil where there is none.
  private func step() -> Int? {
    if let clearing {
      return attempt(clearing.unit) { () throws(FileError) in try clear(clearing) }
    }
    if let unit = toClear.popLast() {
      clearing = state.packed[unit].flatMap {
        $0.phase == .kept ? nil : ArchiveClearing($0, books.spool)
      }
      return 0
    }
    if let unit = toRemove.popLast() {
      remove(unit)
      return 1
    }
    if let writer { return attempt(writer.unit) { () throws(FileError) in try write(writer) } }
    guard let unit = toPack.popLast() else { return nil }
    if let ended = state.end(ofUnit: unit), !isLackedFrom(unit), !isAwaited(unit) {
      writer = ArchiveWriter(unit, ended: ended, books.spool, state)
    }
    return 0
  }

  /// What the filesystem refuses holds nothing else up, and is tried again.
  private func attempt(
    _ unit: Name?, _ body: () throws(FileError) -> Int
  ) -> Int? {
    do throws(FileError) {
      return try body()
    } catch {
      books.troubles.note(error, unit.map { "the archive of \($0)" } ?? "a catalogue")
      let now = books.time.now
      nextTry = now + Self.pause
      if let unit { resting[unit] = now + (error.isLasting ? Self.longRest : Self.rest) }
      writer = nil
      clearing = nil
      return nil
    }
  }

  private func clear(_ clearing: ArchiveClearing) throws(FileError) -> Int {
    let cost = try clearing.step()
    if clearing.isThrough {
      cleared.append(clearing.unit)
      self.clearing = nil
    }
    return cost
  }

  private func remove(_ unit: Name) {
    guard let entry = state.packed[unit], entry.phase == .kept else { return }
    books.record(.expired(unit, at: books.time.epoch))
    recorded.append(unit)
  }

  private func write(_ writer: ArchiveWriter) throws(FileError) -> Int {
    // A person may have had it tried again meanwhile.
    guard state.end(ofUnit: writer.unit) == writer.ended else {
      self.writer = nil
      return 0
    }
    let cost = try writer.step()
    if writer.isThrough {
      books.record(.packed(writer.unit, at: books.time.epoch))
      books.say("packed \(writer.unit) into \(books.spool.layout.archive(writer.unit))")
      recorded.append(writer.unit)
      self.writer = nil
    }
    return cost
  }

  /// What is gone is gone durably before that is journalled.
  private func noteCleared() {
    guard !cleared.isEmpty else { return }
    let names = cleared
    cleared = []
    let hasRemoved = names.contains { state.packed[$0]?.phase == .removing }
    let isDurable = attempt(names[0]) { () throws(FileError) in
      let layout = books.spool.layout
      for directory in ArchiveClearing.directories(layout, hasRemoved: hasRemoved) {
        try books.spool.files.syncDirectory(directory)
      }
      return 1
    }
    guard isDurable != nil else { return }
    for name in names {
      if state.packed[name]?.phase == .removing { books.say("removed all of \(name)") }
      books.record(.cleared(name))
    }
  }
}
