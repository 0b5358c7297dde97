internal import SpoolModel
internal import SpoolStore

/// Packs what is kept of tasks that ended long ago into few files, and removes it in the end, as
/// `packAfter` and `removeAfter` say. So much a turn, whatever there is to do.
///
/// In this order, so that a watcher may die anywhere: the archive is written beside, synced, and
/// renamed; *packed* is journalled; what lay elsewhere is removed; *cleared* is journalled. And at
/// the end: *removed*, all of it goes, *cleared*.
final class TaskArchive: Stage {
  private let spool: Spool
  private let turn: Turn
  private let catalogues: CatalogueRetention
  private var nextLook: Instant
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
  private var resting: [Name: Instant] = [:]

  /// Calls on the filesystem a turn, about.
  static let perTurn = 64
  /// The longest time between two looks for what is due.
  static let longestInterval = Duration.seconds(60)
  /// Delay of all packing after a refusal.
  static let pause = Duration.seconds(5)
  /// Retry delay of the refused task after a transient error; after a permanent one.
  static let rest = Duration.seconds(60)
  static let longRest = Duration.seconds(3600)

  /// When this watcher began, on both clocks; and when tasks ended that it saw end. So a wall clock
  /// that is set changes no age.
  private let began: (instant: Instant, date: Timestamp)
  private var ends: [Name: Instant] = [:]

  init(_ spool: Spool, _ turn: Turn, catalogues: CatalogueRetention) {
    self.spool = spool
    self.turn = turn
    self.catalogues = catalogues
    nextLook = turn.now
    began = (turn.now, turn.date)
  }

  /// Notes that a task or chain has ended.
  func noteEnded(_ name: Name) { ends[name] = turn.now }

  /// Returns whether a task or chain has reached an age.
  private func isReached(_ limit: AgeLimit, _ name: Name, _ ended: Timestamp) -> Bool {
    guard let age = limit.duration else { return false }
    return turn.now - (ends[name] ?? began.instant - (began.date - ended)) >= age
  }

  private var config: SpoolConfig { spool.config }
  private var state: SpoolState { turn.state }

  /// Time between two looks: a spool that keeps things for seconds is looked at so often.
  private var interval: Duration {
    let ages = [config.packAfter, config.removeAfter].compactMap(\.duration)
    return min(Self.longestInterval, max(.seconds(1), (ages.min() ?? Self.longestInterval * 4) / 4))
  }

  /// Whether there is more to do at once.
  var isBusy: Bool {
    let hasWork =
      writer != nil || clearing != nil || !toPack.isEmpty || !toRemove.isEmpty || !toClear.isEmpty
      || !recorded.isEmpty || catalogues.isBusy
    return hasWork && turn.now >= nextTry
  }
  private var nextTry = Instant.distantPast

  var nextDue: Instant? { isBusy ? .distantPast : nil }

  /// After a restart: what a former watcher began and did not finish.
  func resume() throws(FileError) {
    for unit in try spool.archives().unfinished
    where state.tasks[unit] != nil || state.chains[unit] != nil {
      try spool.discardUnfinishedArchive(unit)
    }
  }

  /// One turn's work, after the commit and after what was settled has been registered.
  func act() throws {
    toClear += recorded.reversed()
    recorded = []
    if turn.now >= nextLook { look() }
    guard isBusy else { return }
    try turn.checkLeaseOnce()
    var left = Self.perTurn
    while left > 0, let cost = step() { left -= cost }
    noteCleared()
    if left > 0 { _ = attempt(nil) { () throws(FileError) in try catalogues.act(left) } }
  }

  // MARK: What is due

  private func look() {
    nextLook = turn.now + interval
    let packed = state.packedUnits
    resting = resting.filter { $0.value > turn.now }
    toClear = due(
      packed.filter { $0.phase != .kept && $0.name != clearing?.unit }
        .map { ($0.name, $0.ended) })
    toRemove = due(
      packed.filter { $0.phase == .kept && isReached(config.removeAfter, $0.name, $0.ended) }
        .map { ($0.name, $0.ended) })
    toPack = due(
      endedUnits.filter {
        isReached(config.packAfter, $0.name, $0.ended) && $0.name != writer?.unit
      })
    catalogues.look()
  }

  /// The latest first.
  private func due(_ units: [(name: Name, ended: Timestamp)]) -> [Name] {
    units.filter { resting[$0.name] == nil }
      .sorted { ($0.ended, $0.name) > ($1.ended, $1.name) }.map(\.name)
  }

  /// Each task that is no step, and each chain, that has ended.
  private var endedUnits: [(name: Name, ended: Timestamp)] {
    let names = state.tasks.values.filter { $0.chain == nil }.map(\.name) + state.chains.keys
    return names.compactMap { name in state.end(ofUnit: name).map { (name, $0) } }
  }

  /// Whether a task in work waits for a word about what failed in this one: to try it again, perhaps.
  private func isLackedFrom(_ unit: Name) -> Bool {
    let produced = state.meant(by: unit).reduce(into: Set<Name>()) {
      $0.formUnion($1.spec.producedDatasets)
    }
    return state.liveTasks.contains {
      turn.placement.lacking(for: $0.name).map(produced.contains) ?? false
    }
  }

  /// Whether files that it made are yet to go, when their time is over.
  private func isAwaited(_ unit: Name) -> Bool {
    state.meant(by: unit).flatMap(\.spec.producedDatasets).contains { name in
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
        $0.phase == .kept ? nil : ArchiveClearing($0, spool)
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
      writer = ArchiveWriter(unit, ended: ended, spool, turn)
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
      turn.note(error, unit.map { "the archive of \($0)" } ?? "a catalogue")
      let now = turn.now
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
    turn.record(.expired(unit, at: turn.date))
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
      turn.record(.packed(writer.unit, at: turn.date))
      turn.say("packed \(writer.unit) into \(spool.layout.archive(writer.unit))")
      recorded.append(writer.unit)
      turn.placement.forget(task: writer.unit)
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
      let layout = spool.layout
      for directory in ArchiveClearing.directories(layout, hasRemoved: hasRemoved) {
        try spool.files.syncDirectory(directory)
      }
      return 1
    }
    guard isDurable != nil else { return }
    for name in names {
      if state.packed[name]?.phase == .removing {
        turn.say("removed all of \(name)")
        ends[name] = nil
      }
      turn.record(.cleared(name))
    }
  }
}
