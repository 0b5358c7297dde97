import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Lanes of ready and of the inbox: when they are made, what goes through them, and that nothing is
/// lost in them whatever happens.
struct LaneTests {
  /// A rule by which all jobs go through lanes from the first put after the first one on. They are
  /// removed soon.
  static var eager: LaneRule {
    var rule = LaneRule()
    rule.slow = .zero
    rule.patience = 0
    rule.leastAhead = 0
    rule.idle = .milliseconds(2000)
    return rule
  }

  private static func setup(seed: Int = 1, pilots: Int = 2) -> World.Setup {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = pilots
    setup.lanes = eager
    return setup
  }

  /// What was renamed out of and into lanes.
  private static func watch(_ world: World) -> Log<String> {
    let moves = Log<String>()
    world.faults.watch { _, call in
      guard call.operation == .rename, let target = call.destination else { return }
      for path in [call.path, target] where path.contains("/@") {
        moves.add(String(path.dropFirst(World.root.count + 1)))
      }
    }
    return moves
  }

  // MARK: The way of a job

  /// Jobs are put into all lanes in turn, and their results are handed in at the same lanes of the
  /// inbox. In the end the lanes are gone.
  @Test func jobsGoThroughLanes() throws {
    let world = try World(Self.setup())
    let moves = Self.watch(world)
    try world.task("t", #""input": {"count": 200}, "command": ["work"]"#)
    #expect(world.run(until: { !world.laneFiles("done").isEmpty }))
    #expect(world.lanes("ready-cpu").count == Lane.count && world.lanes("ready-gpu").isEmpty)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let claimed = moves.all.filter { $0.hasPrefix("ready-cpu/@") && !$0.contains("/.") }
    let handedIn = moves.all.filter { $0.hasPrefix("done/@") }
    #expect(claimed.count >= 200 && handedIn.count >= 100, "\(claimed.count) \(handedIn.count)")
    let used = Set(claimed.map { $0.split(separator: "/")[1] })
    #expect(used.count == Lane.count)
    #expect(Set(handedIn.map { $0.split(separator: "/")[1] }).isSubset(of: used))
    #expect(world.run(until: { world.lanes("ready-cpu").isEmpty && world.lanes("done").isEmpty }))
    #expect(world.faultsAtTheEnd("t", jobs: 200, outputs: 0) == [])
  }

  /// What fails is handed in at the inbox of failures, which has no lanes.
  @Test func failuresAreHandedInBesideLanes() throws {
    var setup = Self.setup()
    setup.script = EveryCallTests.failOnce
    let world = try World(setup)
    let moves = Self.watch(world)
    try world.task(
      "t", #""input": {"count": 40}, "command": ["work"], "retry": {"attempts": 3}"#)
    #expect(world.settle())
    #expect(!moves.all.contains { $0.hasPrefix("failed/@") })
    #expect(world.faultsAtTheEnd("t", jobs: 40, outputs: 0) == [])
  }

  /// A new watcher finds what lies in lanes of ready and of the inbox, and no attempt is lost.
  @Test func aRestartFindsWhatLiesInLanes() throws {
    let world = try World(Self.setup())
    try world.task("t", #""input": {"count": 300}, "command": ["work"]"#)
    #expect(
      world.run(until: {
        !world.laneFiles("ready-cpu").isEmpty && !world.laneFiles("done").isEmpty
      }))
    world.killWatcher()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 300, outputs: 0) == [])
    #expect(world.attempts("t").allSatisfy { $0.contains(" a1 ") })
    #expect(world.run(until: { world.lanes("ready-cpu").isEmpty && world.lanes("done").isEmpty }))
  }

  /// A task that is held or cancelled leaves nothing in lanes.
  @Test func holdAndCancelReachIntoLanes() throws {
    let world = try World(Self.setup(pilots: 1))
    try world.task("t", #""input": {"count": 300}, "command": ["work"]"#)
    #expect(world.run(until: { !world.laneFiles("ready-cpu").isEmpty }))
    try world.order("hold", "t")
    #expect(world.run(until: { world.jobFiles("ready-cpu") == [] && world.claims == [] }))
    try world.order("release", "t")
    #expect(world.run(until: { !world.laneFiles("ready-cpu").isEmpty }))
    try world.order("cancel", "t")
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.jobFiles("ready-cpu") == [])
  }

