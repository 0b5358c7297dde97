import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// That something of a pilot's is not there may be the watcher's word, or an outage. Payloads end for
/// the first, soon, and run on for the second.
struct AbsenceTests {
  /// A pilot with one job that takes a while, and so many words to the operator.
  private func world(
    lasting milliseconds: Int = 60_000, _ change: (inout World.Setup) -> Void = { _ in }
  ) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    setup.config.deadAfter = .seconds(600)
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = milliseconds
      return outcome
    }
    change(&setup)
    let world = try World(setup)
    try world.task("t", Self.one)
    try #require(world.run { world.runner(1)?.load == 1 })
    world.run(for: 1000)
    return world
  }

  private static let one = """
    "input": {"count": 1}, "command": ["w", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}]
    """

  private func directory(_ world: World) throws -> String {
    "\(World.root)/running/\(try #require(world.pilot(1)).name)"
  }

  private func count(_ world: World, _ words: String) -> Int {
    world.said.count { $0.hasPrefix("pilot 1: ") && $0.contains(words) }
  }

  /// Takes a path away for a while, in which the watcher does nothing.
  private func takeAway(
    _ paths: [String], with code: Int32 = ENOENT, for milliseconds: Int, in world: World
  ) {
    world.holdWatcher(for: milliseconds + 500)
    for path in paths { world.files.refuse(path, with: code) }
    world.run(for: milliseconds)
    for path in paths { world.files.refuse(path, with: 0) }
  }

  private func expectUnharmed(_ world: World, _ name: PilotName?) {
    #expect(world.runner(1)?.killed == [])
    #expect(world.pilot(1)?.name == name)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  // MARK: Outages

  /// The mount is away: it is told once, and once that it is back.
  @Test(arguments: [ENOENT, ESTALE, EIO, ENOTCONN, ENOTDIR]) func theSpoolIsAway(
    code: Int32
  ) throws {
    let world = try world()
    let name = world.pilot(1)?.name
    takeAway([World.root], with: code, for: 30_000, in: world)
    let isTold = [ENOENT, ENOTDIR].contains(code)
    world.run(for: 2000)
    #expect(count(world, "the spool is away since ") == (isTold ? 1 : 0), "\(world.said)")
    #expect(count(world, "the spool is back; it was away for ") == (isTold ? 1 : 0))
    #expect(world.said.count { $0.hasPrefix("pilot 1: ") } <= 4, "\(world.said)")
    expectUnharmed(world, name)
  }

  /// A payload that ends meanwhile: its result waits, and so do its outputs if they are away, too.
  @Test(arguments: [[World.root], [World.root, "/data/out"]]) func aPayloadEndsMeanwhile(
    away: [String]
  ) throws {
    let world = try world(lasting: 5000)
    let name = world.pilot(1)?.name
    takeAway(away, for: 30_000, in: world)
    expectUnharmed(world, name)
  }

  /// Nothing is made where the spool was: its mount point may be on another disk.
  @Test func nothingIsMadeInItsPlace() throws {
    let world = try world(lasting: 5000) { setup in
      let script = setup.script
      setup.script = { payload in
        var outcome = script(payload)
        outcome.errors = Array("a word\n".utf8)
        return outcome
      }
    }
    let name = world.pilot(1)?.name
    world.holdWatcher(for: 20_000)
    try world.files.rename(World.root, to: "/data/elsewhere")
    try world.files.plantDirectories(World.root)
    world.run(for: 10_000)
    #expect(world.files.paths(below: World.root) == [])
    try world.files.removeDirectory(World.root)
    try world.files.rename("/data/elsewhere", to: World.root)
    expectUnharmed(world, name)
  }

  /// Another spool in the place of this one is none of this pilot's.
  @Test func anotherSpool() throws {
    let world = try world()
    let name = world.pilot(1)?.name
    world.holdWatcher(for: 20_000)
    try world.files.rename(World.root, to: "/data/elsewhere")
    try Spool.create(World.root, files: world.files)
    world.run(for: 10_000)
    #expect(count(world, "the spool is away since ") == 1, "\(world.said)")
    try world.files.rename(World.root, to: "/data/other")
    try world.files.rename("/data/elsewhere", to: World.root)
    expectUnharmed(world, name)
  }

  /// In the end a spool that was made anew is this pilot's.
  @Test func anotherSpoolThatStays() throws {
    let world = try world(lasting: 600_000) { $0.config.deadAfter = .seconds(10) }
    let name = world.pilot(1)?.name
    world.killWatcher()
    try world.files.rename(World.root, to: "/data/elsewhere")
    try Spool.create(World.root, files: world.files)
    world.run(for: 58_000)
    #expect(world.runner(1)?.killed == [] && world.record(1) == nil)
    #expect(world.run(atMost: 5000) { world.record(1) != nil })
    #expect(world.runner(1)?.killed == [1] && world.pilot(1)?.name != name)
  }

  /// A brick is away: directories are there, and show only some of their entries.
  @Test(arguments: [ENOENT, ENOTCONN]) func someEntriesAreAway(code: Int32) throws {
    let world = try world()
    let name = world.pilot(1)?.name
    let directory = try directory(world)
    let claim = try #require(world.claims.first)
    takeAway(["\(directory)/pilot.json", claim], with: code, for: 20_000, in: world)
    expectUnharmed(world, name)
  }

  /// Orders are not taken back by an outage.
  @Test func ordersOutliveAnOutage() throws {
    let world = try world()
    let pilot = try #require(world.pilot(1)).name
    try world.spool.quarantine(pilot, "why")
    try #require(world.run { world.record(1)?.state == .quarantined })
    takeAway([World.root], for: 20_000, in: world)
    let directory = try directory(world)
    takeAway(
      ["\(directory)/pilot.json", "\(directory)/quarantine"], for: 5000, in: world)
    #expect(count(world, "released from quarantine") == 0)
    expectUnharmed(world, pilot)
  }

  /// A heartbeat that somebody removed is made anew, and costs nothing.
  @Test func theHeartbeatIsRemoved() throws {
    let world = try world()
    let name = world.pilot(1)?.name
    try world.files.remove(try directory(world) + "/pilot.json")
    #expect(world.run(atMost: 3000) { world.record(1) != nil })
    expectUnharmed(world, name)
  }

  // MARK: The watcher's word

  /// A cancel takes effect one second after the heartbeat that finds it.
  @Test func aCancelTakesEffectSoon() throws {
    let world = try world()
    try world.order("cancel", "t")
    try #require(world.run { world.claims.isEmpty })
    let begin = world.time.now
    #expect(world.run(atMost: 3000) { world.runner(1)?.killed == [1] })
    let heartbeat = world.setup.config.heartbeat.milliseconds
    #expect(world.time.now - begin <= heartbeat + 1200, "\(world.time.now - begin)")
  }

  /// A job that ends while its claim is taken: nothing is brought back, and the pilot works on.
  @Test func aCancelAtTheEnd() throws {
    let world = try world(lasting: 3000)
    world.hold(1)
    try world.order("cancel", "t")
    try #require(world.run { world.claims.isEmpty })
    world.time.advance(5000)
    world.hold(1, false)
    #expect(world.run(atMost: 3000) { world.pilot(1)?.load == 0 })
    #expect(world.run { world.hasEnded("t") })
    #expect(world.pilot(1)?.name != nil && count(world, "registering anew") == 0)
  }

  /// A pilot whose directory is gone from a spool that is there registers anew, soon.
  @Test func thePilotIsGivenUp() throws {
    let world = try world()
    let name = try #require(world.pilot(1)).name
    let claim = try #require(world.claims.first.flatMap { $0.split(separator: "/").last })
    _ = try world.spool.take(try #require(JobName(fileName: String(claim))), from: name, as: .lost)
    _ = try world.spool.unregister(name)
    #expect(world.run(atMost: 2500) { world.pilot(1)?.name != name })
    #expect(world.runner(1)?.killed == [1])
    #expect(count(world, "has given \(name) up; registering anew") == 1)
    #expect(world.run { world.hasEnded("t") })
  }

  /// So does one whose directory was cleared, and could not be removed for a file of nobody's.
  @Test func theDirectoryIsCleared() throws {
    let world = try world()
    let name = try #require(world.pilot(1)).name
    try world.files.plant([1], at: "\(try directory(world))/notes.txt")
    let claim = try #require(world.claims.first.flatMap { $0.split(separator: "/").last })
    _ = try world.spool.take(try #require(JobName(fileName: String(claim))), from: name, as: .lost)
    _ = try world.spool.unregister(name)
    #expect(world.run(atMost: 2500) { world.pilot(1)?.name != name })
  }

  /// What cannot register anew tries again, and fills `running/` with nothing.
  @Test func registeringAnewIsRefused() throws {
    let world = try world()
    let name = try #require(world.pilot(1)).name
    _ = try world.spool.unregister(name)
    for path in world.claims { try world.files.remove(path) }
    _ = try world.spool.unregister(name)
    world.faults.before { party, call, _ in
      party == .pilot(1) && call.operation == .create ? .fails(ENOSPC) : nil
    }
    world.run(for: 20_000)
    #expect(world.names("running").filter { $0.hasPrefix("node1-") }.count <= 1)
    #expect(count(world, "registering anew") == 1)
    world.faults.clear()
    #expect(world.run(atMost: 2000) { world.record(1) != nil })
  }
}
