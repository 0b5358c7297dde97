internal import SpoolModel
internal import SpoolStore

/// Packs tasks that ended long ago into a few files, and removes the archives in the end, as
/// `packAfter` and `removeAfter` say. In come ended tasks and chains; out go `packed`, `expired`
/// and `cleared` records. A turn does a limited amount of work. A *unit* is a task outside chains, or
/// a chain with its steps.
///
/// The order lets a watcher die anywhere:
///
/// 1. It writes the archive beside, syncs it, and renames it.
/// 2. It journals *packed*.
/// 3. It removes the originals.
/// 4. It journals *cleared*.
/// 5. In the end it journals *expired*, removes the archive as well, and journals *cleared* again.
final class TaskArchive: Stage {
  private let spool: Spool
  private let catalogues: CatalogueRetention
  private var nextLook: Instant
  /// Units to pack, the next one last.
  private var toPack: [Name] = []
  /// Packed units whose archive is to be removed, the next one last.
  private var toRemove: [Name] = []
  /// Packed units with files to remove, the next one last.
  private var toClear: [Name] = []
  /// Units that this turn recorded as packed or expired. They are cleared after the commit.
  private var recorded: [Name] = []
  private var writer: ArchiveWriter?
  private var clearing: ArchiveClearing?
  /// Units that were cleared in this turn and are to be recorded.
  private var cleared: [Name] = []
  /// Units for which the filesystem refused something, with the time of the next try.
  private var resting: [Name: Instant] = [:]

  /// The number of calls on the filesystem in a turn, about.
  static let perTurn = 64
  /// The longest time between two looks for what is due.
  static let longestInterval = Duration.seconds(60)
  /// Delay of all packing after a refusal.
  static let pause = Duration.seconds(5)
  /// The retry delay of the refused task after a transient error.
  static let rest = Duration.seconds(60)
  /// The retry delay of the refused task after a permanent error.
  static let longRest = Duration.seconds(3600)

  /// The start of this watcher, on both clocks. With it, ages are counted on the monotonic clock,
  /// so that setting the wall clock changes no age.
  private let began: (instant: Instant, date: Timestamp)
  /// The ends that this watcher saw, by task or chain.
  private var ends: [Name: Instant] = [:]

  init(_ spool: Spool, catalogues: CatalogueRetention, start: Instant, date: Timestamp) {
    self.spool = spool
    self.catalogues = catalogues
    began = (start, date)
    nextLook = start
  }

  /// Notes that a task or chain has ended.
  func noteEnded(_ name: Name, _ turn: Turn) { ends[name] = turn.now }

  /// Takes a task or chain that is to be forgotten, and clears it after the commit.
  func noteForgotten(_ name: Name) {
    // What was to go after it was packed is only a part of what is to go now.
    if clearing?.unit == name { clearing = nil }
    recorded.append(name)
  }

  /// Returns true if a task or chain has reached an age.
  private func isReached(
    _ limit: AgeLimit, _ name: Name, _ ended: Timestamp, _ turn: Turn
  ) -> Bool {
    guard let age = limit.duration else { return false }
    return turn.now - (ends[name] ?? began.instant - max(.zero, began.date - ended)) >= age
  }

  private var config: SpoolConfig { spool.config }

  /// The time between two looks. It is short if the spool keeps things only for seconds.
  private var interval: Duration {
    let ages = [config.packAfter, config.removeAfter].compactMap(\.duration)
    return min(Self.longestInterval, max(.seconds(1), (ages.min() ?? Self.longestInterval * 4) / 4))
  }

  /// Returns true if there is more to do at once.
  func isBusy(_ turn: Turn) -> Bool {
    let hasWork =
      writer != nil || clearing != nil || !toPack.isEmpty || !toRemove.isEmpty || !toClear.isEmpty
      || !recorded.isEmpty || catalogues.isBusy
    return hasWork && turn.now >= nextTry
  }
  /// The time before which nothing is done, after a refusal.
  private var nextTry = Instant.distantPast

  func nextDue(_ turn: Turn) -> Instant? { isBusy(turn) ? .distantPast : nil }

  /// Discards unfinished archives of known tasks and chains, after a restart.
  func resume(_ turn: Turn) throws(FileError) {
    for unit in try spool.archives().unfinished
    where turn.state.tasks[unit] != nil || turn.state.chains[unit] != nil {
      try spool.discardUnfinishedArchive(unit)
    }
  }

  /// Does one turn's work, after the commit and after job files have gone to their tasks'
  /// directories.
  func act(_ turn: Turn) throws {
    toClear += recorded.reversed()
    recorded = []
    if turn.now >= nextLook { look(turn) }
    guard isBusy(turn) else { return }
    try turn.checkLeaseOnce()
    var left = Self.perTurn
    let budget = turn.budget()
    while left > 0, !budget.isOver, let cost = step(turn) { left -= cost }
    noteCleared(turn)
    if left > 0, !budget.isOver {
      _ = attempt(nil, turn) { () throws(FileError) in try catalogues.act(left, budget, turn) }
    }
  }

  // MARK: What is due

  /// Finds the units that are due.
  private func look(_ turn: Turn) {
    nextLook = turn.now + interval
    let packed = turn.state.packedUnits
    resting = resting.filter { $0.value > turn.now }
    toClear = due(
      packed.filter { $0.phase != .kept && $0.name != clearing?.unit }
        .map { ($0.name, $0.ended) })
    toRemove = due(
      packed.filter { $0.phase == .kept && isReached(config.removeAfter, $0.name, $0.ended, turn) }
        .map { ($0.name, $0.ended) })
    toPack = due(
      endedUnits(turn).filter {
        isReached(config.packAfter, $0.name, $0.ended, turn) && $0.name != writer?.unit
      })
    catalogues.look(turn)
  }

