import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Ended tasks that are forgotten: what goes, what stays, and what keeps a task from it.
struct ForgetTests {
  let world: World

  static func setup() -> World.Setup {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = ArchiveTests.work
    return setup
  }

  init() throws { world = try World(Self.setup()) }

  static let copies = """
    "input": "t", "command": ["w", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{task}.{stem}.copy"}], "retry": {"attempts": 1}
    """

  private func run(_ task: String, _ members: String = ArchiveTests.members) throws {
    try world.task(task, members)
    try #require(
      world.run(until: { world.hasEnded(task) && world.isQuiet }), "\(world.said.suffix(9))")
  }

  static func isGone(_ world: World, _ task: String) -> Bool {
    ArchiveTests.paths(world, of: task).isEmpty && world.names("datasets").isEmpty
  }

  private func refusal(of name: String) -> String? {
    world.run(atMost: 10_000, until: { world.refusal(name) != nil })
    return world.refusal(name)
  }

  private var findings: [SpoolCheck.Finding] {
    get throws { try SpoolCheck(world.spool).run().findings }
  }

  @Test func itsRecordsGoAndItsFilesStay() throws {
    try run("t")
    let files = world.files.paths(below: "/data/out")
    try world.order("forget", "t")
    #expect(world.run(atMost: 3000, until: { Self.isGone(world, "t") }))
    world.run(for: 3000)
    #expect(world.files.paths(below: "/data/out") == files && files.count == 3)
    #expect(Self.isGone(world, "t") && world.isQuiet)
    #expect(try findings == [])
    world.killWatcher()
    world.run(for: 5000)
    #expect(Self.isGone(world, "t"))
    #expect(try findings == [])
  }

  /// The same campaign again, dropped in the same moment as the order: its dataset is a new one.
  @Test func theNameIsFreeForTheNext() throws {
    try run("t")
    let first = world.summary("t")?["incarnation"]?.string
    for path in world.files.paths(below: "/data/out") { try world.files.remove(path) }
    world.setup.script = World.writeOutputs
    try world.order("forget", "t")
    try world.task("t", ArchiveTests.members)
    let isNew = world.run(atMost: 30_000) {
      world.summary("t").map { $0["incarnation"]?.string != first } ?? false
    }
    #expect(isNew && world.settle())
    #expect(world.refusal("t.json") == nil)
    #expect(world.faultsAtTheEnd("t", jobs: 4) == [])
    #expect(world.attempts("t").count == 4)
  }

  /// Also while what was packed is being removed, which a dead watcher left undone.
  @Test(arguments: [true, false]) func aPackedTaskToo(isWhole: Bool) throws {
    var setup = Self.setup()
    setup.config.packAfter = .after(.milliseconds(2000))
    let world = try World(setup)
    try world.task("t", ArchiveTests.members)
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    try #require(world.run(until: { !world.hasEnded("t") && world.names("logs").isEmpty }))
    if isWhole { world.run(for: 500) } else { world.killWatcher() }
    try world.order("forget", "t")
    #expect(world.run(atMost: 10_000, until: { Self.isGone(world, "t") }))
    world.run(for: 3000)
    #expect(try SpoolCheck(world.spool).run().findings == [])
    #expect(world.files.paths(below: "/data/out").count == 3)
  }

  @Test func aChainGoesAsAWhole() throws {
    world.setup.script = ChainTests.work
    ChaosTests.plantInputs(world, 8)
    try world.drop("run.json", ChainTests.chain)
    try ChaosTests.dropManifest(world, 8)
    #expect(world.run(until: { world.hasEnded("run") && world.isQuiet }))
    let step = try world.order("forget", "run.select")
    #expect(refusal(of: step)?.contains("is a step of the chain run: forget run") == true)
    try world.order("forget", "run")
    #expect(world.run(atMost: 5000, until: { ArchiveTests.paths(world, of: "run").isEmpty }))
    world.run(for: 3000)
    // What it read is not its own.
    #expect(world.names("datasets").allSatisfy { $0.hasPrefix("raw.") })
    #expect(try findings == [])
    for path in world.files.paths(below: "/data/out") { try world.files.remove(path) }
    try world.drop("run.json", ChainTests.chain)
    #expect(world.run(until: { world.hasEnded("run") && world.isQuiet }))
    #expect(world.summary("run")?["state"] == "done")
    #expect(try findings == [])
  }

  // MARK: What keeps a task from it

  @Test func notInWork() throws {
    world.setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = 5000
      return outcome
    }
    try world.task("t", #""input": {"count": 1}, "command": ["w"]"#)
    try #require(world.run(until: { world.page(ofTask: "t") != nil }))
    let order = try world.order("forget", "t")
    #expect(refusal(of: order)?.contains("the task t is in work (active): cancel it first") == true)
    let unknown = try world.order("forget", "u")
    #expect(refusal(of: unknown)?.contains("there is no task u; did you mean \"t\"?") == true)
    #expect(world.page(ofTask: "t") != nil)
  }

  @Test func othersMayNot() throws {
    try run("t")
    world.files.owner = 1234
    let order = try world.order("forget", "t")
    #expect(refusal(of: order)?.contains("uid 1234 may not: t is of uid 1000") == true)
    #expect(world.hasEnded("t"))
  }

  @Test func notWhileItsDatasetIsRead() throws {
    try run("t")
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 5000
      return outcome
    }
    try world.task("u", Self.copies)
    try #require(world.run(until: { world.page(ofTask: "u")?["state"] == "active" }))
    let order = try world.order("forget", "t")
    let words = "the task u reads its dataset t, and has not ended"
    #expect(refusal(of: order)?.contains(words) == true)
    #expect(world.run(until: { world.hasEnded("u") && world.isQuiet }))
    #expect(world.summary("u")?["state"] == "done")
  }

  @Test func notWhileOneComesAfterIt() throws {
    try run("t")
    try world.task("u", #""input": {"count": 1}, "command": ["w"], "after": ["t", "v"]"#)
    try #require(world.run(until: { world.page(ofTask: "u") != nil }))
    let order = try world.order("forget", "t")
    #expect(refusal(of: order)?.contains("the task u, which comes after it") == true)
  }

  /// A failed job would read the files of another life.
  @Test func aReaderThatEndedIsNotTriedAgain() throws {
    try run("t")
    world.setup.script = { _ in .exit(1) }
    try run("u", Self.copies)
    let order = try world.order("forget", "t")
    #expect(refusal(of: order)?.contains("3 jobs of it failed") == true)
    world.setup.script = World.writeOutputs
    try world.order("retry", "u")
    #expect(world.run(until: { world.summary("u")?["state"] == "done" && world.isQuiet }))
    try world.order("forget", "t")
    #expect(world.run(atMost: 3000, until: { !world.hasEnded("t") }))
    for path in world.files.paths(below: "/data/out") where !path.hasSuffix(".copy") {
      try world.files.remove(path)
    }
    try run("t", ArchiveTests.members.replacing("4", with: "9"))
    for _ in 0..<2 {
      let retry = try world.order("retry", "u")
      let words = "the dataset t, which u read, is forgotten"
      #expect(refusal(of: retry)?.contains(words) == true)
      // Also for the next watcher, which reads a checkpoint.
      world.killWatcher()
    }
    #expect(world.lines("datasets/u.jsonl").count == 3)
    #expect(world.lines("datasets/t.jsonl").count == 9)
  }

  /// A dataset that another task fills, too, stays as long as that task is known.
  @Test func aSharedDatasetStays() throws {
    let both = ArchiveTests.members.replacing(
      "{index}.root\"", with: "{index}.root\", \"dataset\": \"both\"")
    try world.task("u", both)
    try run("t", both)
    try #require(world.run(until: { world.hasEnded("u") && world.isQuiet }))
    try world.order("forget", "t")
    #expect(world.run(atMost: 3000, until: { ArchiveTests.paths(world, of: "t").isEmpty }))
    world.run(for: 2000)
    #expect(world.lines("datasets/both.jsonl").count == 6)
    try world.task("t", both)
    #expect(refusal(of: "t.json")?.contains("of the dataset both, which u fills, too") == true)
    try world.order("forget", "u")
    #expect(world.run(atMost: 3000, until: { Self.isGone(world, "u") }))
    #expect(try findings == [])
  }

  /// Another person's manifest keeps the dataset.
  @Test func anothersFilesKeepTheDataset() throws {
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 3000
      return outcome
    }
    try world.task("t", ArchiveTests.members)
    try #require(world.run(until: { world.page(ofTask: "t") != nil }))
    world.files.owner = 1234
    ChaosTests.plantInputs(world, 1)
    try world.drop(
      "t.jsonl", "{\"kind\": \"dataset\", \"name\": \"t\"}\n{\"path\": \"/data/f0.raw\"}\n")
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    world.files.owner = 1000
    try world.order("forget", "t")
    #expect(world.run(atMost: 3000, until: { !world.hasEnded("t") }))
    world.run(for: 2000)
    #expect(world.lines("datasets/t.jsonl").count == 5)
  }
}

