import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Jobs that are not done when their payload ends, and go on from their checkpoint.
struct CheckpointTests {
  /// From what a payload went on.
  struct Start: Hashable {
    var job: String
    var state: Int
    var resumed: String
  }

  static let members = """
    "input": {"count": 2}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}],
    "retry": {"attempts": 1}, "checkpoint": {"file": "state.bin", "resumes": 5}
    """

  static func world(
    runs: Int, pilots: Int = 1, duration: Int = 20, _ log: Log<Start> = Log()
  ) throws -> World {
    var setup = World.Setup()
    setup.pilots = pilots
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.runs = runs
      outcome.duration = duration
      outcome.onResume = { log.add(Start(job: $0, state: $1, resumed: $2)) }
      return outcome
    }
    return try World(setup)
  }

  /// What lies in `checkpoints/`.
  private func kept(_ world: World) -> [String] {
    world.files.paths(below: "\(World.root)/checkpoints")
  }

  /// No attempt is lost: each goes on where the last one has ended.
  @Test func aJobGoesOn() throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 4, pilots: 2, log)
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") }))
    for job in ["t.00000000", "t.00000001"] {
      #expect(
        log.all.filter { $0.job == job }
          == (0..<4).map { Start(job: job, state: $0, resumed: "\($0)") })
    }
    #expect(world.attempts("t").count { $0.hasSuffix("unfinished") } == 6)
    #expect(world.attempts("t").count { $0.hasSuffix("ok") } == 2)
    #expect(world.summary("t")?["state"]?.string == "done")
    #expect(world.settle())
    #expect(kept(world) == [])
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [])
  }

  /// Only the newest is kept, and the journal says which it is, also after a restart.
  @Test func theNewestCounts() throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 5, duration: 3000, log)
    try world.task("t", Self.members.replacing("2", with: "1", maxReplacements: 1))
    #expect(world.run(until: { log.all.count == 3 }))
    world.killWatcher()
    #expect(world.run(until: { log.all.count == 4 }))
    let names = kept(world).filter { $0.contains("@") }
    #expect(names.count { $0.contains(".a3@") } == 1)
    #expect(try SpoolCheck(world.spool).run().findings == [])
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(log.all.map(\.state) == [0, 1, 2, 3, 4])
    #expect(world.settle())
    #expect(kept(world) == [])
  }

  /// When a node dies the last kept checkpoint counts.
  @Test func aNodeDies() throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 3, duration: 2000, log)
    try world.task("t", Self.members)
    #expect(world.run(until: { log.all.count { $0.state == 1 } == 2 }))
    world.killPilot(1)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(log.all.count { $0.state == 0 } == 2)
    #expect(log.all.count { $0.state == 1 } == 4)
    #expect(world.attempts("t").count { $0.hasSuffix("lost") } == 2)
    #expect(world.settle())
    #expect(kept(world) == [])
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [])
  }

  /// A payload that is told to stop, because its pilot leaves, goes on elsewhere.
  @Test func aPilotLeaves() throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 2, duration: 50_000, log)
    let script = world.setup.script
    world.setup.script = { payload in
      var outcome = script(payload)
      outcome.stopped = (.exited(85), 1000)
      if payload.environment["SPOOL_RESUMED"] != "0" { outcome.duration = 20 }
      return outcome
    }
    try world.task("t", Self.members + #", "stop": {"signal": "USR1", "grace": "30s"}"#)
    #expect(world.run(until: { world.runner(1)?.load == 2 }))
    world.pilot(1)?.giveBack()
    world.addPilot()
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.runner(1)?.stops.map(\.grace) == [.seconds(30), .seconds(30)])
    #expect(log.all.map(\.state).sorted() == [0, 0, 1, 1])
    #expect(world.attempts("t").count { $0.hasSuffix("unfinished") } == 2)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [])
  }

  /// A job that never gets done fails in the end, and says why.
  @Test func thereIsALimit() throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 1000, log)
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(log.all.map(\.state).max() == 5)
    #expect(world.summary("t")?["failures"]?["unfinished"]?.integer == 2)
    let last = try #require(world.lines("ledger/t.jsonl").last)
    #expect(last["final"]?.bool == true && last["class"]?.string == "returned")
    #expect(
      last["reason"]?.string
        == "it has gone on 5 times, as many as checkpoint.resumes allows, and is not done")
    #expect(world.settle())
    #expect(kept(world) == [])
  }

  /// Only tasks that name a checkpoint take part.
  @Test func withoutTheKey() throws {
    let world = try Self.world(runs: 1000)
    try world.task("t", #""input": {"count": 1}, "command": ["w"], "retry": {"attempts": 1}"#)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.attempts("t") == ["00 a1 exit85"])
    #expect(kept(world) == [])
  }

  @Test(arguments: ["", ", \"maxSize\": \"2B\""]) func nothingToGoOnFrom(_ limit: String) throws {
    let world = try Self.world(runs: 1)
    world.setup.script = { payload in
      var outcome = FakeOutcome.exit(85)
      if !limit.isEmpty {
        outcome.checkpoint = (payload.environment["SPOOL_CHECKPOINT"] ?? "", [1, 2, 3])
      }
      return outcome
    }
    try world.task("t", Self.members.replacing("\"resumes\": 5", with: "\"resumes\": 5\(limit)"))
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.attempts("t").sorted() == ["00 a1 output", "01 a1 output"])
    let reason = world.lines("ledger/t.jsonl").first?["reason"]?.string ?? ""
    #expect(reason.contains(limit.isEmpty ? "left no state.bin" : "larger than 2 B"))
    #expect(world.settle())
    #expect(kept(world) == [])
  }

  @Test(arguments: ["cancel", "forget"]) func goesWithItsTask(_ kind: String) throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 9, duration: 3000, log)
    try world.task("t", Self.members)
    #expect(world.run(until: { log.all.count { $0.state == 1 } == 2 }))
    #expect(kept(world).count > 2)
    try world.order("cancel", "t")
    #expect(world.run(until: { world.hasEnded("t") }))
    if kind == "forget" {
      try world.order("forget", "t")
      #expect(world.run(until: { !world.hasEnded("t") && world.names("ledger").isEmpty }))
    }
    world.run(for: 5000)
    #expect(kept(world) == [])
    // What was left of it is no checkpoint for a retry.
    guard kind == "cancel" else { return }
    world.setup.script = World.writeOutputs
    try world.order("retry", "t")
    #expect(world.run(until: { world.summary("t")?["state"]?.string == "done" }))
  }

  /// What a watcher that died has left, the next one finds.
  @Test func aRestartSweeps() throws {
    let world = try Self.world(runs: 1)
    world.run(for: 1000)
    let stray = "\(World.root)/checkpoints/gone/00000000.a1@n-00000000"
    try world.files.plantDirectories("\(World.root)/checkpoints/gone")
    try world.files.plant([1], at: stray)
    try world.files.plant([1], at: "\(World.root)/checkpoints/gone/README")
    let places = try SpoolCheck(world.spool).run().findings.map(\.place)
    #expect(places == ["checkpoints/gone/00000000.a1@n-00000000"])
    world.killWatcher()
    world.run(for: 8000)
    // What is nobody's stays.
    #expect(kept(world).filter { $0.contains("gone/") && !$0.hasSuffix("/") }.count == 1)
    #expect(!kept(world).contains(stray))
  }

  /// What was kept is gone, or other than it was: never does a job begin anew in silence.
  @Test(arguments: [true, false]) func damage(isGone: Bool) throws {
    let log = Log<Start>()
    let world = try Self.world(runs: 9, duration: 3000, log)
    try world.task("t", Self.members.replacing("2", with: "1", maxReplacements: 1))
    #expect(world.run(until: { log.all.contains { $0.state == 1 } }))
    world.faults.before { _, call, _ in
      guard call.operation == .open, call.path.contains("/checkpoints/t/0") else { return nil }
      return isGone ? .fails(2) : nil
    }
    if !isGone {
      #expect(world.run(until: { kept(world).contains { $0.contains("a2@") } }))
      for path in kept(world) where path.contains("a2@") {
        try world.files.plant([7], at: path)
      }
    }
    #expect(world.run(until: { world.attempts("t").contains { $0.hasSuffix("input") } }))
    let reason = world.lines("ledger/t.jsonl").last?["reason"]?.string ?? ""
    #expect(reason.contains("checkpoints/t/00000000.a2@"))
    #expect(reason.hasSuffix(isGone ? "is not there" : "is not as it was kept"))
    #expect(log.all.count { $0.state == 0 } == 1)
  }
}

