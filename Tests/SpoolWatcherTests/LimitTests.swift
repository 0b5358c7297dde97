import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Limits of tasks, and tokens that tasks share: never more than allowed, and nothing leaks.
struct LimitTests {
  static let seeds = 1...(getenv("SPOOL_LONG") == nil ? 20 : 200)

  private static func world(_ seed: Int = 1, pilots: Int = 2) throws -> World {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = pilots
    setup.slots = 4
    setup.isOneHost = seed.isMultiple(of: 2)
    setup.config.tokens = ["licence": 3]
    return try World(setup)
  }

  private static let members = """
    "input": {"count": 30}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/{job}.root"}], "retry": {"attempts": 9, "backoff": "50ms"}
    """

  private static let limited = members + #", "maxRunning": 3"#

  private static func needing(_ count: Int) -> String {
    members + ", \"resources\": {\"tokens\": {\"licence\": \(count)}}"
  }

  private static func failsOften(_ payload: Payload) -> FakeOutcome {
    let index = Int(payload.environment["SPOOL_INDEX"] ?? "") ?? 0
    let attempt = Int(payload.environment["SPOOL_ATTEMPT"] ?? "") ?? 0
    var outcome = World.writeOutputs(payload)
    if attempt < 4, (index + attempt).isMultiple(of: 3) { outcome = .exit(1) }
    outcome.duration = 40 + index * 17 % 300
    return outcome
  }

  // MARK: What is in use

  /// The number of jobs that lie in ready or with pilots, by task.
  private func present(_ world: World) -> [String: Int] {
    let claims = world.claims.map { String(FilePath.base($0)) }
    let names = world.jobFiles("ready-cpu") + claims
    return Set(names.compactMap { JobName(fileName: $0)?.job })
      .reduce(into: [:]) { $0[$1.task.text, default: 0] += 1 }
  }

  /// The number of those of a task.
  private func present(_ world: World, _ task: String) -> Int { present(world)[task] ?? 0 }

  /// The most jobs of tasks in use at once, each with its factor, as the journal has it since the first
  /// of its segments that is left, if no job was taken back: that is not journalled.
  private func most(_ world: World, _ factors: [String: Int]) throws -> Int {
    var jobs: Set<String> = []
    var most = 0
    for line in world.journal.split(separator: "\n") {
      let record = try JSON.parse(Array(line.utf8.dropFirst(9)))
      let job = record["job"]?.string ?? ""
      switch record["type"]?.string {
      case "formed":
        let task = record["task"]?.string ?? ""
        let first = record["first"]?.integer ?? 0
        for index in 0..<(record["offsets"]?.array?.count ?? 0) {
          jobs.insert(JobID(task: try RecordTexts.name(task), index: first + index).description)
        }
      case "attempt": jobs.insert(job)
      case "failed", "published": jobs.remove(job)
      case "accepted": if (record["result"]?["outputs"]?.array ?? []).isEmpty { jobs.remove(job) }
      default: break
      }
      most = max(most, jobs.reduce(0) { $0 + (factors[String($1.dropLast(9))] ?? 0) })
    }
    return most
  }

  /// Runs until tasks have ended; calls `body` before each step.
  private func run(_ world: World, until tasks: [String], _ body: () -> Void) -> Bool {
    world.run(atMost: 600_000) {
      body()
      return tasks.allSatisfy { world.summary($0)?["state"]?.string == "done" }
    }
  }

  private func disturb(_ world: World, _ dice: Dice) {
    if dice.roll(4) { world.killWatcher() }
    if dice.roll(4), let number = (1...200).first(where: { world.pilot($0) != nil }) {
      world.killPilot(number)
    }
  }

  // MARK: A limit

