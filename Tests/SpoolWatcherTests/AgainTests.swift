import SpoolModel
import SpoolPilot
import SpoolTesting
import SpoolWatcher
import Testing

/// What users do again: the same request, and failed jobs, in other ways than before.
struct AgainTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = { payload in
      payload.arguments.contains("bad") ? .exit(3) : World.writeOutputs(payload)
    }
    world = try World(setup)
  }

  static let bad = """
    "input": {"count": 6}, "command": ["w", "bad", "{output}"], "retry": {"attempts": 1},
    "outputs": [{"path": "out/{task}.{index}"}]
    """

  private func ran(_ task: String) throws {
    try #require(world.run(until: { world.hasEnded(task) && world.isQuiet }))
  }

  private func refusal(of name: String) -> String? {
    world.run(atMost: 10_000, until: { world.refusal(name) != nil })
    return world.refusal(name)
  }

  // MARK: The same request

  /// While it is in work, once it has ended, and for the next watcher; also with its paths written
  /// otherwise.
  @Test func theSameRequestIsTheSameTask() throws {
    let members = Self.bad.replacing("\"bad\", ", with: "")
    try world.task("t", members)
    try #require(world.run(until: { world.page(ofTask: "t") != nil }))
    for round in 0..<3 {
      let same = round == 1 ? members.replacing("out/", with: "/data/out/") : members
      try world.drop("again.json", "{\"kind\": \"task\", \"name\": \"t\", \(same)}")
      #expect(world.run(atMost: 10_000, until: { world.names("incoming").isEmpty }))
      try ran("t")
      if round == 1 { world.killWatcher() }
    }
    world.run(for: 3000)
    #expect(world.refusal("again.json") == nil)
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
    try world.task("t", Self.bad)
    let words =
      "there is a task t already (done): choose another name, or free this one with `spool forget t`"
    #expect(refusal(of: "t.json")?.contains(words) == true)
  }

  @Test func theSameChainIsTheSameChain() throws {
    world.setup.script = ChainTests.work
    ChaosTests.plantInputs(world, 8)
    try world.drop("run.json", ChainTests.chain)
    try ChaosTests.dropManifest(world, 8)
    try ran("run")
    try world.drop("run.json", ChainTests.chain)
    world.run(for: 5000)
    #expect(world.refusal("run.json") == nil && world.names("incoming").isEmpty)
    try world.drop("run.json", ChainTests.chain.replacing("\"merge\"", with: "\"join\""))
    #expect(refusal(of: "run.json")?.contains("there is a chain run already (done)") == true)
  }

  // MARK: Some jobs

  @Test func someJobsAreTriedAgain() throws {
    try world.task("t", Self.bad)
    try ran("t")
    world.setup.script = World.writeOutputs
    try world.order("retry", "t", #""jobs": "1-2,00000004,9""#)
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try ran("t")
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 3)
    #expect(
      world.lines("datasets/t.jsonl").compactMap { $0["path"]?.string }.sorted()
        == ["1", "2", "4"].map { "/data/out/t.\($0)" })
    let none = try world.order("retry", "t", #""jobs": "1-2""#)
    let words = "key \"jobs\": no job of t with a number of 1-2 failed for good: failed are 0, 3, 5"
    #expect(refusal(of: none)?.contains(words) == true, "\(world.refusal(none) ?? "")")
    try world.order("retry", "t")
    world.run(for: 1000)
    try ran("t")
    #expect(world.summary("t")?["state"] == "done")
  }

  // MARK: Another command

  /// It holds for the next watcher, too, and after a checkpoint.
  @Test func anotherCommand() throws {
    try world.task("t", Self.bad)
    try ran("t")
    try world.order("retry", "t", #""jobs": "0-3", "command": ["w", "good", "{output}"]"#)
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try ran("t")
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 4)
    world.killWatcher()
    try world.order("retry", "t")
    #expect(world.run(atMost: 10_000, until: { world.summary("t") == nil }))
    try ran("t")
    #expect(world.faultsAtTheEnd("t", jobs: 6).filter { !$0.contains("lines in") } == [])
    // The request as it was accepted is the one that counts as the same.
    try world.task("t", Self.bad)
    world.run(for: 5000)
    #expect(world.refusal("t.json") == nil)
  }

  @Test(arguments: [
    (#"["w", "{input}"]"#, "key \"command[1]\""), (#"["w", "{outptu}"]"#, "{output}"),
    ("[]", "expected at least the program"), (#"["w", "{output:x}"]"#, "x"),
  ])
  func aCommandIsCheckedAsInATask(command: String, expected: String) throws {
    try world.task("t", Self.bad)
    try ran("t")
    let order = try world.order("retry", "t", "\"command\": \(command)")
    #expect(refusal(of: order)?.contains(expected) == true, "\(world.refusal(order) ?? "")")
    #expect(world.summary("t")?["state"] == "failed")
  }

  @Test func notForAWholeChain() throws {
    world.setup.script = { _ in .exit(1) }
    ChaosTests.plantInputs(world, 8)
    try world.drop("run.json", ChainTests.chain)
    try ChaosTests.dropManifest(world, 8)
    try #require(
      world.run(until: { world.page(ofTask: "run.decode") == nil && world.hasEnded("run.decode") }))
    for more in [#""jobs": "1""#, #""command": ["w"]"#] {
      let order = try world.order("retry", "run", more)
      let words = "run is a chain: name one of its steps, as run.decode"
      #expect(refusal(of: order)?.contains(words) == true)
    }
  }

  // MARK: More time

  @Test func wallTimeGrows() throws {
    let walls = Log<Int>()
    world.setup.script = { payload in
      walls.add(payload.wall.milliseconds)
      if payload.wall >= .seconds(4) { return World.writeOutputs(payload) }
      var outcome = FakeOutcome()
      outcome.duration = payload.wall.milliseconds
      outcome.status = .signalled(15)
      outcome.reason = .wall
      return outcome
    }
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w", "{output}"], "outputs": [{"path": "/data/out/{index}"}],
      "resources": {"wall": "1s"}, "retry": {"attempts": 3, "backoff": "100ms", "growWall": 2}
      """)
    world.run(for: 1800)
    world.killWatcher()
    try ran("t")
    #expect(walls.all == [1000, 2000, 4000])
    #expect(world.attempts("t") == ["00 a1 wall", "00 a2 wall", "00 a3 ok"])
  }
}
