import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Jobs whose payloads are being started, which takes a while.
struct StartingTests {
  /// A world of one pilot, in which the first `slow` payloads take so many milliseconds to start.
  private static func world(
    slots: Int = 2, slow: Int = .max, starting: Int = 10_000, error: SpawnError? = nil
  ) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.slots = slots
    setup.restartAfter = nil
    var number = 0
    setup.script = { _ in
      number += 1
      var outcome = FakeOutcome()
      if number <= slow {
        outcome.starting = starting
        outcome.spawnError = error
      }
      return outcome
    }
    return try World(setup)
  }

  private static func jobs(_ count: Int) -> String {
    #""input": {"count": \#(count)}, "command": ["w"]"#
  }

  private func started(_ world: World) -> Int { world.runner(1)?.started.count ?? 0 }

  /// The cores of others are not idle, and their ends are taken, while one start hangs.
  @Test func aStartThatHangsHoldsUpNoOtherEnd() throws {
    let world = try Self.world(slow: 1, starting: 1_000_000)
    try world.task("t", Self.jobs(20))
    #expect(world.run { world.attempts("t").count == 19 })
    #expect(world.record(1)?.state == .active)
    #expect(world.run(atMost: 1_100_000) { world.hasEnded("t") })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") })
  }

  /// Where no start ends, a pilot takes no more jobs than it takes to blame the node.
  @Test func notAllCoresAtOnce() throws {
    let world = try Self.world(slots: 16)
    try world.task("t", Self.jobs(100))
    try #require(world.run { started(world) >= 3 })
    world.run(for: 5000)
    #expect(started(world) == 3)
    #expect(world.run { world.hasEnded("t") || started(world) >= 9 })
  }

  /// All cores of a pilot are filled although starts are told late.
  @Test func allCoresAreFilled() throws {
    let world = try Self.world(slots: 16, slow: 0)
    world.setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = 60_000
      return outcome
    }
    try world.task("t", Self.jobs(100))
    #expect(world.run(atMost: 2000) { world.runner(1)?.load == 16 })
  }

  /// A pilot that is told to leave gives back what is being started, and is finished.
  @Test func givenBack() throws {
    let world = try Self.world()
    try world.task("t", Self.jobs(2))
    try #require(world.run { world.runner(1)?.load == 2 })
    world.pilot(1)?.giveBack()
    #expect(world.pilot(1)?.isFinished == false)
    #expect(world.run(atMost: 1000) { world.pilot(1)?.isFinished == true })
    #expect(world.runner(1)?.killed.count == 2)
    #expect(world.run { world.attempts("t").count == 2 })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 returned") })
  }

  /// A drained pilot waits for what is being started.
  @Test func drained() throws {
    let world = try Self.world()
    try world.task("t", Self.jobs(2))
    try #require(world.run { world.runner(1)?.load == 2 })
    world.pilot(1)?.drain()
    world.run(for: 5000)
    #expect(world.pilot(1)?.isFinished == false)
    #expect(world.run { world.pilot(1)?.isFinished == true })
    #expect(world.run { world.attempts("t").count == 2 })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") })
  }

  /// The watcher takes the jobs of a cancelled task back: none of them runs, and the pilot goes on.
  @Test func takenBack() throws {
    let world = try Self.world(slow: 2)
    try world.task("t", Self.jobs(2))
    try #require(world.run { world.runner(1)?.load == 2 })
    _ = try world.order("cancel", "t")
    #expect(world.run(atMost: 9000) { world.runner(1)?.load == 0 && world.pilot(1)?.load == 0 })
    #expect(world.runner(1)?.killed.count == 2)
    try world.task("next", Self.jobs(2))
    #expect(world.run { world.hasEnded("next") })
    #expect(world.attempts("next").allSatisfy { $0.hasSuffix(" a1 ok") })
  }

  /// A start that fails late is a failure of the kind that it is.
  @Test func failsLate() throws {
    let world = try Self.world(
      slow: 1, starting: 5000, error: SpawnError(program: "w", code: ENOENT))
    try world.task("t", Self.jobs(1) + #", "retry": {"attempts": 1}"#)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t").first?.hasSuffix(" a1 program") == true, "\(world.attempts("t"))")
  }
}
