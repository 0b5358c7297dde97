import CSpoolSystem
import Glibc
public import SpoolStore

/// The runner of payloads as processes of this machine.
///
/// In: payloads. Out: their ends. The rules that it keeps:
///
/// 1. Each payload is a session of its own, and nothing of it is left when it is reported. The
///    process that makes a runner becomes a subreaper, so it adopts whatever a payload leaves
///    behind, daemons included, knows it again by a mark, and kills it.
/// 2. A payload that is over its wall time or its memory, or stuck, is ended (R10).
/// 3. The runner waits for its own processes and for those orphans only, so others in this process
///    may spawn and wait for what is theirs.
/// 4. When the pilot dies, a ``Guardian`` does the killing. One that somebody has killed is replaced.
/// 5. When memory is short, the kernel is to kill payloads, not the pilot.
///
/// All calls come from one thread, and payloads die with that thread.
public final class ProcessRunner: PayloadRunner {
  let mark = PayloadMark()
  private(set) var guardian: Guardian
  let orphanWatch: OrphanWatch
  var payloads: [RunningPayload] = []
  /// Monotonic nanoseconds of the last reading of the process table.
  var lastSweep: UInt64 = 0
  var oomWatch = OOMWatch()
  private var lastSerial: UInt32 = 0
  private var descriptors: [Int32] = []
  private var ready: [UInt8] = []

  /// The time between TERM and KILL for a payload that is over a limit.
  static let limitGrace = Duration.seconds(2)

  /// The preference of the kernel's OOM killer for payloads, of 0 to 1000. The pilot's is 0 as a rule.
  static let oomScore: Int32 = 500

  /// The file mode creation mask of payloads.
  private let umask: UInt32

  /// Makes this process a subreaper, and starts the guardian. Fails where no process can be made, or
  /// the kernel knows no subreapers. `umask` is the file mode creation mask of payloads.
  public init(umask: UInt32 = 0o022) throws(SpawnError) {
    self.umask = umask
    let error = spool_become_subreaper()
    if error != 0 { throw SpawnError(program: "subreaper", code: error) }
    guardian = try Guardian(mark)
    orphanWatch = OrphanWatch(mark: mark)
  }

  deinit { shutdown() }

  /// The number of payloads that run, or have ended and are not yet reported.
  public var count: Int { payloads.count }

  /// Starts a payload as ``PayloadRunner/start(_:)`` says.
  public func start(_ payload: Payload) throws(SpawnError) {
    lastSerial &+= 1
    renewGuardian()
    let now = spool_now()
    let (pid, descriptor) = try PayloadSpawn.start(
      payload, mark: mark, serial: lastSerial, umask: umask)
    _ = spool_set_oom_score(pid, Self.oomScore)
    payloads.append(
      RunningPayload(payload, serial: lastSerial, leader: pid, descriptor: descriptor, now: now))
  }

  /// Starts another guardian if somebody has killed it; where that cannot be done, at the next call.
  func renewGuardian() {
    guard guardian.isGone, let other = try? Guardian(mark) else { return }
    guardian = other
  }

  /// Asks a payload to end as ``PayloadRunner/end(_:grace:)`` says.
  public func end(_ id: Int, grace: Duration) {
    guard let index = payloads.firstIndex(where: { $0.id == id }) else { return }
    terminate(index, .ended, grace: grace)
  }

  /// Reaps, enforces limits, and returns what ended, as ``PayloadRunner/poll()`` says.
  public func poll() -> [PayloadEnd] {
    if payloads.isEmpty { return [] }
    let now = spool_now()
    let ended = reapLeaders()
    let sweeps = isSweepDue(now)
    // What ended may have left orphans; else they are looked at with the rest, so that the dead
    // among a long payload's orphans do not pile up.
    let orphans = ended || sweeps ? adopt() : [:]
    if sweeps { sweep(now, orphans) }
    enforce(now)
    return ended ? finish(now, orphans) : []
  }

  /// Sleeps until a payload ends, `waker` is woken, `poll` is due for the payloads' limits, or
  /// `deadline` (``Waker/now()``) has come.
  public func wait(until deadline: UInt64, waker: Waker) {
    descriptors.removeAll(keepingCapacity: true)
    descriptors.append(waker.descriptor)
    for payload in payloads where payload.descriptor >= 0 { descriptors.append(payload.descriptor) }
    if look(until: min(deadline, nextLook(spool_now()))) > 0, ready[0] != 0 { waker.drain() }
  }

  /// Kills whatever still runs, and lets the guardian go. Blocks, for a second at the most where
  /// processes cannot die. No payload can be started afterwards.
  public func shutdown() {
    for index in payloads.indices { terminate(index, .ended, grace: .zero) }
    guardian.dismiss()
    let deadline = spool_now() + 1_000_000_000
    while !poll().isEmpty || (!payloads.isEmpty && spool_now() < deadline) { usleep(500) }
    for payload in payloads where payload.descriptor >= 0 { close(payload.descriptor) }
    payloads = []
  }

  private func look(until deadline: UInt64) -> Int32 {
    while ready.count < descriptors.count { ready.append(0) }
    return spool_wait_readable(&descriptors, &ready, UInt32(descriptors.count), deadline)
  }

  /// Waits for the payloads' first processes that have ended. Returns whether any has, now or before.
  private func reapLeaders() -> Bool {
    descriptors.removeAll(keepingCapacity: true)
    for payload in payloads { descriptors.append(payload.descriptor) }
    _ = look(until: 0)
    var ended = false
    for index in payloads.indices {
      if payloads[index].status == nil, ready[index] != 0 || payloads[index].descriptor < 0 {
        reapLeader(&payloads[index])
      }
      if payloads[index].status != nil { ended = true }
    }
    return ended
  }

  private func reapLeader(_ payload: inout RunningPayload) {
    var exit = spool_exit()
    switch spool_reap(payload.leader, &exit) {
    case 0: return
    case 1: payload.status = exit.signal == 0 ? .exited(exit.code) : .signalled(exit.signal)
    // Somebody waited for all children: how it ended is not known any more.
    default: payload.status = .signalled(SIGKILL)
    }
    payload.add(exit)
    if payload.descriptor >= 0 { close(payload.descriptor) }
    payload.descriptor = -1
  }
}
