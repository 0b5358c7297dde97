import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// The environment of a payload: whose word counts.
struct PayloadEnvironmentTests {
  private static func world() throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    setup.environment = ["A": "pilot", "B": "pilot", "C": "pilot", "D": "pilot"]
    setup.config.environment = [
      EnvironmentVariable("A", try Template("spool")),
      EnvironmentVariable("B", try Template("spool")),
      EnvironmentVariable("C", try Template("{job} {{x}")),
    ]
    setup.config.setup = .script("/s/spool.sh")
    return try World(setup)
  }

  private func payload(_ world: World, _ task: String) throws -> Payload {
    try #require(world.runner(1)?.started.first { $0.environment["SPOOL_TASK"] == task })
  }

  /// The task's or step's, the chain's, the spool's, the pilot's: the first that says something.
  @Test func theOrderOfWeight() throws {
    let world = try Self.world()
    let task = #""input": {"count": 1}, "command": ["w"]"#
    try world.task("t", task + #", "environment": {"A": "task"}, "setup": "/s/task.sh""#)
    try world.task("u", task + #", "setup": "none""#)
    try world.drop(
      "c.json",
      """
      {"kind": "chain", "name": "c", "input": {"count": 1}, "environment": {"A": "chain", "B": "chain"},
       "setup": "/s/chain.sh",
       "steps": [{"name": "s", "command": ["w"], "environment": {"A": "step"}}]}
      """)
    #expect(world.run { ["t", "u", "c"].allSatisfy(world.hasEnded) })
    let values = { (payload: Payload) in
      ["A", "B", "C", "D"].map { payload.environment[$0] ?? "-" }
    }
    #expect(values(try payload(world, "t")) == ["task", "spool", "t.00000000 {x}", "pilot"])
    #expect(values(try payload(world, "u")) == ["spool", "spool", "u.00000000 {x}", "pilot"])
    #expect(values(try payload(world, "c.s")) == ["step", "chain", "c.s.00000000 {x}", "pilot"])
    #expect(try payload(world, "t").setup == "/s/task.sh")
    #expect(try payload(world, "u").setup == nil)
    #expect(try payload(world, "c.s").setup == "/s/chain.sh")
  }

  @Test func namedValuesAreFilledIn() throws {
    let world = try Self.world()
    try world.task(
      "t",
      """
      "input": {"values": [{"e": 7, "s": "x"}, {"e": 0.5, "s": "{y}"}]},
      "command": ["w", "{output}", "{value.e}", "{value.s}"], "environment": {"A": "{value.s}"},
      "outputs": [{"path": "/d/{value.e}.{index}"}]
      """)
    #expect(world.run { world.hasEnded("t") })
    let started = try #require(world.runner(1)?.started)
    let words = started.map { Array($0.arguments[2...]) + [$0.environment["A"] ?? "-"] }
    #expect(words.sorted { $0[0] < $1[0] } == [["0.5", "{y}", "{y}"], ["7", "x", "x"]])
    #expect(world.summary("t")?["state"] == "done")
    #expect(world.files.peek("/d/7.0") != nil && world.files.peek("/d/0.5.1") != nil)
  }
}