/// A task is forgotten and dropped anew, with something going wrong at the N-th call of the watcher,
/// for every N: in the end the new one is complete, and nothing of the old one is left.
struct ForgetEveryCallTests {
  typealias Trouble = EveryCallTests.Trouble

  private static func life() throws -> World {
    let world = try World(ForgetTests.setup())
    try world.task("t", ArchiveTests.members)
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    try world.files.plant([], at: "\(World.root)/logs/t/empty-00112233.log")
    for path in world.files.paths(below: "/data/out") { try world.files.remove(path) }
    world.setup.script = World.writeOutputs
    return world
  }

  @Test(arguments: Trouble.allCases) func forgetting(_ trouble: Trouble) throws {
    var call = 1
    while true {
      let world = try Self.life()
      let nth = NthCall(call)
      trouble.apply(to: world, .watcher, nth)
      try world.order("forget", "t")
      let isGone = world.run(atMost: 30_000, until: { ForgetTests.isGone(world, "t") })
      let hasCome = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
      world.faults.clear()
      if !isGone { world.run(for: 100_000) }
      let text = "\(trouble) at call \(call): \(world.said.suffix(20)) \(world.errors.suffix(5))"
      #expect(ForgetTests.isGone(world, "t"), "\(ArchiveTests.paths(world, of: "t")) \(text)")
      // The watcher may yet have to record that all is gone.
      try world.task("t", ArchiveTests.members)
      let isDone = world.run(atMost: 100_000, until: { world.hasEnded("t") && world.isQuiet })
      #expect(isDone, "\(text)")
      world.run(for: 6000)
      let wrong = world.faultsAtTheEnd("t", jobs: 4).filter { !$0.hasPrefix("foreign") }
      #expect(wrong == [], "\(text)")
      guard hasCome else { break }
      call += 1
      try #require(call < 1000)
    }
    // Few calls write; a death at any of the others leaves nothing torn.
    #expect(call > 2, "\(trouble) came \(call) times")
  }
}
