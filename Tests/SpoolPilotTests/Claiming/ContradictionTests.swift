import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// A job's file that holds something else than its name says is never run, and no attempt runs twice.
struct ContradictionTests {
  private static let members = """
    "input": {"count": 2}, "command": ["w", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}]
    """

  /// A world without a pilot, with two jobs in ready.
  private func world(lasting milliseconds: Int = 2000) throws -> (World, [String]) {
    var setup = World.Setup()
    setup.pilots = 0
    setup.slots = 4
    setup.restartAfter = nil
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = milliseconds
      return outcome
    }
    let world = try World(setup)
    try world.task("t", Self.members)
    try #require(world.run { world.jobFiles("ready-cpu").count == 2 })
    return (world, world.jobFiles("ready-cpu").sorted().map { "\(World.root)/ready-cpu/\($0)" })
  }

  /// The parts that payloads were started to write, each as often as it was.
  private func parts(_ world: World) -> [String] {
    (world.runner(1)?.started ?? []).flatMap(\.arguments).filter { $0.contains("/.spool.") }
  }

  private func expectNoPartTwice(_ world: World) {
    let parts = parts(world)
    #expect(Set(parts).count == parts.count, "\(parts)")
  }

  private func hasSaidTorn(_ world: World, _ why: String) -> Bool {
    let names = ["done", "failed", "ledger", "journal"]
    let texts = names.flatMap { world.files.paths(below: "\(World.root)/\($0)") }
      .compactMap { world.files.peek($0) }.map { String(decoding: $0, as: UTF8.self) }
    return texts.contains { $0.contains(#""cause":"torn""#) && $0.contains(why) }
  }

  /// A copy under another priority, while the job runs.
  @Test func aCopyBesideTheJob() throws {
    let (world, ready) = try world()
    let bytes = try #require(world.files.peek(ready[0]))
    try world.files.plant(bytes, at: ready[0].replacing("/p5-", with: "/p0-"))
    world.addPilot()
    #expect(world.run { world.hasEnded("t") })
    expectNoPartTwice(world)
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [])
    #expect(hasSaidTorn(world, "attempt 1 of t.00000000 came to this pilot before"))
  }

  /// A copy that comes when the job has ended, and its part may be the watcher's already.
  @Test(arguments: [1, 20, 200, 2000]) func aCopyAfterTheJob(milliseconds: Int) throws {
    let (world, ready) = try world(lasting: 10)
    let bytes = try #require(world.files.peek(ready[0]))
    world.addPilot()
    try #require(world.run { world.runner(1)?.started.count == 2 && world.runner(1)?.load == 0 })
    world.run(for: milliseconds)
    try world.files.plant(bytes, at: ready[0].replacing("/p5-", with: "/p0-"))
    world.run(for: 5000)
    expectNoPartTwice(world)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [])
  }

  /// Another job's contents, or another attempt's, under this name.
  @Test(arguments: [
    (#""job":"t.00000000""#, #""job":"t.00000001""#), (#""attempt":1"#, #""attempt":2"#),
    (#""job":"t.00000000""#, #""job":"u.00000000""#), (#""wall":3600"#, #""wall":360000"#),
    (#""memory":"#, #""memory":9"#),
  ]) func otherContents(_ own: String, _ other: String) throws {
    let (world, ready) = try world()
    let text = String(decoding: try #require(world.files.peek(ready[0])), as: UTF8.self)
    try #require(text.contains(own))
    try world.files.plant(Array(text.replacing(own, with: other).utf8), at: ready[0])
    world.addPilot()
    try #require(world.run { world.runner(1)?.started.count == 1 })
    world.run(for: 1000)
    #expect(world.runner(1)?.started.map { $0.environment["SPOOL_JOB"] } == ["t.00000001"])
    #expect(!world.claims.contains { $0.contains("t.00000000.a1") })
    expectNoPartTwice(world)
    #expect(world.run { world.attempts("t").contains("01 a1 ok") })
  }

  @Test func theNameIsCompared() throws {
    let document = try Sample.document()
    func contradiction(_ name: String) throws -> String? {
      try #require(JobName(fileName: name)).contradiction(to: document)
    }
    let shape = "c1.m1908.g0.w600.json"
    #expect(try contradiction("p5.run42.reco.00000017.a1.\(shape)") == nil)
    #expect(try contradiction("p0.run42.reco.00000017.a1.c9.m4000.g2.w700.json") == nil)
    #expect(
      try contradiction("p5.run42.reco.00000018.a1.\(shape)")
        == "it holds attempt 1 of run42.reco.00000017")
    #expect(try contradiction("p5.run42.reco.00000017.a2.\(shape)") != nil)
    #expect(try contradiction("p5.run42.00000017.a1.\(shape)") != nil)
    #expect(try contradiction("p5.run42.reco.00000017.a1.c1.m1907.g0.w600.json") != nil)
    #expect(try contradiction("p5.run42.reco.00000017.a1.c1.m1908.g0.w599.json") != nil)
  }

  /// As many as are remembered, the latest.
  @Test func endedAttemptsAreBounded() throws {
    var document = try Sample.document()
    var ended = EndedAttempts()
    func attempt(_ number: Int) -> AttemptID {
      document.attempt = number
      return AttemptID(document)
    }
    for number in 1...(EndedAttempts.most + 10) {
      ended.insert(attempt(number))
      ended.insert(attempt(number))
    }
    #expect(!ended.contains(attempt(10)) && ended.contains(attempt(11)))
    #expect(ended.contains(attempt(EndedAttempts.most + 10)))
    document.incarnation = "other"
    #expect(!ended.contains(attempt(11)))
  }
}