  /// With retries, dead pilots and watchers, as the journal has it.
  @Test(arguments: seeds) func neverMoreThanTheLimit(seed: Int) throws {
    let world = try Self.world(seed)
    world.setup.script = Self.failsOften
    let dice = Dice(seed)
    try world.task("t", Self.limited)
    try world.task("u", Self.members)
    var (files, free) = (0, 0)
    #expect(
      run(world, until: ["t", "u"]) {
        let present = present(world)
        files = max(files, present["t"] ?? 0)
        free = max(free, present["u"] ?? 0)
        disturb(world, dice)
      }, "seed \(seed)")
    #expect(files == 3)
    #expect(try most(world, ["t": 1]) <= 3)
    #expect(free > 10)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 30) == [], "seed \(seed)")
  }

  /// With holds and other limits besides, as the directories have it.
  @Test(arguments: seeds) func neverMoreThanWasOrdered(seed: Int) throws {
    let world = try Self.world(seed)
    world.setup.script = Self.failsOften
    let dice = Dice(seed)
    try world.task("t", Self.limited)
    var most: [Int] = []
    #expect(
      world.run(atMost: 600_000) {
        most.append(present(world, "t"))
        disturb(world, dice)
        if dice.roll(20) { _ = try? world.order("hold", "t") }
        if dice.roll(40) { _ = try? world.order("release", "t") }
        if dice.roll(20) { _ = try? world.order("limit", "t", #""maxRunning": 2"#) }
        if dice.roll(20) { _ = try? world.order("limit", "t", #""maxRunning": 3"#) }
        return world.summary("t")?["state"]?.string == "done" || world.time.now > 60_000
      })
    #expect(most.max() == 3)
    for _ in 0..<5 where !world.hasEnded("t") {
      try world.order("release", "t")
      world.run(atMost: 60_000, until: { world.hasEnded("t") })
    }
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 30) == [], "seed \(seed)")
  }

  /// A limit that is ordered takes back what is too much, outlives a restart, and can be lifted.
  @Test func anOrder() throws {
    let world = try Self.world(pilots: 0)
    let count = { present(world, "t") }
    try world.task("t", Self.members)
    #expect(world.run(until: { count() == 30 }))
    try world.order("limit", "t", #""maxRunning": 4"#)
    #expect(world.run(atMost: 5000, until: { count() == 4 }))
    #expect(world.summaryInWork("t")?.maxRunning == 4)
    try world.stopWatcher()
    world.startWatcher()
    world.run(for: 5000)
    #expect(count() == 4)
    #expect(
      world.summaryInWork("t")?.waits == [
        "at most 4 of its jobs may run at once; `spool limit t none` lifts that"
      ])
    try world.order("limit", "t", #""maxRunning": "none""#)
    #expect(world.run(atMost: 5000, until: { count() == 30 }))
    world.killWatcher()
    world.run(for: 5000)
    #expect(count() == 30)
    world.addPilot()
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 30) == [])
  }

  /// Of a chain each step has its own limit, and an order holds for all.
  @Test func aChain() throws {
    let world = try Self.world()
    world.setup.script = Self.failsOften
    ChaosTests.plantInputs(world, 20)
    try ChaosTests.dropManifest(world, 20)
    try world.drop(
      "c.json",
      """
      {"kind": "chain", "name": "c", "input": "raw", "steps": [
        {"name": "a", "command": ["w", "{input}", "{output}"], "maxRunning": 2,
         "outputs": [{"path": "/data/out/{stem}.a"}], "retry": {"attempts": 9, "backoff": "50ms"}},
        {"name": "b", "command": ["w", "{input}", "{output}"], "maxRunning": 5,
         "outputs": [{"path": "/data/out/{stem}.b"}], "retry": {"attempts": 9, "backoff": "50ms"}}]}
      """)
    #expect(world.run(until: { world.lineCount("ledger/c.b.jsonl") > 5 }))
    try world.order("limit", "c", #""maxRunning": 1"#)
    var most = (0, 0)
    world.run(for: 2000)
    #expect(
      run(world, until: ["c.a", "c.b"]) {
        let present = present(world)
        most = (max(most.0, present["c.a"] ?? 0), max(most.1, present["c.b"] ?? 0))
      })
    #expect(most.0 <= 1 && most.1 == 1, "\(most)")
    #expect(try self.most(world, ["c.a": 1]) == 2)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("c.b", jobs: 20) == [])
  }

  // MARK: Tokens

  /// Two owners' tasks share three tokens: one needs one for a job, the other two.
  @Test(arguments: seeds) func neverMoreThanThereAre(seed: Int) throws {
    let world = try Self.world(seed)
    world.setup.script = Self.failsOften
    let dice = Dice(seed)
    try world.task("one", Self.needing(1))
    world.files.owner = 1001
    try world.task("two", Self.needing(2))
    world.files.owner = 1000
    var most = 0
    #expect(
      run(world, until: ["one", "two"]) {
        let present = present(world)
        most = max(most, (present["one"] ?? 0) + 2 * (present["two"] ?? 0))
        disturb(world, dice)
      }, "seed \(seed)")
    #expect(most == 3)
    #expect(try self.most(world, ["one": 1, "two": 2]) <= 3)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("one", jobs: 30) == [], "seed \(seed)")
    #expect(world.faultsAtTheEnd("two", jobs: 30) == [], "seed \(seed)")
  }

  /// A task with many jobs does not keep the tokens from another owner's.
  @Test func tokensAreSharedToo() throws {
    let world = try Self.world()
    world.setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = 200
      return outcome
    }
    let members = #""command": ["w"], "resources": {"tokens": {"licence": 1}}"#
    try world.task("many", "\"input\": {\"count\": 100000}, \(members)")
    #expect(world.run(until: { world.lineCount("ledger/many.jsonl") > 50 }))
    world.files.owner = 1001
    let start = world.time.now
    try world.task("few", "\"input\": {\"count\": 12}, \(members)")
    #expect(world.run(atMost: 60_000, until: { world.hasEnded("few") }))
    #expect(world.time.now - start < 10 * 12 * 200 / 3)
  }

  /// A task over everything takes its tokens, too.
  @Test func allInOne() throws {
    let world = try Self.world(pilots: 0)
    ChaosTests.plantInputs(world, 4)
    try ChaosTests.dropManifest(world, 4)
    try world.task("one", Self.needing(1))
    #expect(world.run(until: { present(world, "one") == 3 }))
    let members = #""command": ["w", "{inputs}"], "resources": {"tokens": {"licence": 2}}"#
    try world.task("all", "\"input\": \"raw\", \"filesPerJob\": \"all\", \(members)")
    world.run(for: 15_000)
    #expect(present(world, "all") == 0)
    #expect(
      world.summaryInWork("all")?.waits == ["3 of 3 tokens licence are in use, by one (3)"])
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("all: 3 of 3 tokens licence are in use, by one (3)"), "\(status)")
    try world.order("cancel", "one")
    #expect(world.run(atMost: 5000, until: { present(world, "all") == 1 }))
  }

  /// What can never be had is refused, with what to do.
  @Test(arguments: [
    (#"{"licence": 4}"#, "a job needs 4 tokens licence, and spool.json has 3: ask for fewer"),
    (#"{"lisence": 1}"#, "spool.json has no token lisence (did you mean \"licence\"?): add it"),
    (#"{"root": 1}"#, "spool.json has no token root: add it to \"tokens\" there"),
  ])
  func refused(tokens: String, reason: String) throws {
    let world = try Self.world()
    try world.task(
      "t", "\"input\": {\"count\": 1}, \"command\": [\"w\"], \"resources\": {\"tokens\": \(tokens)}"
    )
    let path = "\(World.root)/failed/@refused/t.json.reason"
    #expect(world.run(atMost: 5000, until: { world.files.peek(path) != nil }))
    let text = String(decoding: world.files.peek(path) ?? [], as: UTF8.self)
    #expect(text.hasPrefix("key \"resources.tokens\": \(reason)"), "\(text)")
  }
}

extension World {
  /// The page of a task that is in work.
  func summaryInWork(_ task: String) -> TaskSummary? {
    let bytes = files.peek("\(World.root)/running/\(task).json") ?? []
    return (try? JSON.parse(bytes)).flatMap { TaskSummary($0) }
  }
}
