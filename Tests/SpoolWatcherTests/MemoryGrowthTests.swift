import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// A memory limit grows, and never beyond every pilot, where the job would wait for ever.
struct MemoryGrowthTests {
  @Test func boundedByTheLargestPilot() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    let limits = Log<Int64>()
    setup.script = { payload in
      limits.add(payload.memory)
      var outcome = FakeOutcome()
      outcome.status = .signalled(9)
      outcome.reason = .memory
      return outcome
    }
    let world = try World(setup)
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w"], "resources": {"memory": "6GB"},
      "retry": {"attempts": 9, "backoff": "1s"}
      """)
    #expect(world.run(atMost: 30_000) { world.hasEnded("t") })
    // Two cores of 4 GB each.
    #expect(limits.all == [6_000_000_000, 8_000_000_000])
    let reason = world.lines("ledger/t.jsonl").last?["reason"]?.string ?? ""
    #expect(reason.contains("no pilot has more than 8.0 GB"), "\(reason)")
  }
}
