internal import SpoolModel
internal import SpoolStore

/// Reads heartbeats, and decides that a pilot is dead (R5). In come pilots' directories. Out go the
/// living pilots with their slots, and the claims of dead pilots, which become results of the cause
/// `lost`.
final class PilotMonitor: Stage {
  /// A pilot as this watcher sees it, on its own monotonic clock.
  private struct Seen {
    var record: PilotRecord?
    var counter = -1
    /// The time at which the counter last changed.
    var changed: Instant
    /// The times of successful reads since the counter last changed.
    var reads: [Instant] = []
    var lastRead = Instant.distantPast
    /// True once the pilot was found dead. Its directory stays while it holds foreign files, or while
    /// it cannot be cleared.
    var isBuried = false
    /// The number of jobs that the watcher took back from it.
    var taken = 0
    /// True once a notice told of its death.
    var isTold = false

    /// Notes a successful read. So many are enough to see that they were spread over the silence,
    /// however long it is.
    mutating func noteRead(_ now: Instant, _ config: SpoolConfig) {
      if reads.isEmpty || now - (reads.last ?? .distantPast) >= config.deadAfter / 12 {
        reads.append(now)
      }
    }
  }

  private let spool: Spool
  private let quarantines: QuarantineFiles
  /// Returns true if a process of this host is gone; nil if that cannot be known from here.
  private let isGone: (JSON) -> Bool?
  private let notify: (Notice) -> Void
  private var seen: [PilotName: Seen] = [:]
  private var lastLook: Instant?
  /// The last pilot whose heartbeat was read, while there was no time for the others.
  private var lastRead: PilotName?
  /// True if the last look left dead pilots for the next turn.
  private var hasDead = false
  /// True if claims are to be looked through for stale ones.
  private var isStale = false
  /// Pilots whose claims are yet to be looked through, the next one last.
  private var unsifted: [PilotName] = []
  /// The time between two looks at `running/`.
  var interval: Duration {
    max(.milliseconds(200), min(.seconds(1), spool.config.heartbeat / 2))
  }

  init(
    _ spool: Spool, quarantines: QuarantineFiles, isGone: @escaping (JSON) -> Bool?,
    notify: @escaping (Notice) -> Void
  ) {
    self.spool = spool
    self.quarantines = quarantines
    self.isGone = isGone
    self.notify = notify
  }

  /// The living pilots, by name. A pilot that this watcher has put into quarantine counts as
  /// quarantined, even before it says so.
  var living: [PilotRecord] {
    seen.values.filter { !$0.isBuried }.compactMap(\.record).map(current)
      .sorted { $0.pilot < $1.pilot }
  }

  private func current(_ record: PilotRecord) -> PilotRecord {
    guard let reason = quarantines.reason(of: record.pilot) else { return record }
    var record = record
    if record.state == .active { record.state = .quarantined }
    record.reason = reason
    return record
  }

  /// Returns true if a pilot has a directory and was not found dead.
  func isAlive(_ pilot: PilotName) -> Bool { seen[pilot]?.isBuried == false }

  /// Returns the other living pilots that take jobs of a shape.
  func others(than pilot: PilotName, for shape: Shape) -> [PilotRecord] {
    living.filter { $0.pilot != pilot && $0.slots(for: shape) > 0 }
  }

  /// Returns the most bytes of memory that a living pilot has for jobs of a shape, whatever memory
  /// that says; nil if there is no such pilot.
  func mostMemory(for shape: Shape) -> Int? {
    var shape = shape
    shape.memory = 0
    return living.filter { $0.capacity(for: shape) > 0 }.map(\.memory).max()
  }

  /// Returns the number of jobs of a shape that all living pilots together could run at once.
  func slots(for shape: Shape) -> Int {
    seen.values.reduce(0) { $0 + ($1.isBuried ? 0 : $1.record?.slots(for: shape) ?? 0) }
  }

  /// True if all living pilots look for jobs in lanes too.
  var allUseLanes: Bool {
    seen.values.allSatisfy { $0.isBuried || $0.record?.usesLanes ?? true }
  }

