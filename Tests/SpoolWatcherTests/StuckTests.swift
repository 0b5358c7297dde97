import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// How long a payload may do nothing, from the request to the payload, and what follows (R10).
struct StuckTests {
  private func limit(_ member: String, _ config: StuckLimit) throws -> Int? {
    var setup = World.Setup()
    setup.pilots = 1
    setup.config.stuckAfter = config
    let world = try World(setup)
    try world.task("t", #""input": {"count": 1}, "command": ["w"]"# + member)
    #expect(world.settle())
    return try #require(world.runner(1)?.started.first).stuck?.milliseconds
  }

  @Test func theTasksOwnOrTheSpools() throws {
    #expect(try limit("", SpoolConfig().stuckAfter) == 1_800_000)
    #expect(try limit("", .never) == nil)
    #expect(try limit(#", "stuckAfter": "90s""#, .never) == 90_000)
    #expect(try limit(#", "stuckAfter": "1500ms""#, .after(.milliseconds(5000))) == 1500)
    #expect(try limit(#", "stuckAfter": "never""#, .after(.milliseconds(5000))) == nil)
  }

  /// It is the payload's failure: tried again, within its budget, and told with the time.
  @Test func isTriedAgain() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      if payload.environment["SPOOL_ATTEMPT"] != "3" { outcome.reason = .stuck }
      return outcome
    }
    let world = try World(setup)
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 stuck", "00 a2 stuck", "00 a3 ok"])
    let line = world.lines("ledger/t.jsonl").first
    #expect(line?["class"]?.string == "payload")
    #expect(line?["reason"]?.string == "it printed nothing and used no processor for 30m 00s")
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }
}
