import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Orders about tasks: cancel, hold, release, retry, priority.
struct OrderTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 2000
      return outcome
    }
    world = try World(setup)
  }

  static let members = """
    "input": {"count": 6}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}], "retry": {"attempts": 1}
    """

  private func state(_ task: String) -> String? {
    world.summary(task)?["state"]?.string
  }

  private func page(_ task: String) -> JSON? {
    world.files.peek("\(World.root)/running/\(task).json").flatMap { try? JSON.parse($0) }
  }

  private func reason(_ file: String) -> String {
    let bytes = world.files.peek("\(World.root)/failed/@refused/\(file).reason") ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  private var parts: [String] {
    world.files.paths(below: "/data").filter { $0.contains("/.spool.") }
  }

  /// Two jobs run, others lie in ready.
  private func begin(_ members: String = Self.members) throws {
    try world.task("t", members)
    try #require(
      world.run(until: {
        world.runner(1)?.load == 2 && world.jobFiles("ready-cpu").count >= 4
      }))
  }

  // MARK: Cancel

  @Test func cancelLeavesNothing() throws {
    try begin()
    #expect(parts.count == 2)
    try world.order("cancel", "t")
    #expect(world.run(atMost: 5000, until: { state("t") == "cancelled" }))
    #expect(world.settle())
    #expect(world.runner(1)?.killed.count == 2)
    #expect(world.runner(1)?.started.count == 2)
    #expect(parts == [])
    #expect(world.claims == [] && world.jobFiles("ready-cpu") == [])
    #expect(world.summary("t")?["jobs"]?["done"] == 0)
    #expect(world.summary("t")?["reason"]?.string == "cancelled by uid 1000")
    #expect(try SpoolCheck.findings(world) == [])
  }

  /// Also where the pilot dies before it has ended its payloads: the parts are the watcher's then.
  @Test func cancelSweepsWhatADeadPilotLeft() throws {
    try begin()
    world.hold(1)
    try world.order("cancel", "t")
    #expect(world.run(atMost: 5000, until: { state("t") == "cancelled" && world.claims == [] }))
    world.killPilot(1)
    #expect(parts.count == 2)
    #expect(world.settle())
    #expect(parts == [])
  }

  @Test func cancelEndsWhatWaitsForADataset() throws {
    try world.task("t", #""input": "nothing", "command": ["work", "{input}"]"#)
    try #require(world.run(until: { page("t")?["state"]?.string == "waiting" }))
    try world.order("cancel", "t")
    #expect(world.run(atMost: 5000, until: { state("t") == "cancelled" }))
  }

  /// What is done stays done, what was accepted is published, and the dataset says what it lacks.
  @Test func cancelKeepsWhatIsDone() throws {
    try begin()
    try #require(world.run(until: { world.lineCount("datasets/t.jsonl") == 2 }))
    try world.order("cancel", "t")
    #expect(world.settle())
    let done = world.summary("t")?["jobs"]?["done"]?.integer ?? 0
    #expect(done >= 2 && done < 6)
    #expect(world.lines("datasets/t.jsonl").count == done)
    #expect(world.files.paths(below: "/data/out").count == done)
    #expect(try SpoolCheck.findings(world) == [])
  }

  @Test func retryGoesOnAfterCancel() throws {
    try begin(Self.members.replacing("6", with: "200"))
    try world.order("cancel", "t")
    try #require(world.run(until: { state("t") == "cancelled" }))
    world.setup.script = World.writeOutputs
    try world.order("retry", "t")
    #expect(world.run(atMost: 10_000, until: { state("t") == nil && page("t") != nil }))
    #expect(world.settle(atMost: 400_000))
    #expect(state("t") == "done")
    #expect(world.faultsAtTheEnd("t", jobs: 200) == [])
  }

  // MARK: Hold

  @Test func heldTaskLetsRunningJobsEnd() throws {
    try begin()
    try world.order("hold", "t")
    #expect(world.run(atMost: 5000, until: { world.jobFiles("ready-cpu").isEmpty }))
    #expect(world.run(atMost: 5000, until: { world.lineCount("ledger/t.jsonl") == 2 }))
    world.run(for: 10_000)
    #expect(page("t")?["state"]?.string == "held")
    #expect(world.attempts("t").count { $0.hasSuffix(" a1 ok") } == 2)
    #expect(world.runner(1)?.killed == [])
    try world.order("release", "t")
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
    // A number is not put twice (R4).
    #expect(world.attempts("t").suffix(4).allSatisfy { $0.contains(" a2 ok") })
  }

  @Test func aNewWatcherHoldsOn() throws {
    try begin()
    try world.order("hold", "t")
    try #require(world.run(atMost: 5000, until: { world.jobFiles("ready-cpu").isEmpty }))
    world.killWatcher()
    world.run(for: 10_000)
    #expect(world.jobFiles("ready-cpu").isEmpty && world.claims.isEmpty)
    #expect(page("t")?["state"]?.string == "held")
    try world.order("release", "t")
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// The order is committed, and the watcher dies before it has taken back what lies in ready.
  @Test func aNewWatcherTakesBackWhatIsHeld() throws {
    world.hold(1)
    try world.task("t", Self.members)
    try #require(world.run(until: { world.jobFiles("ready-cpu").count == 6 }))
    world.faults.before { party, call, _ in
      party == .watcher && call.operation == .remove && call.path.contains("/ready-cpu/p5-")
        ? .fails(5) : nil
    }
    try world.order("hold", "t")
    #expect(world.run(atMost: 5000, until: { world.journal.contains(#""kind":"hold""#) }))
    world.killWatcher()
    world.faults.clear()
    #expect(world.run(atMost: 5000, until: { world.jobFiles("ready-cpu").isEmpty }))
    world.hold(1, false)
    world.run(for: 5000)
    #expect(world.runner(1)?.started.isEmpty ?? true)
    try world.order("release", "t")
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// What waits for its time stays where it is while the task is held.
  @Test func heldTaskTriesNothingAgain() throws {
    world.setup.script = { _ in .exit(1) }
    try world.task(
      "t", #""input": {"count": 1}, "command": ["w"], "retry": {"attempts": 2, "backoff": "3s"}"#)
    try #require(world.run(until: { world.lineCount("ledger/t.jsonl") == 1 }))
    try world.order("hold", "t")
    world.run(for: 10_000)
    #expect(world.attempts("t") == ["00 a1 exit1"])
    try world.order("release", "t")
    #expect(world.run(atMost: 10_000, until: { state("t") == "failed" }))
    #expect(world.attempts("t") == ["00 a1 exit1", "00 a2 exit1"])
  }

  // MARK: Retry

  /// Only what failed is run again, under new numbers.
  @Test func retryRunsWhatFailed() throws {
    world.setup.script = { payload in
      ["1", "4"].contains(payload.environment["SPOOL_INDEX"])
        ? .exit(7) : World.writeOutputs(payload)
    }
    try world.task("t", Self.members)
    try #require(world.run(until: { state("t") == "failed" }))
    #expect(world.summary("t")?["failures"]?["exit7"] == 2)
    world.setup.script = World.writeOutputs
    try world.order("retry", "t", #""failedOnly": true"#)
    #expect(world.run(atMost: 10_000, until: { state("t") == "done" }))
    #expect(world.settle())
    #expect(world.summary("t")?["failures"] == nil)
    #expect(world.summary("t")?["failedJobs"] == nil)
    #expect(world.names("failed").contains("t.json") == false)
    #expect(Array(world.attempts("t").suffix(2)).sorted() == ["01 a2 ok", "04 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  @Test func retryByCauseWithMoreMemory() throws {
    world.setup.script = Self.hungry
    try world.task("t", Self.members)
    try #require(world.run(until: { state("t") == "failed" }))
    try world.order("retry", "t", #""cause": "memory", "memory": "4GB", "wall": "2h""#)
    #expect(world.run(atMost: 10_000, until: { world.attempts("t").contains("01 a2 ok") }))
    #expect(world.run(atMost: 10_000, until: { state("t") == "failed" }))
    #expect(world.summary("t")?["failures"]?["exit7"] == 1)
    #expect(world.summary("t")?["jobs"]?["done"] == 5)
    #expect(world.runner(1)?.started.last?.memory == 4_000_000_000)
    #expect(world.runner(1)?.started.last?.wall == .seconds(7200))
    #expect(world.summary("t")?["resources"]?["memory"] == 4_000_000_000)
  }

  /// Job 1 wants memory, job 4 fails whatever it has.
  static func hungry(_ payload: Payload) -> FakeOutcome {
    switch payload.environment["SPOOL_INDEX"] {
    case "1" where payload.memory < 4_000_000_000:
      var outcome = FakeOutcome()
      outcome.reason = .memory
      return outcome
    case "4": return .exit(7)
    default: return World.writeOutputs(payload)
    }
  }

  /// A second and third round count from what the last one left, also after a restart.
  @Test func retryAgainAndAgain() throws {
    world.setup.script = { _ in .exit(3) }
    try world.task("t", Self.members)
    try #require(world.run(until: { state("t") == "failed" }))
    for round in 2...3 {
      try world.order("retry", "t", #""cause": "exit""#)
      #expect(world.run(until: { world.lineCount("ledger/t.jsonl") == 6 * round }))
      #expect(world.run(until: { state("t") == "failed" }))
      world.killWatcher()
    }
    world.setup.script = World.writeOutputs
    try world.order("retry", "t")
    #expect(world.run(until: { state("t") == "done" }))
    #expect(world.settle())
    #expect(world.attempts("t").suffix(6).allSatisfy { $0.contains(" a4 ok") })
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// The watcher dies while it takes failed jobs back into work, more than there is room for.
  @Test(arguments: [1, 40, 150, 400]) func retrySurvives(_ steps: Int) throws {
    world.setup.script = { _ in .exit(3) }
    try world.task("t", Self.members.replacing("6", with: "300"))
    try #require(world.run(until: { state("t") == "failed" }))
    world.setup.script = World.writeOutputs
    try world.order("retry", "t")
    try #require(world.run(until: { world.journal.contains(#""kind":"retry""#) }))
    for _ in 0..<steps { world.step() }
    world.killWatcher()
    #expect(world.run(until: { state("t") == "done" }))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 300) == [])
  }

  /// A file over everything waits for the files that a retry brings.
  @Test func retryReopensTheDataset() throws {
    world.setup.script = { payload in
      payload.environment["SPOOL_INDEX"] == "1" ? .exit(7) : World.writeOutputs(payload)
    }
    try world.task("t", Self.members)
    try #require(
      world.run(until: { world.journal.contains(#""dataset":"t","complete":false"#) }))
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 3000
      return outcome
    }
    try world.order("retry", "t")
    try #require(world.run(until: { page("t") != nil }))
    try world.task(
      "all",
      """
      "input": "t", "filesPerJob": "all", "command": ["w", "{inputs}", "{output}"],
      "outputs": [{"path": "/data/out/all.root"}]
      """)
    #expect(world.run(until: { state("all") == "done" }))
    #expect(world.settle())
    let parents = world.lines("datasets/all.jsonl").first?["parents"]?.array
    #expect(parents?.count == 6)
  }

  // MARK: Priority

  @Test func priorityChangesWhatWaits() throws {
    try begin()
    try world.task(
      "late", #""input": {"count": 2}, "command": ["w"], "retry": {"attempts": 1}"#)
    try #require(world.run(until: { world.jobFiles("ready-cpu").count == 6 }))
    try world.order("priority", "late", #""priority": 1"#)
    #expect(
      world.run(
        atMost: 2000,
        until: {
          world.jobFiles("ready-cpu").count { $0.hasPrefix("p1-") && $0.contains(".late.") } == 2
        }))
    #expect(world.run(until: { state("late") == "done" }))
    #expect(world.summary("t") == nil)
    #expect(world.summary("late")?["priority"] == 1)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  // MARK: Refusals

  @Test(arguments: [
    ("cancel", "x", "", "there is no task x; did you mean \"t\"?"),
    ("release", "t", "", "the task t is not held (active)"),
    (
      "retry", "t", #""failedOnly": true"#,
      "there is nothing to try again in t: no job of it failed"
    ),
    (
      "priority", "t", #""priority": 10"#,
      #"key "priority": expected a whole number from 0 to 9, found 10"#
    ),
    ("retry", "t", #""cause": "hunger""#, "\"hunger\" is no cause"),
    ("retry", "t", #""memory": "5""#, #"key "memory": expected from 1MiB"#),
    ("hold", "t", #""tsak": 1"#, #"key "tsak": unknown key; did you mean "task"?"#),
  ])
  func refused(kind: String, task: String, more: String, expected: String) throws {
    try begin()
    let file = try world.order(kind, task, more)
    #expect(world.run(atMost: 12_000, until: { !reason(file).isEmpty }))
    #expect(reason(file).contains(expected), "\(reason(file))")
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  @Test func onlyWhoseItIsMayOrder() throws {
    try begin()
    world.files.owner = 1234
    let file = try world.order("cancel", "t")
    #expect(world.run(atMost: 5000, until: { !reason(file).isEmpty }))
    #expect(reason(file).contains("uid 1234 may not: t is of uid 1000"))
    world.files.owner = 0
    try world.order("cancel", "t")
    #expect(world.run(atMost: 5000, until: { state("t") == "cancelled" }))
  }

  @Test func whatHasEndedCannotBeHeld() throws {
    try world.task("t", Self.members)
    try #require(world.run(until: { state("t") == "done" }))
    for kind in ["cancel", "hold"] {
      let file = try world.order(kind, "t")
      #expect(world.run(atMost: 5000, until: { !reason(file).isEmpty }))
      #expect(reason(file).contains("the task t has ended already (done)"))
    }
    let file = try world.order("retry", "t")
    #expect(world.run(atMost: 5000, until: { !reason(file).isEmpty }))
    #expect(reason(file).contains("nothing to try again in t: all of it is done"))
  }

  /// What is dropped together comes in no order: `cancel.json` sorts before `t.json`.
  @Test func anOrderWaitsForItsTask() throws {
    world.hold(1)
    let file = try world.order("hold", "t")
    try #require(world.run(atMost: 5000, until: { world.names("incoming").isEmpty }))
    try world.task("t", Self.members)
    #expect(world.run(atMost: 5000, until: { page("t")?["state"]?.string == "held" }))
    #expect(reason(file) == "")
  }
}

/// The looks of a check beside a busy watcher.
struct SpoolCheckLookTests {
  /// What a watcher mends between two looks is no finding; what stays is one, after three looks.
  @Test func aPauseComesBeforeEachFurtherLook() throws {
    let world = try World(World.Setup())
    world.run(for: 500)
    let path = "\(World.root)/done/a stranger"
    for isMended in [true, false] {
      try world.files.plant([1], at: path)
      var pauses = 0
      let report = try SpoolCheck(world.spool).run {
        pauses += 1
        if isMended { try? world.files.remove(path) }
      }
      #expect(pauses == (isMended ? 1 : 2))
      #expect(report.findings.contains { $0.place == "done/a stranger" } == !isMended)
    }
  }
}

extension SpoolCheck {
  /// What is found in a world, as text.
  static func findings(_ world: World) throws -> [String] {
    try SpoolCheck(world.spool).run().findings.map { "\($0.kind) \($0.place): \($0.message)" }
  }
}

/// Orders given at random moments of lives in which everything goes wrong: in the end all jobs are
/// done once, and nothing is left.
struct OrderChaosTests {
  @Test(arguments: 1...20) func aLife(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 2
    setup.isOneHost = seed.isMultiple(of: 2)
    setup.script = Self.failsOften
    let world = try World(setup)
    let dice = Dice(seed &+ 1000)
    try world.task("t", Self.members)
    ChaosTests.trouble(world, seed, ChaosTests.Rates())
    for _ in 0..<12 {
      world.run(for: dice.roll(5000) ? 300 : 1500)
      try Self.orderAnything(world, dice)
    }
    world.faults.clear()
    world.setup.script = World.writeOutputs
    // Whatever came of it: what is held goes on, and what has ended otherwise than well does.
    for _ in 0..<40 where world.summary("t")?["state"]?.string != "done" {
      try world.order(world.hasEnded("t") ? "retry" : "release", "t")
      world.run(atMost: 15_000, until: { world.summary("t")?["state"]?.string == "done" })
    }
    #expect(world.settle(), "seed \(seed): \(world.said.suffix(40))")
    // Parts that could not be removed are looked at again after a minute.
    world.run(for: 65_000)
    let text = "seed \(seed): \(world.said.suffix(60)) \(world.errors.suffix(5))"
    #expect(world.faultsAtTheEnd("t", jobs: 80) == [], "\(text)")
  }

  static let members = """
    "input": {"count": 80}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}], "retry": {"attempts": 2, "backoff": "50ms"}
    """

  static func failsOften(_ payload: Payload) -> FakeOutcome {
    let index = Int(payload.environment["SPOOL_INDEX"] ?? "") ?? 0
    let attempt = Int(payload.environment["SPOOL_ATTEMPT"] ?? "") ?? 0
    return (index + attempt).isMultiple(of: 3) ? .exit(1) : World.writeOutputs(payload)
  }

  private static func orderAnything(_ world: World, _ dice: Dice) throws {
    if dice.roll(3000) {
      try world.order("cancel", "t")
    } else if dice.roll(4000) {
      try world.order("hold", "t")
    } else if dice.roll(4000) {
      try world.order("release", "t")
    } else if dice.roll(4000) {
      try world.order("priority", "t", dice.roll(5000) ? #""priority": 1"# : #""priority": 8"#)
    } else {
      try world.order("retry", "t", dice.roll(3000) ? #""failedOnly": true"# : "")
    }
  }
}
