import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// A job that takes its pilot with it costs three pilots, and no other job's success.
struct PoisonTests {
  private static func world() throws -> World {
    var setup = World.Setup()
    setup.pilots = 3
    setup.config.lostPilots = SpoolConfig().lostPilots
    setup.script = { payload in
      var outcome = FakeOutcome()
      outcome.duration = payload.environment["SPOOL_TASK"] == "poison" ? 60_000 : 500
      return outcome
    }
    return try World(setup)
  }

  /// The number of the pilot that runs the poison.
  private func victim(_ world: World) -> Int? {
    (1...99).first { number in
      world.claims.contains { claim in
        world.pilot(number).map { claim.contains("/\($0.name)/") } ?? false
          && claim.contains(".poison.")
      }
    }
  }

  @Test func threePilotsAtMost() throws {
    let world = try Self.world()
    try world.task(
      "good", #""input": {"count": 60}, "command": ["w"], "retry": {"attempts": 1}"#)
    try world.task("poison", #""priority": 3, "input": {"count": 1}, "command": ["p"]"#)
    var killed = 0
    #expect(
      world.run {
        if let number = victim(world), world.runner(number)?.load ?? 0 > 0 {
          world.killPilot(number)
          killed += 1
        }
        return world.hasEnded("poison") || killed > 9
      })
    #expect(killed == 3)
    #expect(world.attempts("poison") == ["00 a1 lost", "00 a2 lost", "00 a3 lost"])
    #expect(
      world.lines("ledger/poison.jsonl").last?["reason"]?.string
        == "3 pilots died while they ran it")
    #expect(world.run { world.hasEnded("good") })
    #expect(world.summary("good")?["jobs"]?["done"]?.integer == 60)
  }

  /// The count is as durable as the budgets.
  @Test func aNewWatcherKnowsTheCount() throws {
    let world = try Self.world()
    try world.task("poison", #""input": {"count": 1}, "command": ["p"]"#)
    for _ in 0..<2 {
      try #require(world.run { victim(world) != nil })
      world.killPilot(try #require(victim(world)))
      try #require(world.run { victim(world) == nil })
    }
    try world.stopWatcher()
    world.startWatcher()
    try #require(world.run { victim(world) != nil })
    world.killPilot(try #require(victim(world)))
    #expect(world.run(atMost: 10_000) { world.hasEnded("poison") })
  }
}
