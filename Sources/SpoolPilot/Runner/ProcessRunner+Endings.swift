import CSpoolSystem
import Glibc

/// The end of payloads, and the limits that are enforced while they run (R10).
extension ProcessRunner {
  /// Nanoseconds between two readings of the process table.
  static let sweepInterval: UInt64 = 500_000_000
  /// The age of a payload at its first reading, in nanoseconds: most are gone by then.
  static let sweepAge: UInt64 = 200_000_000

  private var leaders: [pid_t: UInt32] {
    Dictionary(payloads.map { ($0.leader, $0.serial) }, uniquingKeysWith: { _, later in later })
  }

  /// Waits for the dead among the orphans, and kills what a payload that is already reported has
  /// left. Returns the living, by payload.
  func adopt() -> [UInt32: [pid_t]] {
    // The children of one that died after the list was read are not in it: it is read again until
    // nobody had died. Not for ever: what dies faster than that counts as living.
    for _ in 0..<100 {
      let (living, dead) = adoptOnce()
      if dead.isEmpty { return living }
    }
    let (living, dead) = adoptOnce()
    return living.merging(dead) { $0 + $1 }
  }

  private func adoptOnce() -> (living: [UInt32: [pid_t]], dead: [UInt32: [pid_t]]) {
    var living: [UInt32: [pid_t]] = [:]
    var dead: [UInt32: [pid_t]] = [:]
    for (pid, serial) in orphanWatch.findOrphans(leaders: leaders, besides: guardian.pid) {
      let index = payloads.firstIndex { $0.serial == serial }
      // How its payload's first process is, is not known yet.
      if index == nil, isStarting(serial) {
        living[serial, default: []].append(pid)
        continue
      }
      var exit = spool_exit()
      if spool_reap(pid, &exit) != 0 {
        dead[serial, default: []].append(pid)
        if let index { payloads[index].add(exit) }
      } else if index != nil {
        living[serial, default: []].append(pid)
      } else {
        kill(pid, SIGKILL)
      }
    }
    return (living, dead)
  }

  /// Removes the payloads of which nothing is left, and returns their ends. Of others that have ended
  /// it kills the rest.
  func finish(_ now: UInt64, _ orphans: [UInt32: [pid_t]]) -> [PayloadEnd] {
    var ends: [PayloadEnd] = []
    var held: Set<UInt32> = []
    let ownPeak = spool_own_peak()
    for index in payloads.indices {
      let payload = payloads[index]
      guard let status = payload.status else { continue }
      guard orphans[payload.serial] == nil else {
        if now >= payload.killAt ?? 0 { killAll(index, now) }
        continue
      }
      guard isRemoved(index) else {
        held.insert(payload.serial)
        continue
      }
      let reason = reason(index, status)
      ends.append(
        PayloadEnd(
          id: payload.id, status: status, reason: reason, cpu: payload.cpu,
          memory: payloads[index].peak(ownPeak: ownPeak)))
      if let group = payloads[index].group { groups?.release(group) }
    }
    payloads.removeAll {
      $0.status != nil && orphans[$0.serial] == nil && !held.contains($0.serial)
    }
    // One whose payload was not known is killed with the last that it can belong to.
    if !ends.isEmpty, orphanWatch.hasNameless { _ = adopt() }
    return ends
  }

  /// Returns true once nothing is left of a payload's container. One that was killed, by whomever, is
  /// removed by its name: its daemon, or a record of it, does not know of its end.
  private func isRemoved(_ index: Int) -> Bool {
    guard let container = payloads[index].container else { return true }
    if case .signalled = payloads[index].status { payloads[index].isKilled = true }
    guard payloads[index].isKilled else { return true }
    if !payloads[index].isRemovalAsked {
      payloads[index].isRemovalAsked = true
      remover.remove(container, of: payloads[index].serial)
    }
    return remover.isDone(payloads[index].serial)
  }

  /// Returns the reason for the end of a payload. KILL may have come from the kernel, to its first
  /// process or to another, of which a shell tells by its exit code.
  private func reason(_ index: Int, _ status: PayloadEnd.Status) -> PayloadEnd.Reason {
    let payload = payloads[index]
    guard payload.reason == .itself,
      status == .signalled(SIGKILL) || status == .exited(128 + SIGKILL)
    else { return payload.reason }
    guard let groups, var group = payload.group else {
      return oomWatch.noteKill() ? .outOfMemory : .itself
    }
    defer { payloads[index].group = group }
    switch groups.noteKill(in: &group) {
    case .ownLimit:
      // It was there, however short of that the last sample is.
      payloads[index].sampledPeak = max(payload.sampledPeak, payload.memoryLimit)
      return .memory
    case .shortage: return .outOfMemory
    case .none: return .itself
    }
  }

  /// Sends TERM to all processes of a payload, and KILL after `grace`.
  func terminate(_ index: Int, _ reason: PayloadEnd.Reason, grace: Duration) {
    let now = spool_now()
    let isFirst = payloads[index].isOnItsOwn
    if isFirst, payloads[index].status == nil { payloads[index].reason = reason }
    if grace <= .zero { return killAll(index, now) }
    let killAt = now + grace.nanoseconds
    payloads[index].killAt = min(killAt, payloads[index].killAt ?? .max)
    if isFirst {
      signalAll(index, SIGTERM)
      // One that is stopped would not hear it.
      signalAll(index, SIGCONT)
    }
  }

