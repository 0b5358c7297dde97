import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// A wall clock that is set while the watcher runs changes no wait: an hour back, two hours forth.
struct ClockTests {
  static let settings = [-3_600_000, 7_200_000]

  private func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    change(&setup)
    return try World(setup)
  }

  /// Simulated milliseconds until something holds; nil where it does not in that time.
  private func wait(
    _ world: World, atMost milliseconds: Int, until isReached: () -> Bool
  ) -> Int? {
    let start = world.time.now
    return world.run(atMost: milliseconds, until: isReached) ? world.time.now - start : nil
  }

  // MARK: Retries

  /// One job that fails at first, and then waits for five seconds.
  private func failingOnce() throws -> World {
    let world = try world { setup in
      setup.script = { payload in
        payload.environment["SPOOL_ATTEMPT"] == "1" ? .exit(1) : World.writeOutputs(payload)
      }
    }
    try world.task("t", R1ClaimTests.one.replacing("10ms", with: "5s"))
    try #require(world.run(until: { world.attempts("t") == ["00 a1 exit1"] }))
    return world
  }

  @Test(arguments: [0] + settings) func aRetryComesAtItsBackoff(_ setting: Int) throws {
    let world = try failingOnce()
    world.time.setWallClock(by: setting)
    let waited = wait(world, atMost: 20_000) { world.attempts("t").count == 2 }
    #expect((4500...9000).contains(try #require(waited)))
    #expect(world.attempts("t") == ["00 a1 exit1", "00 a2 ok"])
  }

  /// A watcher that starts has the wall clock alone. It does not believe in a wait of an hour.
  @Test func afterARestartNoLongerThanTheLongestDelay() throws {
    let world = try failingOnce()
    world.killWatcher()
    world.time.setWallClock(by: -3_600_000)
    let waited = wait(world, atMost: 700_000) { world.attempts("t").count == 2 }
    #expect((590_000...620_000).contains(try #require(waited)))
    #expect(world.summary("t")?["state"]?.string ?? "done" == "done")
  }

  /// With a clock that was set forth, the wait is over.
  @Test func afterARestartWithALaterClock() throws {
    let world = try failingOnce()
    world.killWatcher()
    world.time.setWallClock(by: 7_200_000)
    let waited = wait(world, atMost: 20_000) { world.attempts("t").count == 2 }
    #expect(try #require(waited) < 5000)
  }

  // MARK: Waits for datasets

  /// A task waits for its dataset for a minute, whatever the wall clock says.
  @Test(arguments: [0] + settings) func aDatasetsWait(_ setting: Int) throws {
    let world = try world()
    try world.task("t", #""input": "raw", "command": ["w", "{input}"]"#)
    try #require(world.run(until: { world.names("running").contains("t.json") }))
    world.run(for: 5000)
    world.time.setWallClock(by: setting)
    let waited = wait(world, atMost: 80_000) { world.hasEnded("t") }
    #expect((52_000...60_000).contains(try #require(waited)))
    #expect(world.summary("t")?["state"]?.string == "failed")
    let reason = world.summary("t")?["reason"]?.string ?? ""
    #expect(reason.contains("the dataset raw did not come within"))
  }

  // MARK: What is kept for a time

  /// Files that are kept for ten minutes after the chain's end.
  @Test(arguments: [0] + settings) func aTimeRetention(_ setting: Int) throws {
    let world = try world { $0.script = ChainTests.work }
    ChaosTests.plantInputs(world, 8)
    try world.drop("run.json", RetentionTests.chain("10m"))
    try ChaosTests.dropManifest(world, 8)
    try #require(world.run(until: { world.hasEnded("run") }))
    world.run(for: 5000)
    world.time.setWallClock(by: setting)
    let decoded = world.catalogue("run.decode")
    let there = { decoded.count { world.files.peek($0) != nil } }
    #expect(decoded.count == 8 && there() == 8)
    world.run(for: 570_000)
    #expect(there() == 8)
    #expect(world.run(atMost: 40_000, until: { there() == 0 }))
  }

  /// Packed after 20 s, removed after 60 s.
  @Test(arguments: [0] + settings) func packingAndRemoval(_ setting: Int) throws {
    let world = try World(ArchiveTests.setup())
    try world.task("t", ArchiveTests.members)
    try #require(world.run(until: { world.hasEnded("t") }))
    let ended = world.time.now
    world.run(for: 5000)
    world.time.setWallClock(by: setting)
    let isPacked = {
      let paths = ArchiveTests.paths(world, of: "t")
      return !paths.isEmpty && paths.allSatisfy { $0.hasPrefix("archive/t/") }
    }
    #expect(world.run(atMost: 40_000, until: isPacked))
    #expect((19_000...27_000).contains(world.time.now - ended))
    #expect(
      world.run(atMost: 60_000, until: { ArchiveTests.paths(world, of: "t").isEmpty }))
    #expect((59_000...67_000).contains(world.time.now - ended))
  }

  // MARK: Parts

  /// The part of an attempt whose pilot died is kept for 20 s, as its payload may yet write.
  @Test(arguments: [0] + settings) func aPartsGrace(_ setting: Int) throws {
    let world = try world { setup in
      setup.config.partGrace = .seconds(20)
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.duration = 1000
        return outcome
      }
    }
    try world.task("t", R1ClaimTests.one)
    let hasPart = {
      world.files.paths(below: "/data/out").contains { $0.contains("/.spool.a1@") }
    }
    try #require(world.run(until: hasPart))
    world.killPilot(1)
    try #require(world.run(until: { world.attempts("t") == ["00 a1 lost"] }))
    world.time.setWallClock(by: setting)
    let waited = wait(world, atMost: 60_000) { !hasPart() }
    #expect((19_000...22_000).contains(try #require(waited)))
  }
}
