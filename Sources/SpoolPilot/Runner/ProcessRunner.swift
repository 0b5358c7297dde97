import CSpoolSystem
import Glibc
public import SpoolStore

/// The runner of payloads as processes of this machine.
///
/// In: payloads. Out: their starts and ends. The rules that it keeps:
///
/// 1. Each payload is a session of its own, and nothing of it is left when it is reported. The
///    process that makes a runner becomes a subreaper, so it adopts whatever a payload leaves
///    behind, daemons included, knows it again by a mark, and kills it.
/// 2. A payload that is over its wall time or its memory, or stuck, is ended (R10).
/// 3. The runner waits for its own processes and for those orphans only, so others in this process
///    may spawn and wait for what is theirs.
/// 4. When the pilot dies, a ``Guardian`` does the killing. One that somebody has killed is replaced.
/// 5. When memory is short, the kernel is to kill payloads, not the pilot.
/// 6. Where it has ``PayloadCgroups``, the kernel keeps payloads to their memory; else, and besides, it
///    measures. A container's runtime sees to that itself.
///
/// All calls come from one thread. Another one, the ``PayloadSpawner``'s, makes the processes of which
/// ``LocalPrograms`` does not know that their starts take no time, so that a program on a filesystem
/// that hangs holds up no other payload's end.
public final class ProcessRunner: PayloadRunner {
  let mark = PayloadMark()
  private(set) var guardian: Guardian
  let orphanWatch: OrphanWatch
  var payloads: [RunningPayload] = []
  /// The payloads that were handed to the spawner, by their ids, until its answers are taken.
  private(set) var starting: [Int: Starting] = [:]
  /// Monotonic nanoseconds of the last reading of the process table.
  var lastSweep: UInt64 = 0
  private var starts: [PayloadStart] = []
  private let spawner: PayloadSpawner
  private let umask: UInt32
  private var localPrograms = LocalPrograms()
  /// The set of descriptors that ``wait(until:waker:)`` sleeps on: see ``PayloadSpawner``.
  private let set: Int32
  var oomWatch = OOMWatch()
  let groups: PayloadCgroups?
  let remover = ContainerRemover()
  private var hasClearedRemains = false
  private var lastSerial: UInt32 = 0
  /// The moment at which it is due to look whether the guardian lives.
  private var guardianLook: UInt64 = 0
  private var descriptors: [Int32] = []
  private var ready: [UInt8] = []

  /// The time between TERM and KILL for a payload that is over a limit.
  static let limitGrace = Duration.seconds(2)

  /// The time that the processes of a container's runtime have to end after its first one, in nanoseconds.
  static let remainsGrace: UInt64 = 3_000_000_000

  /// The longest sleep while a payload is being started: its limits are known when its start is.
  static let startLook: UInt64 = 100_000_000

  /// A payload that is being started.
  struct Starting {
    var serial: UInt32
    /// The grace of an end that was asked for meanwhile.
    var grace: Duration?
    /// True if it is to end as its ``Payload/stop`` says.
    var isStop = false
  }

  /// Makes this process a subreaper, and starts the guardian. Fails where no process can be made, or
  /// the kernel knows no subreapers. `umask` is the file mode creation mask of payloads. With
  /// `ownsGroup` payloads get control groups of their own, where this process may make them; it moves
  /// to another one itself.
  public init(umask: UInt32 = 0o022, ownsGroup: Bool = false) throws(SpawnError) {
    // The guardian goes where this process is.
    groups = ownsGroup ? PayloadCgroups.claim() : nil
    let error = spool_become_subreaper()
    if error != 0 { throw SpawnError(program: "subreaper", code: error) }
    guardian = try Guardian(mark)
    orphanWatch = OrphanWatch(mark: mark)
    self.umask = umask
    set = spool_set_create()
    if set < 0 { throw SpawnError(program: "epoll_create1", code: errno) }
    do throws(FileError) {
      spawner = try PayloadSpawner(mark: mark, umask: umask, set: set)
    } catch {
      close(set)
      throw SpawnError(program: "\(error)", code: EAGAIN)
    }
  }

  deinit {
    shutdown()
    close(set)
  }

  /// True if the kernel keeps payloads to their memory.
  public var hasGroups: Bool { groups != nil }

  /// The number of payloads that are being started, run, or have ended and are not yet reported.
  public var count: Int { payloads.count + starting.count }

  /// Begins to start a payload as ``PayloadRunner/start(_:)`` says.
  public func start(_ payload: Payload) {
    lastSerial &+= 1
    let now = spool_now()
    if now >= guardianLook { renewGuardian(now) }
    if let container = payload.container { clearRemains(container) }
    let place = localPrograms.place(of: payload)
    let hasRuntime = payload.container?.runtime.leavesRemains == true
    let request = PayloadSpawner.Request(
      payload: payload, serial: lastSerial,
      group: hasRuntime ? nil : groups?.take(limit: payload.memory), isNew: place == .unknown)
    if case .local(let program) = place, startHere(request, program, now) { return }
    starting[payload.id] = Starting(serial: lastSerial)
    spawner.ask(request)
  }

  /// Before the first container: begins to clear away what earlier pilots of this host have left of
  /// theirs. A pilot that runs none does not call the runtime.
  private func clearRemains(_ container: PayloadContainer) {
    guard !hasClearedRemains else { return }
    hasClearedRemains = true
    guard container.runtime.leavesRemains else { return }
    remover.remove(ContainerRemains(runtime: container.runtime, environment: container.host))
  }