/// Something goes wrong at the N-th call of a party while jobs keep checkpoints and go on from them,
/// for every N.
struct CheckpointEveryCallTests {
  @Test(arguments: EveryCallTests.Trouble.allCases) func pilot(
    _ trouble: EveryCallTests.Trouble
  ) throws {
    try sweep(.pilot(1), trouble)
  }

  @Test(arguments: EveryCallTests.Trouble.allCases) func watcher(
    _ trouble: EveryCallTests.Trouble
  ) throws {
    try sweep(.watcher, trouble)
  }

  private func sweep(_ party: Party, _ trouble: EveryCallTests.Trouble) throws {
    try EveryCallTests.sweep(trouble) { try live(party, trouble, at: $0) }
  }

  private func live(
    _ party: Party, _ trouble: EveryCallTests.Trouble, at call: Int
  ) throws -> Bool {
    let log = Log<CheckpointTests.Start>()
    let world = try CheckpointTests.world(runs: 3, log)
    let nth = NthCall(call)
    trouble.apply(to: world, party, nth)
    try world.task("t", CheckpointTests.members)
    let isSettled = world.run(until: { world.hasEnded("t") && world.isQuiet })
    let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
    world.faults.clear()
    let isCertain = isSettled && world.settle()
    let story = "\(trouble) at call \(call) of \(party): \(world.said) \(world.errors)"
    #expect(isCertain, "\(story)")
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [], "\(story)")
    #expect(world.files.paths(below: "\(World.root)/checkpoints") == [], "\(story)")
    // Nobody goes on from what the journal does not have, and what it has is not lost.
    for start in log.all { #expect("\(start.state)" == start.resumed, "\(story)") }
    for job in Set(log.all.map(\.job)) {
      let states = log.all.filter { $0.job == job }.map(\.state)
      #expect(states == states.sorted(), "\(states): \(story)")
      #expect(states.last == 2, "\(states): \(story)")
    }
    return hasHappened
  }
}