  /// The lanes of the inbox may be gone, or refuse: the result goes to the inbox itself.
  @Test(arguments: [2, 5, 13]) func aResultFindsItsWayWithoutItsLane(code: Int32) throws {
    var setup = Self.setup(pilots: 1)
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 500
      return outcome
    }
    let world = try World(setup)
    try world.task("t", #""input": {"count": 40}, "command": ["work"]"#)
    #expect(world.run(until: { world.claims.count == 2 && world.lineCount("ledger/t.jsonl") > 4 }))
    world.faults.before { party, call, _ in
      guard case .pilot = party, call.destination?.contains("/done/@") == true else { return nil }
      return .fails(code)
    }
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 40, outputs: 0) == [])
  }

  /// One lane that refuses all, as one whose rights were changed, holds up nothing.
  @Test func aLaneThatRefusesHoldsUpNothing() throws {
    let world = try World(Self.setup())
    try world.task("t", #""input": {"count": 400}, "command": ["work"]"#)
    #expect(world.run(until: { world.lanes("ready-cpu").count == Lane.count }))
    world.faults.before { _, call, _ in
      [call.path, call.destination ?? ""].contains { ($0 + "/").contains("/@05/") }
        ? .fails(13) : nil
    }
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(Set(world.attempts("t").map { $0.suffix(5) }) == ["a1 ok"])
    #expect(world.attempts("t").count == 400)
    world.faults.clear()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 400, outputs: 0) == [])
  }

  /// What was written in a lane although the server refused it does not stay there.
  @Test func lostRepliesInLanesLeaveNothing() throws {
    let world = try World(Self.setup())
    let lost = Log<String>()
    world.faults.after { party, call, _ in
      guard party == .watcher, call.operation == .create, call.path.contains("/ready-cpu/@") else {
        return nil
      }
      lost.add(call.path)
      return 5
    }
    try world.task("t", #""input": {"count": 100}, "command": ["work"]"#)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(lost.all.count > 20, "\(lost.all)")
    #expect(world.files.paths(below: "\(World.root)/ready-cpu").filter { $0.contains("/.p") } == [])
    world.faults.clear()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 100, outputs: 0) == [])
  }

  /// The last jobs of a task lie in few of the lanes, and one pilot looks into one at a time: they are
  /// soon in one directory.
  @Test func theLastJobsAreFound() throws {
    var setup = Self.setup(pilots: 1)
    setup.slots = 128
    setup.lanes.idle = LaneRule().idle
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 500
      return outcome
    }
    let world = try World(setup)
    try world.task("t", #""input": {"count": 500}, "command": ["work"]"#)
    #expect(world.run(until: { !world.laneFiles("ready-cpu").isEmpty }))
    #expect(world.run(until: { world.lineCount("ledger/t.jsonl") > 400 }))
    let begun = world.time.now
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.time.now - begun < 20_000, "\(world.time.now - begun) ms")
  }

  /// A world in which jobs will lie in lanes while a pilot is full, for a minute and a half.
  private static func withJobsInLanes() throws -> World {
    var setup = setup(pilots: 1)
    setup.slots = 64
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      let isFirst = (payload.environment["SPOOL_INDEX"].flatMap { Int($0) } ?? 0) <= 64
      outcome.duration = isFirst ? 90_000 : 100
      return outcome
    }
    let world = try World(setup)
    try world.task("t", #""input": {"count": 300}, "command": ["work"]"#)
    return world
  }

  /// What lies in lanes that get no more goes into the queue's own directory, as the same attempt.
  @Test func idleLanesAreEmptied() throws {
    let world = try Self.withJobsInLanes()
    #expect(world.run(until: { world.laneFiles("ready-cpu").count > 40 }))
    #expect(world.run(until: { world.lanes("ready-cpu").isEmpty }))
    #expect(world.jobFiles("ready-cpu").count > 40, "\(world.jobFiles("ready-cpu"))")
    #expect(world.settle(atMost: 300_000))
    #expect(world.faultsAtTheEnd("t", jobs: 300, outputs: 0) == [])
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix("a1 ok") })
  }

  /// A task that is held while its jobs are being moved out of lanes leaves none behind.
  @Test func aHoldWhenLanesAreEmptied() throws {
    let world = try Self.withJobsInLanes()
    #expect(world.run(until: { world.laneFiles("ready-cpu").count > 40 }))
    let all = world.laneFiles("ready-cpu").count
    world.slowDown(10)
    #expect(world.run(until: { world.laneFiles("ready-cpu").count < all - 5 }))
    try world.order("hold", "t")
    #expect(world.laneFiles("ready-cpu").count > 20)
    #expect(world.run(atMost: 60_000, until: { world.jobFiles("ready-cpu") == [] }))
  }

  /// A job that was moved out of its lane is known to be where it is, whatever the server said.
  @Test func aLostReplyWhenLanesAreEmptied() throws {
    let world = try Self.withJobsInLanes()
    let lost = Log<String>()
    world.faults.after { party, call, _ in
      guard party == .watcher, call.operation == .rename, !call.path.contains("/."),
        call.path.contains("/ready-cpu/@")
      else { return nil }
      lost.add(call.path)
      return 5
    }
    #expect(world.run(until: { lost.all.count > 40 }))
    #expect(world.jobFiles("ready-cpu").count > 40)
    try world.order("hold", "t")
    #expect(world.run(atMost: 10_000, until: { world.jobFiles("ready-cpu") == [] }))
    try world.order("release", "t")
    #expect(world.settle(atMost: 300_000))
    #expect(world.faultsAtTheEnd("t", jobs: 300, outputs: 0) == [])
  }

  /// A listing that names a lane which cannot be found shows less than there is: nothing follows from
  /// it.
  @Test func aLaneThatIsAwayIsNotEmpty() throws {
    var setup = Self.setup()
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 2000
      return outcome
    }
    setup.lanes.idle = .seconds(1000)
    let world = try World(setup)
    try world.task("t", #""input": {"count": 100}, "command": ["work"]"#)
    #expect(world.run(until: { world.laneFiles("ready-cpu").count > 20 }))
    world.killWatcher()
    world.faults.before { party, call, _ in
      party == .watcher && call.path.contains("/ready-cpu/@0") ? .fails(2) : nil
    }
    world.run(for: 5000)
    world.faults.clear()
    #expect(world.run(atMost: 300_000, until: { world.hasEnded("t") }))
    #expect(world.attempts("t").allSatisfy { $0.contains(" a1 ") }, "\(world.said)")
  }

  /// Something else may lie where a lane would: nothing is held up by it.
  @Test func aFileInTheNameOfALaneHoldsUpNothing() throws {
    let world = try World(Self.setup())
    for path in ["ready-cpu/@05", "done/@06"] {
      try world.files.plant([1], at: "\(World.root)/\(path)")
    }
    try world.task("t", #""input": {"count": 50}, "command": ["work"]"#)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.attempts("t").count == 50)
  }

  /// `check` names what is nobody's in a lane.
  @Test func theCheckLooksIntoLanes() throws {
    let world = try World(Self.setup())
    try world.task("t", #""input": {"count": 300}, "command": ["work"]"#)
    #expect(world.run(until: { !world.laneFiles("ready-cpu").isEmpty }))
    for path in ["ready-cpu/@03/notes.txt", "done/@04/notes.txt"] {
      try world.files.plant([1], at: "\(World.root)/\(path)")
    }
    #expect(world.run(until: { world.hasEnded("t") }))
    let places = try SpoolCheck(world.spool).run().findings.map(\.place)
    #expect(places.sorted() == ["done/@04/notes.txt", "ready-cpu/@03/notes.txt"])
    // Those two lanes stay, and no others.
    #expect(world.run(until: { world.lanes("ready-cpu").count == 1 }))
  }

  // MARK: When there are lanes

  /// A world in which each call of the watcher takes so many milliseconds, with a task that keeps it
  /// busy.
  private static func busy(_ milliseconds: Int) throws -> World {
    var setup = World.Setup()
    setup.pilots = 8
    setup.slots = 64
    setup.config = SpoolConfig()
    setup.config.keepJobFiles = 0
    let world = try World(setup)
    try world.task("t", #""input": {"count": 100000}, "command": ["work"]"#)
    if milliseconds > 0 { world.slowDown(milliseconds) }
    return world
  }

  @Test func aSlowMountGetsLanesUnderLoad() throws {
    let world = try Self.busy(2)
    #expect(world.run(atMost: 30_000, until: { world.lanes("ready-cpu").count == Lane.count }))
    #expect(world.lanes("done").count == Lane.count)
    #expect(world.said.contains { $0.contains("ready-cpu/ has lanes from now on") })
    #expect(world.run(atMost: 30_000, until: { !world.laneFiles("ready-cpu").isEmpty }))
    // All pilots see what is urgent.
    let urgent = Log<String>()
    world.faults.watch { _, call in
      guard let target = call.destination, target.contains("/p0") else { return }
      if target.contains("/ready-cpu/") { urgent.add(target) }
    }
    try world.task("u", #""input": {"count": 20}, "command": ["work"], "priority": 0"#)
    #expect(world.run(atMost: 30_000, until: { world.hasEnded("u") }))
    #expect(urgent.all.count == 20 && !urgent.all.contains { $0.contains("/@") }, "\(urgent.all)")
  }

  @Test func aFastFilesystemGetsNone() throws {
    let world = try Self.busy(0)
    world.run(for: 3000)
    #expect(world.lines("ledger/t.jsonl").count > 500)
    #expect(world.lanes("ready-cpu") == [] && world.lanes("done") == [])
  }

  /// A pilot of an earlier version would never see what lies in lanes.
  @Test func noLanesBesideAPilotThatKnowsNone() throws {
    let world = try Self.busy(2)
    #expect(world.run(until: { world.record(1) != nil }))
    let name = try #require(PilotName("old-0"))
    var record = try #require(world.record(1))
    record.pilot = name
    record.usesLanes = false
    try world.files.plantDirectories("\(World.root)/running/old-0")
    try world.files.plant(
      record.json.compact, at: "\(World.root)/running/old-0/pilot.json")
    world.run(for: 12_000)
    #expect(world.lanes("ready-cpu") == [] && world.jobFiles("ready-cpu") != [])
    try world.files.remove("\(World.root)/running/old-0/pilot.json")
    try world.files.removeDirectory("\(World.root)/running/old-0")
    #expect(world.run(atMost: 30_000, until: { world.lanes("ready-cpu").count == Lane.count }))
  }

  // MARK: Trouble

  @Test(arguments: 1...20) func atRandom(seed: Int) throws {
    try ChaosTests.survive(Self.setup(seed: seed))
  }

  @Test(arguments: EveryCallTests.Trouble.allCases)
  func atEveryCallOfTheWatcher(_ trouble: EveryCallTests.Trouble) throws {
    try sweep(.watcher, trouble)
  }

  @Test(arguments: EveryCallTests.Trouble.allCases)
  func atEveryCallOfAPilot(_ trouble: EveryCallTests.Trouble) throws {
    try sweep(.pilot(1), trouble)
  }

  private func sweep(_ party: Party, _ trouble: EveryCallTests.Trouble) throws {
    // Every third call: a life has many more than without lanes.
    try EveryCallTests.sweep(trouble, fewest: 2) { number in
      let call = 3 * number - 2
      return try EveryCallTests.live(Self.setup(seed: call), party, trouble, at: call)
    }
  }
}