  func nextDue(_ turn: Turn) -> Instant? {
    hasMore || isStale || !unsifted.isEmpty ? .distantPast : (lastLook ?? .distantPast) + interval
  }

  /// True if the last look had no time for all pilots.
  private var hasMore: Bool { lastRead != nil || hasDead }

  /// Reads the heartbeats that are due, and takes the claims of dead pilots. Returns true if any
  /// pilot came or went. With `force` it looks even if no look is due.
  func look(force: Bool = false, _ turn: Turn) throws -> Bool {
    let now = turn.now
    if let last = lastLook, now - last < interval, !force, !hasMore { return false }
    // After a pause of the watcher's own the count begins again, because silence then tells nothing
    // about pilots.
    if let last = lastLook,
      now - last > max(interval * 5, spool.config.deadAfter / 4)
    {
      for name in seen.keys { restart(name, now) }
    }
    lastLook = now
    let names = Set(try spool.running(fresh: true).pilots)
    var hasChanged = false
    for name in seen.keys where !names.contains(name) {
      stopTracking(name, turn)
      hasChanged = true
    }
    if names.contains(where: { seen[$0] == nil }) { hasChanged = true }
    let sorted = names.sorted()
    read(sorted, turn)
    return try buryDead(sorted, turn) || hasChanged
  }

  /// Takes the claims of pilots that are dead, as many as the turn has time for. Returns true if
  /// there were any.
  private func buryDead(_ names: [PilotName], _ turn: Turn) throws -> Bool {
    let budget = turn.budget()
    let now = turn.now
    var hasBuried = false
    hasDead = false
    for name in names {
      guard let verdict = verdict(name, now) else { continue }
      if hasBuried, budget.isOver {
        hasDead = true
        break
      }
      if seen[name]?.isBuried == false { turn.say("pilot \(name) is dead: \(verdict)") }
      try bury(name, verdict, turn)
      hasBuried = true
    }
    return hasBuried
  }

  /// Stops tracking a pilot whose directory is gone.
  private func stopTracking(_ name: PilotName, _ turn: Turn) {
    seen[name] = nil
    turn.emit(.pilotGone(name))
  }

  private func restart(_ name: PilotName, _ now: Instant) {
    seen[name]?.changed = now
    seen[name]?.reads = []
  }

  /// Reads the heartbeats that are due, as many as the turn has time for.
  private func read(_ names: [PilotName], _ turn: Turn) {
    let begun = turn.now
    let spool = spool
    let due = names.rotated(after: lastRead).filter { name in
      guard let pilot = seen[name] else { return true }
      return begun - pilot.lastRead >= spool.config.heartbeat / 2 || pilot.record == nil
    }
    let budget = turn.budget()
    let heartbeats = spool.each(due, until: { _ in budget.isOver }) {
      spool.look(atHeartbeatOf: $0)
    }
    lastRead = heartbeats.count < due.count ? due[heartbeats.count - 1] : nil
    for (name, heartbeat) in zip(due, heartbeats) { note(heartbeat, of: name, turn.now) }
  }

  /// Notes a look at a pilot's heartbeat.
  private func note(_ heartbeat: Spool.Heartbeat, of name: PilotName, _ now: Instant) {
    var pilot = seen[name] ?? Seen(changed: now)
    pilot.lastRead = now
    switch heartbeat {
    case .read(let record):
      if record.counter != pilot.counter {
        pilot.changed = now
        pilot.reads = []
        // Its claims could not be taken from it, and it beats again.
        pilot.isBuried = false
      }
      pilot.counter = record.counter
      pilot.record = record
      pilot.noteRead(now, spool.config)
    // A living pilot writes over it, and a dead one does not.
    case .damaged: pilot.noteRead(now, spool.config)
    case .unreadable: break
    }
    seen[name] = pilot
  }

