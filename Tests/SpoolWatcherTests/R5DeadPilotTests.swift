import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// R5: a dead pilot is one whose heartbeat stood still for the time-out, on the watcher's own clock.
struct R5DeadPilotTests {
  static func world(oneHost: Bool = false, pilots: Int = 1) throws -> World {
    var setup = World.Setup()
    setup.isOneHost = oneHost
    setup.pilots = pilots
    setup.restartAfter = nil
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      if payload.environment["SPOOL_ATTEMPT"] == "1" { outcome.duration = 60_000 }
      return outcome
    }
    return try World(setup)
  }

  private func isDead(_ world: World) -> Bool {
    world.said.contains { $0.contains(" is dead: ") }
  }

  /// Runs until its one job is running.
  private func begin(_ world: World) throws {
    try world.task("t", R1ClaimTests.one)
    try #require(world.run(until: { world.runner(1)?.load == 1 }))
    world.run(for: 1000)
  }

  /// Not before the time-out, and soon after it.
  @Test func silentForTheTimeOut() throws {
    let world = try Self.world()
    try begin(world)
    world.hold(1)
    let since = world.time.now
    world.run(for: 1400)
    #expect(!isDead(world))
    #expect(world.run(atMost: 3000, until: { isDead(world) }))
    #expect(
      world.time.now - since >= world.setup.config.deadAfter.milliseconds
        - world.setup.config.heartbeat.milliseconds)
    world.addPilot()
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
  }

  /// A pilot that was given up and lives: it kills its payload, brings nothing back, and goes on
  /// under another name.
  @Test func registersAnew() throws {
    let world = try Self.world()
    try begin(world)
    let name = world.pilot(1)?.name
    world.hold(1)
    try #require(world.run(atMost: 5000, until: { isDead(world) && world.claims.isEmpty }))
    world.hold(1, false)
    #expect(world.run(atMost: 2000, until: { world.runner(1)?.killed == [1] }))
    #expect(world.pilot(1)?.name != name)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A pilot that was given up and had ended its payload meanwhile: its result does not count.
  @Test func resultAfterBurial() throws {
    let world = try Self.world()
    try begin(world)
    world.hold(1)
    try #require(world.run(atMost: 5000, until: { isDead(world) && world.claims.isEmpty }))
    world.time.advance(60_000)
    world.hold(1, false)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// Reads that fail prove nothing.
  @Test func failedReadsProveNothing() throws {
    let world = try Self.world()
    try begin(world)
    world.faults.before { party, call, _ in
      party == .watcher && call.path.hasSuffix("/pilot.json") ? .fails(5) : nil
    }
    world.run(for: 5 * world.setup.config.deadAfter.milliseconds)
    #expect(!isDead(world))
    world.faults.clear()
    world.run(for: 5000)
    #expect(!isDead(world))
  }

  /// Two reads, one at each end of the time-out, are too few.
  @Test func readsMustBeSpread() throws {
    let world = try Self.world()
    try begin(world)
    world.hold(1)
    world.faults.before { party, call, _ in
      party == .watcher && call.path.hasSuffix("/pilot.json") ? .fails(5) : nil
    }
    world.run(for: 2 * world.setup.config.deadAfter.milliseconds)
    world.faults.clear()
    world.run(for: 1000)
    #expect(!isDead(world))
    // Silent for long enough under its eyes.
    #expect(world.run(atMost: 10_000, until: { isDead(world) }))
  }

  /// After a pause of the watcher's own the count starts anew.
  @Test func aPauseOfTheWatcher() throws {
    let world = try Self.world()
    try begin(world)
    world.hold(1)
    world.run(for: 800)
    world.holdWatcher(for: 3 * world.setup.config.deadAfter.milliseconds)
    world.run(for: 3 * world.setup.config.deadAfter.milliseconds + 300)
    #expect(!isDead(world))
    world.hold(1, false)
    world.run(for: 3000)
    #expect(!isDead(world))
    #expect(world.runner(1)?.killed == [])
  }

  /// Nor does a pause make one dead that has not shown a heartbeat yet: it may be registering.
  @Test func aPauseDuringARegistration() throws {
    let world = try Self.world()
    try begin(world)
    let directory = "\(World.root)/running/ghost-00000001"
    try world.files.plantDirectories(directory)
    world.run(for: 800)
    world.holdWatcher(for: 3 * world.setup.config.deadAfter.milliseconds)
    world.run(for: 3 * world.setup.config.deadAfter.milliseconds + 300)
    #expect(world.names("running").contains("ghost-00000001/"))
    #expect(world.run(atMost: 5000, until: { !world.names("running").contains("ghost-00000001/") }))
  }

  /// A new watcher counts from its own first look.
  @Test func aNewWatcherCountsAnew() throws {
    let world = try Self.world(oneHost: true)
    try begin(world)
    world.hold(1)
    world.run(for: 1000)
    world.killWatcher()
    world.startWatcher()
    world.run(for: 1500)
    #expect(world.watcher != nil)
    #expect(!isDead(world))
    world.hold(1, false)
    world.run(for: 3000)
    #expect(!isDead(world))
  }

  /// On the watcher's own host a vanished process is enough; elsewhere it is not known.
  @Test(arguments: [false, true]) func aVanishedProcess(oneHost: Bool) throws {
    let world = try Self.world(oneHost: oneHost, pilots: 2)
    try world.task("t", LifeTests.members.replacing("6", with: "4"))
    try #require(world.run(until: { world.claims.count == 4 }))
    world.run(for: 500)
    world.killPilot(1)
    let since = world.time.now
    #expect(world.run(atMost: 5000, until: { isDead(world) }))
    #expect((world.time.now - since < 600) == oneHost)
    let lost = { world.attempts("t").filter { $0.hasSuffix(" lost") }.count }
    #expect(world.run(atMost: 1000, until: { lost() == 2 }))
    #expect(!world.names("running").contains { $0.hasPrefix("node1-") })
  }
}
