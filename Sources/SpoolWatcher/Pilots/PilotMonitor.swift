internal import SpoolModel
internal import SpoolStore

/// Reads heartbeats, and decides that a pilot is dead (R5). In come pilots' directories; out go the living
/// pilots with their slots, and the claims of dead ones, which become results of the cause `lost`.
final class PilotMonitor: Stage {
  /// A pilot as this watcher has seen it, on its own monotonic clock.
  private struct Seen {
    var record: PilotRecord?
    var counter = -1
    /// When the counter was last seen to change, and the reads that succeeded since then.
    var changed: Instant
    var reads: [Instant] = []
    var lastRead = Instant.distantPast
    /// Whether it was found dead; a directory with something of nobody's in it stays.
    var isBuried = false
    /// How many jobs were taken back from it.
    var taken = 0
    var isTold = false
  }

  private let spool: Spool
  private let turn: Turn
  private let quarantines: QuarantineFiles
  /// Whether a process of this host is gone; nil where that cannot be known from here.
  private let isGone: (JSON) -> Bool?
  private let notify: (Notice) -> Void
  private var seen: [PilotName: Seen] = [:]
  private var lastLook: Instant?
  /// Time between two reads of the directory.
  var interval: Duration {
    max(.milliseconds(200), min(.seconds(1), spool.config.heartbeat / 2))
  }

  init(
    _ spool: Spool, _ turn: Turn, quarantines: QuarantineFiles, isGone: @escaping (JSON) -> Bool?,
    notify: @escaping (Notice) -> Void
  ) {
    self.spool = spool
    self.turn = turn
    self.quarantines = quarantines
    self.isGone = isGone
    self.notify = notify
  }

  /// The living pilots, by name. One that was just set aside may not have said so yet.
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

  func isAlive(_ pilot: PilotName) -> Bool { seen[pilot]?.isBuried == false }

  /// The other living pilots that take jobs of a shape.
  func others(than pilot: PilotName, for shape: Shape) -> [PilotRecord] {
    living.filter { $0.pilot != pilot && $0.slots(for: shape) > 0 }
  }

  /// How many jobs of a shape all pilots together could run at once.
  func slots(for shape: Shape) -> Int {
    seen.values.reduce(0) { $0 + ($1.isBuried ? 0 : $1.record?.slots(for: shape) ?? 0) }
  }

  var nextDue: Instant? { (lastLook ?? .distantPast) + interval }

  /// Reads the heartbeats that are due, and takes the claims of the dead. Returns whether any
  /// pilot came or went. With `force` they are read whether due or not.
  func look(force: Bool = false) throws -> Bool {
    let now = turn.now
    if let last = lastLook, now - last < interval, !force { return false }
    // A pause of our own tells nothing about pilots: the count starts anew.
    if let last = lastLook,
      now - last > max(interval * 5, spool.config.deadAfter / 4)
    {
      for name in seen.keys { restart(name, now) }
    }
    lastLook = now
    let names = Set(try spool.running(fresh: true).pilots)
    var hasChanged = false
    for name in seen.keys where !names.contains(name) {
      forget(name)
      hasChanged = true
    }
    for name in names.sorted() {
      if seen[name] == nil { hasChanged = true }
      read(name, now)
      guard let verdict = verdict(name, now) else { continue }
      if seen[name]?.isBuried == false { turn.say("pilot \(name) is dead: \(verdict)") }
      try bury(name, verdict)
      hasChanged = true
    }
    return hasChanged
  }

  private func forget(_ name: PilotName) {
    seen[name] = nil
    turn.emit(.pilotGone(name))
  }

  private func restart(_ name: PilotName, _ now: Instant) {
    seen[name]?.changed = now
    seen[name]?.reads = []
  }

  private func read(_ name: PilotName, _ now: Instant) {
    var pilot = seen[name] ?? Seen(changed: now)
    let isDue =
      now - pilot.lastRead >= spool.config.heartbeat / 2 || pilot.record == nil
    guard isDue else { return }
    pilot.lastRead = now
    if let record = spool.heartbeat(of: name), record.pilot == name {
      if record.counter != pilot.counter {
        pilot.changed = now
        pilot.reads = []
      }
      pilot.counter = record.counter
      pilot.record = record
      // Enough to see that reads were spread over the silence, however long that is.
      if now - (pilot.reads.last ?? .distantPast) >= spool.config.deadAfter / 12
        || pilot.reads.isEmpty
      {
        pilot.reads.append(now)
      }
    }
    seen[name] = pilot
  }

  /// Why a pilot is dead, or nil.
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

  /// Takes a dead pilot's claims, and its directory.
  private func bury(_ name: PilotName, _ verdict: String) throws {
    try turn.checkLease()
    do throws(FileError) {
      var taken = 0
      for job in try spool.claims(of: name) ?? [] {
        if try spool.take(job, from: name, as: .lost) { taken += 1 }
      }
      if taken > 0 { turn.say("took \(taken) jobs back from \(name)") }
      seen[name]?.taken += taken
      // What it claimed between our listing and now is found at the next look.
      let isGone = try spool.unregister(name)
      tell(name, verdict)
      if isGone { forget(name) }
    } catch {
      // One directory that refuses holds no other pilot up.
      turn.note(error, "\(name)'s directory")
    }
    seen[name]?.isBuried = true
  }

  /// Once its heartbeat is removed, without which no later watcher would tell of it again.
  private func tell(_ name: PilotName, _ verdict: String) {
    guard let pilot = seen[name], let record = pilot.record, !pilot.isTold else { return }
    seen[name]?.isTold = true
    notify(
      Notice(
        pilotLost: name, host: record.host, reason: verdict, jobs: pilot.taken,
        spool: spool.layout.root, at: turn.date))
  }

  /// Takes claims of tasks that have ended, or are not known any more, and of attempts that were
  /// superseded (R5).
  func takeStale() throws {
    try turn.checkLeaseOnce()
    // All that are there, not only those seen so far: a pilot may be younger than the last look.
    for name in try spool.running(fresh: true).pilots {
      for job in try spool.claims(of: name) ?? [] {
        let current = turn.state.job(job.job)
        if current?.attempt == job.attempt || isOnItsWay(job, current) { continue }
        _ = try spool.take(job, from: name, as: .cancelled)
      }
    }
  }

  private func isOnItsWay(_ job: JobName, _ current: JobEntry?) -> Bool {
    guard let current else { return false }
    return current.attempt < job.attempt
  }

  /// The claims of all pilots, for an audit.
  func allClaims() throws(FileError) -> [JobName] {
    var claims: [JobName] = []
    for name in try spool.running(fresh: true).pilots {
      claims += try spool.claims(of: name) ?? []
    }
    return claims
  }
}