  /// Sends a payload its own signal, and lets TERM follow after `grace`. Without one it gets TERM.
  func askToStop(_ index: Int, grace: Duration) {
    guard payloads[index].stopSignal != nil else { return terminate(index, .ended, grace: grace) }
    guard payloads[index].status == nil, payloads[index].killAt == nil else { return }
    let now = spool_now()
    warn(index, now)
    payloads[index].reason = .stopped
    let termAt = max(now, (payloads[index].warned ?? now) + grace.nanoseconds)
    payloads[index].termAt = min(termAt, payloads[index].termAt ?? .max)
  }

  /// Sends a payload's own signal to its process group, once. While the leader is not waited for, its
  /// number is nobody else's.
  private func warn(_ index: Int, _ now: UInt64) {
    guard payloads[index].warned == nil, let signal = payloads[index].stopSignal else { return }
    payloads[index].warned = now
    kill(-payloads[index].leader, signal)
  }

  /// Sends KILL to all processes of a payload. What they forked meanwhile dies in the next round.
  func killAll(_ index: Int, _ now: UInt64) {
    if let group = payloads[index].group { groups?.kill(group) }
    signalAll(index, SIGKILL)
    payloads[index].isKilled = true
    payloads[index].killAt = now + (payloads[index].status == nil ? 100_000_000 : 1_000_000)
  }

  private func signalAll(_ index: Int, _ signal: Int32) {
    let payload = payloads[index]
    // The group at once, in case there is no /proc; while the leader is not waited for, its number
    // is nobody else's. Nobody gets the signal twice: many programs are prepared for one.
    let table = ProcessTable.read()
    let isGroupTold = payload.status == nil && kill(-payload.leader, signal) == 0
    for (pid, serial) in owners(table, adopt()) where serial == payload.serial {
      guard let row = table.rows[pid], !row.isZombie else { continue }
      if signal != SIGKILL, isGroupTold, row.group == payload.leader { continue }
      kill(pid, signal)
    }
  }

  private func owners(_ table: ProcessTable, _ orphans: [UInt32: [pid_t]]) -> [pid_t: UInt32] {
    var roots: [pid_t: UInt32] = [:]
    for payload in payloads where payload.status == nil { roots[payload.leader] = payload.serial }
    for (serial, pids) in orphans { for pid in pids { roots[pid] = serial } }
    return table.owners(roots: roots)
  }

  /// Ends payloads that are over their wall time, and sends the KILLs that are due.
  func enforce(_ now: UInt64) {
    for index in payloads.indices where payloads[index].status == nil {
      let payload = payloads[index]
      if let killAt = payload.killAt {
        if now >= killAt { killAll(index, now) }
      } else if now >= payload.wallEnd {
        terminate(index, .wall, grace: Self.limitGrace)
      } else if let termAt = payload.termAt, now >= termAt {
        terminate(index, .ended, grace: Self.limitGrace)
      } else if now >= payload.warnAt {
        warn(index, now)
      }
    }
  }

  /// Returns whether the process table is to be read.
  func isSweepDue(_ now: UInt64) -> Bool { nextSweep.map { now >= $0 } ?? false }

  /// The moment at which the process table is to be read; nil: never. The payloads are in the order
  /// of their starts.
  private var nextSweep: UInt64? {
    payloads.first.map { max($0.started + Self.sweepAge, lastSweep + Self.sweepInterval) }
  }

  /// Sums up what the payloads use, ends those over a limit, and keeps their outputs small.
  func sweep(_ now: UInt64, _ orphans: [UInt32: [pid_t]]) {
    lastSweep = now
    orphanWatch.forget()
    renewGuardian(now)
    oomWatch.look()
    let table = ProcessTable.read()
    var rows: [UInt32: [(pid: pid_t, row: ProcessTable.Row)]] = [:]
    for (pid, serial) in owners(table, orphans) {
      guard let row = table.rows[pid] else { continue }
      rows[serial, default: []].append((pid, row))
    }
    for index in payloads.indices where payloads[index].started + Self.sweepAge <= now {
      judge(index, rows[payloads[index].serial] ?? [], now)
    }
  }

  private func judge(_ index: Int, _ rows: [(pid: pid_t, row: ProcessTable.Row)], _ now: UInt64) {
    let resident = rows.reduce(0) { $0 + $1.row.resident }
    let memory = payloads[index].gauge.measure(
      resident: resident, of: rows.lazy.map(\.pid), peak: payloads[index].sampledPeak, at: now)
    payloads[index].sampledPeak = max(payloads[index].sampledPeak, memory)
    let cpu = rows.reduce(0) { $0 + $1.row.cpu }
    let signs = Liveness.Signs(cpu: cpu, printed: payloads[index].freeOutputs())
    let isStuck = payloads[index].liveness.look(signs, at: now)
    guard payloads[index].isOnItsOwn else { return }
    if memory > payloads[index].memoryLimit {
      terminate(index, .memory, grace: Self.limitGrace)
    } else if isStuck {
      terminate(index, .stuck, grace: Self.limitGrace)
    }
  }

  /// Returns when `poll` has something to do even if no payload ends.
  func nextLook(_ now: UInt64) -> UInt64 {
    var next = nextSweep ?? .max
    if !starting.isEmpty { next = min(next, now + Self.startLook) }
    for payload in payloads {
      next = min(next, payload.nextDue)
      // Orphans that are on their way out, or no descriptor to wait on.
      if payload.status != nil || payload.descriptor < 0 { next = min(next, now + 2_000_000) }
    }
    return next
  }
}