  /// Returns the reason if a pilot is dead; else nil. A silent pilot is dead only if the watcher
  /// could read its heartbeat in each third of the silence (R5).
  private func verdict(_ name: PilotName, _ now: Instant) -> String? {
    guard let pilot = seen[name] else { return nil }
    if let record = pilot.record, isGone(record.process) == true { return "its process is gone" }
    let silence = now - pilot.changed
    guard silence >= spool.config.deadAfter else { return nil }
    if pilot.record != nil {
      let third = silence / 3
      let isSpread = (0..<3).allSatisfy { part in
        pilot.reads.contains { read in
          let age = read - pilot.changed
          return age >= third * part && age <= third * (part + 1)
        }
      }
      guard pilot.reads.count >= 3, isSpread else { return nil }
    }
    return "no heartbeat for \(Units.text(silence))"
  }

  /// Takes a dead pilot's claims, and removes its directory.
  private func bury(_ name: PilotName, _ verdict: String, _ turn: Turn) throws {
    try turn.checkLease()
    do throws(FileError) {
      var taken = 0
      for job in try spool.claims(of: name) ?? [] {
        if try spool.take(job, from: name, as: .lost) { taken += 1 }
      }
      if taken > 0 { turn.say("took \(taken) jobs back from \(name)") }
      seen[name]?.taken += taken
      // The next look finds a claim that the pilot made after our listing.
      let isGone = try spool.unregister(name)
      tell(name, verdict, turn)
      if isGone { stopTracking(name, turn) }
    } catch {
      // A directory that cannot be cleared must not hold up other pilots.
      turn.note(error, "\(name)'s directory")
    }
    seen[name]?.isBuried = true
  }

  /// Sends the notice of a pilot's death, once its heartbeat is removed. Without a heartbeat no
  /// later watcher sends it again.
  private func tell(_ name: PilotName, _ verdict: String, _ turn: Turn) {
    guard let pilot = seen[name], let record = pilot.record, !pilot.isTold else { return }
    seen[name]?.isTold = true
    notify(
      Notice(
        pilotLost: name, host: record.host, reason: verdict, jobs: pilot.taken,
        spool: spool.layout.root, at: turn.date))
  }

  /// Notes that claims may be stale. ``takeStale(_:)`` looks through those of all pilots.
  func noteStale() { isStale = true }

  /// Takes claims of tasks that have ended or are no longer known, and of superseded attempts
  /// (R4, R6), if any may be there: pilot by pilot, as many as the turn has time for. The records
  /// from which that follows are committed.
  func takeStale(_ turn: Turn) throws {
    guard isStale || !unsifted.isEmpty else { return }
    try turn.checkLeaseOnce()
    if isStale {
      // This includes pilots that came after the last look.
      unsifted = try spool.running(fresh: true).pilots.sorted().reversed()
      isStale = false
    }
    let budget = turn.budget()
    while let name = unsifted.last {
      for job in try spool.claims(of: name) ?? [] {
        let current = turn.state.job(job.job)
        if current?.attempt == job.attempt || isOnItsWay(job, current) { continue }
        _ = try spool.take(job, from: name, as: .cancelled)
      }
      unsifted.removeLast()
      if budget.isOver { break }
    }
  }

  /// Returns true if a claim is of a later attempt than the state knows.
  private func isOnItsWay(_ job: JobName, _ current: JobEntry?) -> Bool {
    guard let current else { return false }
    return current.attempt < job.attempt
  }

  /// Returns the claims of all pilots, for a scan.
  func allClaims(_ turn: Turn) throws(FileError) -> [JobName] {
    var claims: [JobName] = []
    for name in try spool.running(fresh: true).pilots { claims += try self.claims(of: name, turn) }
    return claims
  }

  /// Returns the claims of a pilot, for a scan or an audit. An event tells of an order to keep room
  /// that lies beside them.
  func claims(of name: PilotName, _ turn: Turn) throws(FileError) -> [JobName] {
    guard let directory = try spool.directory(of: name) else { return [] }
    if directory.hasReserve { turn.emit(.reserveSeen(name)) }
    return directory.claims
  }
}