  /// Starts a payload on this thread, since that takes no time. A start that fails is left to the
  /// spawner, which finds out why. Where the descriptor cannot be watched the payload is looked at often.
  private func startHere(
    _ request: PayloadSpawner.Request, _ program: String, _ now: UInt64
  ) -> Bool {
    let payload = request.payload
    let command = SetupCommand(program: program, arguments: payload.arguments)
    do throws(SpawnError) {
      var process = try PayloadSpawn.start(
        payload, command, mark: mark, serial: request.serial, umask: umask, group: request.group)
      if process.descriptor >= 0, spool_set_add(set, process.descriptor) != 0 {
        close(process.descriptor)
        process.descriptor = -1
      }
      admit(request, process, at: now)
      return true
    } catch {
      localPrograms.forget(payload)
      return false
    }
  }

  /// Enters a payload that was started.
  private func admit(
    _ request: PayloadSpawner.Request, _ process: (pid: pid_t, descriptor: Int32), at moment: UInt64
  ) {
    var payload = RunningPayload(
      request.payload, serial: request.serial, leader: process.pid,
      descriptor: process.descriptor, now: moment)
    payload.group = request.group
    payloads.append(payload)
    starts.append(PayloadStart(id: request.payload.id))
  }

  /// Returns the starts that are decided, as ``PayloadRunner/takeStarts()`` says.
  public func takeStarts() -> [PayloadStart] {
    defer { starts = [] }
    return starts
  }

  /// Starts another guardian if somebody has killed it; where that cannot be done, at the next call.
  func renewGuardian(_ now: UInt64) {
    guardianLook = now + Self.sweepInterval
    guard guardian.isGone, let other = try? Guardian(mark) else { return }
    guardian = other
  }

  /// Asks a payload to end as ``PayloadRunner/end(_:grace:)`` says.
  public func end(_ id: Int, grace: Duration) {
    if let index = payloads.firstIndex(where: { $0.id == id }) {
      terminate(index, .ended, grace: grace)
    } else if let serial = starting[id]?.serial {
      starting[id]?.grace = grace
      starting[id]?.isStop = false
      spawner.cancel(serial)
    }
  }

  /// Asks a payload to end as ``PayloadRunner/stop(_:grace:)`` says.
  public func stop(_ id: Int, grace: Duration) {
    if let index = payloads.firstIndex(where: { $0.id == id }) {
      askToStop(index, grace: grace)
    } else if let start = starting[id] {
      starting[id]?.grace = min(grace, start.grace ?? grace)
      starting[id]?.isStop = true
      spawner.cancel(start.serial)
    }
  }

  /// Reaps, enforces limits, and returns what ended, as ``PayloadRunner/poll()`` says.
  public func poll() -> [PayloadEnd] {
    if !starting.isEmpty { noteStarts() }
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
    descriptors.append(set)
    if look(until: min(deadline, nextLook(spool_now()))) > 0, ready[0] != 0 { waker.drain() }
  }

  /// Takes the spawner's answers.
  private func noteStarts() {
    for answer in spawner.takeAnswers() {
      let id = answer.request.payload.id
      guard let state = starting.removeValue(forKey: id) else { continue }
      switch answer.process {
      case .failure(let error):
        if let group = answer.request.group { groups?.release(group) }
        starts.append(PayloadStart(id: id, error: error))
      case .success(let process):
        localPrograms.note(answer)
        admit(answer.request, process, at: answer.moment)
        guard let grace = state.grace else { continue }
        if state.isStop {
          askToStop(payloads.count - 1, grace: grace)
        } else {
          terminate(payloads.count - 1, .ended, grace: grace)
        }
      }
    }
  }

  /// Returns whether a payload is being started, by its serial number. It may have left orphans
  /// already.
  func isStarting(_ serial: UInt32) -> Bool { starting.values.contains { $0.serial == serial } }

  /// Kills whatever still runs, and lets the guardian go. Blocks, for a second at the most where
  /// processes cannot die, and for ten where containers are to be removed. No payload can be started
  /// afterwards.
  public func shutdown() {
    let hasContainers = payloads.contains { $0.container != nil } || !starting.isEmpty
    let deadline = spool_now() + (hasContainers ? 10_000_000_000 : 1_000_000_000)
    spawner.close(until: deadline)
    noteStarts()
    starting = [:]
    for index in payloads.indices { terminate(index, .ended, grace: .zero) }
    guardian.dismiss()
    while !poll().isEmpty || (!payloads.isEmpty && spool_now() < deadline) { usleep(500) }
    for index in payloads.indices { closeDescriptor(&payloads[index]) }
    payloads = []
    groups?.close()
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
    // What a runtime leaves clears up after itself.
    if payload.container != nil, payload.killAt == nil {
      payload.killAt = spool_now() + Self.remainsGrace
    }
    payload.add(exit)
    closeDescriptor(&payload)
  }

  private func closeDescriptor(_ payload: inout RunningPayload) {
    guard payload.descriptor >= 0 else { return }
    spool_set_remove(set, payload.descriptor)
    close(payload.descriptor)
    payload.descriptor = -1
  }
}
