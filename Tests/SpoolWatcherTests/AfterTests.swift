import SpoolPilot
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// Tasks that begin after others, or not before a time.
struct AfterTests {
  private static let one = #""input": {"count": 1}, "command": ["work"]"#

  private static func world(_ script: (@Sendable (String) -> FakeOutcome)? = nil) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    if let script {
      setup.script = { script($0.environment["SPOOL_TASK"] ?? "") }
    }
    return try World(setup)
  }

  private func waits(_ world: World, _ task: String) -> String? {
    world.page(ofTask: task)?["waits"]?.array?.first?.string
  }

  /// Dropped in the wrong order, too; also over a restart.
  @Test func oneTaskComesAfterAnother() throws {
    let world = try Self.world { task in
      var outcome = FakeOutcome()
      if task == "a" { outcome.duration = 4000 }
      return outcome
    }
    try world.task("b", Self.one + #", "after": ["a"]"#)
    #expect(world.run { waits(world, "b") == "it waits for a, which is not there yet" })
    #expect(world.page(ofTask: "b")?["state"] == "waiting")
    try world.task("a", #""input": {"count": 3}, "command": ["work"]"#)
    #expect(world.run { waits(world, "b") == "it waits for the end of a" })
    world.killWatcher()
    #expect(world.run { world.hasEnded("b") })
    #expect(world.summary("a")?["state"] == "done" && world.summary("b")?["state"] == "done")
    let last = world.lines("ledger/a.jsonl").compactMap { $0["ended"]?.integer }.max() ?? .max
    let first = try #require(world.lines("ledger/b.jsonl").first?["started"]?.integer)
    #expect(first >= last)
  }

  /// What did not end well waits for a person: for a retry, or for the word to go on.
  @Test(arguments: ["retry", "release"]) func afterAFailure(_ order: String) throws {
    let isMended = Flag()
    let world = try Self.world { task in
      task == "a" && !isMended.isSet ? .exit(3) : FakeOutcome()
    }
    try world.task("a", Self.one + #", "retry": {"attempts": 1}"#)
    try world.task("b", Self.one + #", "after": "a""#)
    #expect(world.run { waits(world, "b")?.hasPrefix("it waits for a, which is failed") == true })
    world.run(for: 5000)
    #expect(world.attempts("b").isEmpty)
    isMended.set()
    try world.order(order, order == "retry" ? "a" : "b")
    #expect(world.run { world.hasEnded("b") })
    #expect(world.attempts("b") == ["00 a1 ok"])
  }

  @Test func whatNeverComes() throws {
    let world = try Self.world()
    try world.task("b", Self.one + #", "after": ["nobody"]"#)
    #expect(world.run(atMost: 120_000) { world.hasEnded("b") })
    #expect(
      world.summary("b")?["reason"]
        == "nobody, after which it was to run, did not come within 1m 00s")
  }

  @Test func aCircleIsRefused() throws {
    let world = try Self.world()
    try world.task("a", Self.one + #", "after": ["b"]"#)
    #expect(world.run { world.page(ofTask: "a") != nil })
    let name = try world.task("b", Self.one + #", "after": ["a"]"#)
    #expect(world.run { world.refusal(name) != nil })
    #expect(world.refusal(name) == "key \"after\": b would wait for its own end\n")
  }

  @Test func notBeforeATime() throws {
    let world = try Self.world()
    let time = world.time.timestamp + .seconds(60)
    let text = "\(time)".replacing(" UTC", with: "Z").replacing(" ", with: "T")
    try world.task("t", Self.one + ", \"notBefore\": \"\(text)\"")
    #expect(world.run { waits(world, "t") == "it is not to begin before \(time)" })
    world.run(for: 50_000)
    #expect(world.attempts("t").isEmpty)
    #expect(world.run(atMost: 20_000) { world.hasEnded("t") })
  }

  /// A switch of a test that its payloads see.
  private final class Flag: @unchecked Sendable {
    // One world is on one thread.
    private(set) var isSet = false
    func set() { isSet = true }
  }
}
