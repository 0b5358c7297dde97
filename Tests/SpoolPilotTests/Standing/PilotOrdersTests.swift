import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// What a pilot does on a file in its directory, and of its own accord: leave, or stand aside.
struct PilotOrdersTests {
  private static func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    setup.script = { _ in Self.lasting(200) }
    change(&setup)
    return try World(setup)
  }

  private static func lasting(_ milliseconds: Int) -> FakeOutcome {
    var outcome = FakeOutcome()
    outcome.duration = milliseconds
    return outcome
  }

  private static let many =
    #""input": {"count": 300}, "command": ["w"], "retry": {"backoff": "1s"}, "maxFailedJobs": 300"#

  private func directory(_ world: World) throws -> String {
    "\(World.root)/running/\(try #require(world.pilot(1)).name)"
  }

  private func started(_ world: World) -> Int { world.runner(1)?.started.count ?? 0 }

  // MARK: drain

  /// What runs may end, nothing more is claimed, and its directory goes.
  @Test func drained() throws {
    let world = try Self.world { $0.script = { _ in Self.lasting(30_000) } }
    try world.task("t", Self.many)
    try #require(world.run { world.runner(1)?.load == 2 })
    try world.files.plant(.file, at: directory(world) + "/drain")
    world.run(for: 1000)
    #expect(world.record(1)?.state == .draining)
    #expect(world.pilot(1)?.isFinished == false)
    #expect(world.run { world.pilot(1)?.isFinished == true })
    #expect(started(world) == 2)
    #expect(world.runner(1)?.killed == [])
    try world.pilot(1)?.leave()
    #expect(!world.files.paths(below: "\(World.root)/running").contains { $0.contains("node1-") })
    #expect(world.run { world.attempts("t").count == 2 })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") })
  }

  /// The file is taken back before the pilot has left: it works again. A listing that only omits
  /// the file changes nothing.
  @Test func notDrainedAfterAll() throws {
    let world = try Self.world { $0.script = { _ in Self.lasting(4000) } }
    try world.task("t", Self.many)
    try #require(world.run { world.runner(1)?.load == 2 })
    let path = try directory(world) + "/drain"
    try world.files.plant(.file, at: path)
    try #require(world.run { world.record(1)?.state == .draining })
    world.faults.bend { _, _, listing in
      Listing(names: listing.names.filter { $0 != "drain" }, unreadable: 0)
    }
    world.run(for: 1200)
    #expect(world.record(1)?.state == .draining)
    world.faults.clear()
    try world.files.remove(path)
    #expect(world.run { started(world) > 2 })
    #expect(world.record(1)?.state == .active)
  }

  // MARK: quarantine

  /// It claims nothing, lets what runs end, and beats; without the file it works again.
  @Test func quarantinedAndReleased() throws {
    let world = try Self.world()
    try world.task("t", Self.many)
    try #require(world.run { started(world) >= 4 })
    let name = try #require(world.pilot(1)).name
    try world.spool.quarantine(name, "smells\u{7}\nsecond line")
    world.run(for: 1500)
    let before = started(world)
    let counter = world.record(1)?.counter ?? 0
    world.run(for: 5000)
    #expect(started(world) == before)
    #expect(world.runner(1)?.load == 0)
    let record = try #require(world.record(1))
    #expect(record.state == .quarantined)
    #expect(record.reason == "smells ")
    #expect(record.counter > counter)
    #expect(world.pilot(1)?.isFinished == false)
    #expect(record.slots(for: Self.shape) == 0 && record.capacity(for: Self.shape) == 2)
    _ = try world.spool.release(name)
    #expect(world.run(atMost: 1500) { started(world) > before })
    #expect(world.record(1)?.state == .active)
  }

  private static let shape = Shape(queue: .cpu, cores: 1, memory: 100, gpus: 0, tags: [])

  /// A pilot on which a job just failed looks before each claim; one on which all is well does not.
  @Test(arguments: [false, true]) func looksBeforeAClaim(isFailing: Bool) throws {
    let world = try Self.world { setup in
      setup.config.heartbeat = .milliseconds(20_000)
      setup.config.deadAfter = .milliseconds(60_000)
      setup.script = { _ in
        var outcome = Self.lasting(50)
        if isFailing { outcome.status = .exited(1) }
        return outcome
      }
    }
    try world.task("t", Self.many)
    try #require(world.run { started(world) >= 6 })
    try world.spool.quarantine(try #require(world.pilot(1)).name, "why")
    let before = started(world)
    world.run(for: 1500)
    #expect((started(world) <= before + 1) == isFailing, "\(started(world) - before)")
    // It told so at once, not with the next heartbeat.
    #expect((world.record(1)?.state == .quarantined) == isFailing)
  }

  /// While its jobs fail in a row, more than so many, it claims less often.
  @Test func failuresInARowSlowItDown() throws {
    func claims(failing: Bool) throws -> Int {
      let world = try Self.world { setup in
        setup.slots = 1
        setup.script = { _ in
          var outcome = Self.lasting(1)
          if failing { outcome.status = .exited(1) }
          return outcome
        }
      }
      try world.task("t", Self.many)
      try #require(world.run { started(world) >= 20 })
      let before = started(world)
      world.run(for: 200)
      return started(world) - before
    }
    #expect(try claims(failing: true) <= 11)
    #expect(try claims(failing: false) > 20)
  }

  /// A pilot that the watcher gave up comes back under another name, and as it was told.
  @Test func whatItWasToldOutlivesItsDirectory() throws {
    let world = try Self.world()
    try world.task("t", Self.many)
    try #require(world.run { started(world) >= 2 })
    let name = try #require(world.pilot(1)).name
    try world.spool.quarantine(name, "why")
    try #require(world.run { world.record(1)?.state == .quarantined })
    world.hold(1)
    try #require(world.run { !world.names("running").contains("\(name)/") || started(world) < 0 })
    world.hold(1, false)
    try #require(world.run { world.pilot(1)?.name != name })
    let before = started(world)
    world.run(for: 3000)
    #expect(started(world) == before)
    #expect(world.record(1)?.reason == "why")
    #expect(world.files.isPresent(try directory(world) + "/quarantine"))
  }

  // MARK: Inability

  /// A runner that can start nothing: three, and the pilot stands aside. A program that is missing
  /// is the task's affair.
  @Test(arguments: [
    (SpawnError(program: "/scratch/slot0/work", code: EIO, isExec: false), true),
    (SpawnError(program: "w", code: EPERM), true), (SpawnError(program: "w", code: ENOENT), false),
    (SpawnError(program: "w", code: EACCES), false),
    (SpawnError(program: "w", code: ENOEXEC), false),
  ]) func cannotStart(_ error: SpawnError, isTheNodes: Bool) throws {
    let world = try Self.world { setup in
      setup.script = { _ in
        var outcome = Self.lasting(10)
        outcome.spawnError = error
        return outcome
      }
    }
    try world.task("t", Self.many)
    try #require(world.run { started(world) >= 3 })
    world.run(for: 3000)
    #expect((started(world) == 3) == isTheNodes, "\(started(world))")
    #expect(world.record(1)?.state == (isTheNodes ? .quarantined : .active))
    guard isTheNodes else { return }
    #expect(world.record(1)?.reason?.contains(error.program) == true)
    #expect(world.said.contains { $0.contains("in quarantine") })
    #expect(world.files.peek(try directory(world) + "/quarantine")?.isEmpty == false)
    // Released it tries again, and again stands aside after three.
    try world.files.remove(directory(world) + "/quarantine")
    #expect(world.run { started(world) == 6 })
    world.run(for: 3000)
    #expect(started(world) == 6)
  }

  /// Three in a row: one that can be started between them begins the count anew.
  @Test func aStartBetweenBeginsAnew() throws {
    var number = 0
    let world = try Self.world { setup in
      setup.slots = 1
      setup.script = { _ in
        number += 1
        var outcome = Self.lasting(10)
        if number % 3 != 0 { outcome.spawnError = SpawnError(program: "w", code: EPERM) }
        return outcome
      }
    }
    try world.task("t", Self.many)
    #expect(world.run { started(world) >= 30 })
    #expect(world.record(1)?.state == .active)
  }
}
