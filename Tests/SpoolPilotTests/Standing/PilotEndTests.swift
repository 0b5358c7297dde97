import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// When a pilot leaves of its own accord: at the end of its lifetime, or with nothing left to do.
struct PilotEndTests {
  private static func world(
    pilots: Int = 1, _ change: (inout World.Setup) -> Void = { _ in }
  ) throws -> World {
    var setup = World.Setup()
    setup.pilots = pilots
    setup.restartAfter = nil
    change(&setup)
    return try World(setup)
  }

  private static func jobs(_ count: Int, wall: String) -> String {
    "\"input\": {\"count\": \(count)}, \"command\": [\"w\"], \"resources\": {\"wall\": \"\(wall)\"}"
  }

  // MARK: Lifetime

  /// Only jobs whose wall time fits what is left; when it is over the rest is given back.
  @Test func lifetime() throws {
    let world = try Self.world { setup in
      setup.lifetime = 100_000
      setup.script = { payload in
        var outcome = FakeOutcome()
        outcome.duration = payload.environment["SPOOL_TASK"] == "long" ? 500_000 : 20
        return outcome
      }
    }
    try #require(world.run { world.pilot(1) != nil })
    let begin = world.time.now
    try world.task("toolong", Self.jobs(1, wall: "101s"))
    try world.task("short", Self.jobs(5, wall: "60s"))
    #expect(world.run { world.hasEnded("short") })
    let ends =
      (world.record(1)?.ends?.milliseconds ?? 0) - (world.time.epoch - world.time.now + begin)
    #expect((99_990...100_000).contains(ends), "\(ends)")
    // 99 s were enough a moment ago.
    world.run(for: 5000)
    try world.task("late", Self.jobs(1, wall: "99s"))
    try world.task("long", Self.jobs(1, wall: "80s"))
    try #require(world.run { world.runner(1)?.load == 1 })
    #expect(world.run(atMost: 110_000) { world.pilot(1)?.isFinished == true })
    #expect((99_990...100_600).contains(world.time.now - begin), "\(world.time.now - begin)")
    #expect(world.run { world.attempts("long") == ["00 a1 returned"] })
    #expect(world.attempts("toolong") == [] && world.attempts("late") == [])
  }

  // MARK: TERM to all

  /// A batch system sends TERM to the payloads, too, and a little before it reaches the pilot.
  @Test(arguments: [PayloadEnd.Status.signalled(15), .exited(143)])
  func payloadsThatAreToldByTheBatchSystem(status: PayloadEnd.Status) throws {
    let world = try Self.world { setup in
      setup.script = { _ in
        var outcome = FakeOutcome()
        outcome.status = status
        return outcome
      }
    }
    try world.task("t", #""input": {"count": 1}, "command": ["w"], "retry": {"attempts": 1}"#)
    try #require(world.run { world.runner(1)?.load == 1 })
    try #require(world.run { world.runner(1)?.load == 0 })
    world.run(for: 200)
    world.pilot(1)?.drain()
    #expect(world.run { world.attempts("t") == ["00 a1 returned"] }, "\(world.attempts("t"))")
  }

  /// A payload that ends by TERM while nobody tells the pilot has failed.
  @Test func payloadsThatTermEnds() throws {
    let world = try Self.world { setup in
      setup.script = { _ in
        var outcome = FakeOutcome()
        outcome.status = .signalled(15)
        return outcome
      }
    }
    try world.task("t", #""input": {"count": 1}, "command": ["w"], "retry": {"attempts": 1}"#)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 signal15"])
  }

  // MARK: Idleness

  /// It stays while a task is in work, and leaves soon after.
  @Test func leavesWhenNothingIsLeft() throws {
    let world = try Self.world { $0.exitsWhenIdle = true }
    try world.task("t", #""input": {"count": 20}, "command": ["w"]"#)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.pilot(1)?.isFinished == false)
    let end = world.time.now
    #expect(world.run(atMost: 10_000) { world.pilot(1)?.isFinished == true })
    #expect((2000...6000).contains(world.time.now - end), "\(world.time.now - end)")
  }

  /// From the drop on a request counts, wherever it is on its way to a task's page, and then its
  /// page does.
  @Test(arguments: 1...20) func aRequestOnItsWayKeepsIt(seed: Int) throws {
    let world = try Self.world(pilots: 0) { setup in
      setup.seed = seed
      setup.exitsWhenIdle = true
    }
    world.run(for: 1500 + 50 * seed)
    try world.task("t", #""input": "raw", "command": ["w", "{input}"]"#)
    for _ in 0..<seed { world.step() }
    world.addPilot()
    world.run(for: 20_000)
    try world.drop("raw.json", #"{"kind": "dataset", "name": "raw", "closed": true, "files": []}"#)
    #expect(world.pilot(1)?.isFinished == false)
    #expect(world.run(atMost: 30_000) { world.pilot(1)?.isFinished == true })
  }

  /// A task in work whose jobs are none for it keeps it for a minute, no longer.
  @Test func noJobForAMinute() throws {
    let world = try Self.world { $0.exitsWhenIdle = true }
    try world.task("t", #""input": {"count": 2}, "command": ["w"], "resources": {"cpus": 9}"#)
    world.run(for: 55_000)
    #expect(world.pilot(1)?.isFinished == false)
    #expect(world.run(atMost: 10_000) { world.pilot(1)?.isFinished == true })
  }

  /// One that has a job does not look, and one that was not asked to leave never does.
  @Test func looksOnlyWhenIdle() throws {
    for exits in [true, false] {
      let world = try Self.world { setup in
        setup.exitsWhenIdle = exits
        setup.config = SpoolConfig()
        setup.script = { _ in
          var outcome = FakeOutcome()
          outcome.duration = 400_000
          return outcome
        }
      }
      let looks = Log<String>()
      world.faults.watch { party, call in
        if party == .pilot(1), call.path.hasSuffix("/incoming") { looks.add(call.path) }
      }
      if exits {
        try world.task("t", #""input": {"count": 1}, "command": ["w"]"#)
        try #require(world.run { world.runner(1)?.load == 1 })
      }
      let before = looks.all.count
      world.run(for: 100_000)
      #expect(looks.all.count == before)
      #expect(world.pilot(1)?.isFinished == false)
    }
  }
}
