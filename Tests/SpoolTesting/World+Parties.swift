internal import SpoolModel
public import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher

/// One pilot of a ``World``: started when it is first stepped.
final class PilotPart {
  unowned let world: World
  let number: Int
  let process: Int
  var due: Int
  var isHeld = false
  var pilot: Pilot?
  var runner: FakeRunner?
  /// The pilot's local disk.
  private(set) var local = MemoryFileSystem()
  private var digester: MemoryDigester?
  private var lister: InstantLister?

  init(_ world: World, number: Int, due: Int) {
    self.world = world
    self.number = number
    self.due = due
    process = world.newProcess()
  }

  func step() {
    do {
      let pilot = try self.pilot ?? start()
      let wait = pilot.step().milliseconds
      due = world.time.now + wait
      if let end = runner?.nextEnd { due = min(due, max(end, world.time.now)) }
      if digester?.isIdle == false || lister?.isIdle == false { due = world.time.now }
    } catch {
      world.errors.append(error)
      due = world.time.now + 200
    }
  }

  private func start() throws -> Pilot {
    local = MemoryFileSystem()
    try local.plantDirectories("/scratch")
    let local = local
    let runner = FakeRunner(
      time: world.time, shared: world.files, local: local,
      script: { [unowned world] in world.setup.script($0) })
    let digester = MemoryDigester(world.files, local: local) { [unowned world] in
      world.setup.digest($0)
    }
    let lister = InstantLister(digester)
    digester.isHanging = { [unowned world] in world.setup.hangsDigests() }
    let slots = world.setup.slots
    let gpus = (0..<world.setup.gpus).map(String.init)
    var options = PilotOptions(
      host: "node\(number)", version: "test", process: ["pid": .integer(process)],
      queues: gpus.isEmpty ? [.cpu] : [.gpu, .cpu],
      tags: world.setup.containers?.tags ?? [], cpus: slots,
      memory: slots * 4_000_000_000, gpus: gpus,
      scratch: "/scratch", environment: world.setup.environment)
    options.lifetime = world.setup.lifetime.map { .milliseconds($0) }
    options.containers = world.setup.containers
    options.exitsWhenIdle = world.setup.exitsWhenIdle
    let pilot = try Pilot(
      world.spool, options,
      Pilot.Seams(
        time: world.time, runner: runner, digester: digester, lister: lister,
        random: SeededRandom(Int(truncatingIfNeeded: world.random.next())), local: local,
        say: { [unowned world, number] in world.say("pilot \(number): \($0)") }))
    self.pilot = pilot
    self.runner = runner
    self.digester = digester
    self.lister = lister
    return pilot
  }
}

extension World {
  /// As the shell does it: what ends a watcher ends it, after any other error it tries again.
  func stepWatcher() {
    let given = hints
    hints = Hints()
    do {
      switch watcherPart {
      case .none: begin()
      case .acquiring(let lease): try acquire(lease)
      case .takingOver(let lease): try takeOver(lease)
      case .running(let watcher, _): watcherDue = time.now + (try watcher.turn(given)).milliseconds
      }
    } catch {
      errors.append(error)
      watcherDue = time.now + 100
      if watcher != nil || Watcher.isFatal(error) { killWatcher() }
    }
  }

  private func begin() {
    watcherProcess = newProcess()
    let record = WatcherRecord(
      epoch: 0, id: "\(watcherProcess)", host: "node0", version: "test",
      process: ["pid": .integer(watcherProcess)],
      at: time.timestamp)
    watcherPart = .acquiring(
      WatcherLease(spool, record, time: time, isGone: { [unowned self] in isGone($0) }))
  }

  private func acquire(_ lease: WatcherLease) throws {
    guard case .acquired = try lease.step() else {
      watcherDue = time.now + lease.interval.milliseconds
      return
    }
    watcherPart = .takingOver(lease)
  }

  private func takeOver(_ lease: WatcherLease) throws {
    do {
      watcherPart = .running(try makeWatcher(lease), lease)
    } catch {
      throw lease.lost ?? error
    }
    hints.formUnion(.all)
  }

  func makeWatcher(_ lease: WatcherLease) throws -> Watcher {
    var seams = Watcher.Seams(
      time: time, random: SeededRandom(Int(truncatingIfNeeded: random.next())),
      isGone: { [unowned self] in isGone($0) },
      say: { [unowned self] in say("watcher: \($0)") },
      notify: { [unowned self] in
        notices.append($0)
        if setup.confirmsNotices { hints.told.insert($0.subject) }
      })
    seams.lanes = setup.lanes
    return try Watcher(spool, lease: lease, seams: seams, delivers: false)
  }

  /// A payload that writes what its job's name says to every argument that is a part's path.
  public static func writeOutputs(_ payload: Payload) -> FakeOutcome {
    var outcome = FakeOutcome()
    for argument in payload.arguments where argument.contains("/.spool.") {
      outcome.files.append((argument, contents(payload.environment["SPOOL_JOB"] ?? "?")))
    }
    outcome.report = Array(#"{"events": 3}"#.utf8)
    return outcome
  }

  /// What the outputs of a job hold.
  public static func contents(_ job: String) -> [UInt8] { Array("made by \(job)\n".utf8) }
}