  /// Returns units with the one that ended last first, without those that wait after a refusal.
  private func due(_ units: [(name: Name, ended: Timestamp)]) -> [Name] {
    units.filter { resting[$0.name] == nil }
      .sorted { ($0.ended, $0.name) > ($1.ended, $1.name) }.map(\.name)
  }

  /// Returns all tasks outside chains, and all chains, that have ended.
  private func endedUnits(_ turn: Turn) -> [(name: Name, ended: Timestamp)] {
    let names =
      turn.state.tasks.values.filter { $0.chain == nil }.map(\.name) + turn.state.chains.keys
    return names.compactMap { name in turn.state.end(ofUnit: name).map { (name, $0) } }
  }

  /// Returns true if a task in work waits for a decision about the failed jobs of this unit, which
  /// may be retried.
  private func isLackedFrom(_ unit: Name, _ turn: Turn) -> Bool {
    let produced = turn.state.meant(by: unit).reduce(into: Set<Name>()) {
      $0.formUnion($1.spec.producedDatasets)
    }
    return turn.state.liveTasks.contains {
      turn.placement.incomplete(for: $0.name).map(produced.contains) ?? false
    }
  }

  /// Returns true if files that the unit made are yet to be removed after their retention time.
  private func isAwaited(_ unit: Name, _ turn: Turn) -> Bool {
    turn.state.meant(by: unit).flatMap(\.spec.producedDatasets).contains { name in
      guard let dataset = turn.state.datasets[name], case .time? = dataset.retention,
        !dataset.isDeleted, dataset.length > 0
      else { return false }
      return !dataset.removal.done.contains(dataset.length - 1)
    }
  }

  // MARK: Doing it

  /// Does the next piece of work. Returns its cost; nil if there is none.
  private func step(_ turn: Turn) -> Int? {
    if let clearing {
      return attempt(clearing.unit, turn) { () throws(FileError) in try clear(clearing) }
    }
    if let unit = toClear.popLast() {
      clearing = turn.state.packed[unit].flatMap {
        $0.phase == .kept ? nil : ArchiveClearing($0, spool)
      }
      return 0
    }
    if let unit = toRemove.popLast() {
      remove(unit, turn)
      return 1
    }
    if let writer {
      return attempt(writer.unit, turn) { () throws(FileError) in try write(writer, turn) }
    }
    guard let unit = toPack.popLast() else { return nil }
    if let ended = turn.state.end(ofUnit: unit), !isLackedFrom(unit, turn), !isAwaited(unit, turn) {
      writer = ArchiveWriter(unit, ended: ended, turn.state, spool)
    }
    return 0
  }

  /// Does a piece of work. If the filesystem refuses it, the unit waits, and so does all packing
  /// for a moment. Nothing else is held up.
  private func attempt(
    _ unit: Name?, _ turn: Turn, _ body: () throws(FileError) -> Int
  ) -> Int? {
    do throws(FileError) {
      return try body()
    } catch {
      turn.note(error, unit.map { "the archive of \($0)" } ?? "a catalogue")
      let now = turn.now
      nextTry = now + Self.pause
      if let unit { rest(unit, isLasting: error.isLasting, turn) }
      writer = nil
      clearing = nil
      return nil
    }
  }

  /// Lets a unit rest after a refusal. One that is to be removed rests for a moment only after a
  /// transient error, because somebody may wait for its name.
  private func rest(_ unit: Name, isLasting: Bool, _ turn: Turn) {
    let isLeaving = !isLasting && turn.state.packed[unit]?.phase == .removing
    let end = turn.now + (isLasting ? Self.longRest : isLeaving ? Self.pause : Self.rest)
    resting[unit] = end
    if isLeaving { nextLook = min(nextLook, end) }
  }

  private func clear(_ clearing: ArchiveClearing) throws(FileError) -> Int {
    let cost = try clearing.step()
    if clearing.isThrough {
      cleared.append(clearing.unit)
      self.clearing = nil
    }
    return cost
  }

  private func remove(_ unit: Name, _ turn: Turn) {
    guard let entry = turn.state.packed[unit], entry.phase == .kept else { return }
    turn.record(.expired(unit, at: turn.date))
    recorded.append(unit)
  }

  private func write(_ writer: ArchiveWriter, _ turn: Turn) throws(FileError) -> Int {
    // A person may have retried it meanwhile.
    guard turn.state.end(ofUnit: writer.unit) == writer.ended else {
      self.writer = nil
      return 0
    }
    let cost = try writer.step(turn)
    if writer.isThrough {
      turn.record(.packed(writer.unit, at: turn.date))
      turn.say("packed \(writer.unit) into \(spool.path(of: .archive(writer.unit)))")
      recorded.append(writer.unit)
      turn.placement.remove(task: writer.unit)
      self.writer = nil
    }
    return cost
  }

  /// Makes the removals durable, and then records them.
  private func noteCleared(_ turn: Turn) {
    guard !cleared.isEmpty else { return }
    let names = cleared
    cleared = []
    let hasRemoved = names.contains { turn.state.packed[$0]?.phase == .removing }
    let hasDatasets = names.contains { turn.state.packed[$0]?.datasets.isEmpty == false }
    let isDurable = attempt(names[0], turn) { () throws(FileError) in
      try spool.syncKept(hasRemoved: hasRemoved, hasDatasets: hasDatasets)
      return 1
    }
    guard isDurable != nil else { return }
    for name in names {
      if turn.state.packed[name]?.phase == .removing {
        turn.say("removed all of \(name)")
        ends[name] = nil
      }
      turn.record(.cleared(name))
    }
  }
}
