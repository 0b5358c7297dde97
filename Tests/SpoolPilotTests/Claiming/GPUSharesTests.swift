import SpoolPilot
import SpoolTesting
import Testing

/// A pilot with GPUs takes jobs without, and never at the cost of jobs that wait for a GPU.
struct GPUSharesTests {
  /// A world with one pilot of GPUs, whose payloads take about so many milliseconds, and end one by one.
  private static func world(gpus: Int, slots: Int, lasting: Int = 1000) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.slots = slots
    setup.gpus = gpus
    setup.restartAfter = nil
    var count = 0
    setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = lasting + count * 211 % 500
      count += 1
      return outcome
    }
    return try World(setup)
  }

  private static let plain = #""input": {"count": 60}, "command": ["w"]"#

  private func isStarted(_ world: World, _ task: String) -> Bool {
    world.runner(1)?.started.contains { $0.environment["SPOOL_TASK"] == task } ?? false
  }

  /// Where no job waits for a GPU, all cores are for the others.
  @Test func jobsWithoutGPUsHaveAllCores() throws {
    let world = try Self.world(gpus: 1, slots: 4)
    try world.task("t", Self.plain)
    #expect(world.run(atMost: 3000) { world.runner(1)?.load == 4 })
    #expect(world.run { world.hasEnded("t") })
  }

  /// A job for a GPU, however many cores of its share it wants, waits for what runs, and no longer.
  @Test(arguments: [(1, 4, 4), (2, 4, 2), (2, 4, 1)])
  func jobsForGPUsDoNotStarve(_ gpus: Int, _ slots: Int, _ cores: Int) throws {
    let world = try Self.world(gpus: gpus, slots: slots)
    try world.task("t", #""priority": 1, \#(Self.plain.replacing("60", with: "400"))"#)
    try #require(world.run { world.runner(1)?.load == slots })
    world.run(for: 1500)
    try world.task(
      "g",
      #""input": {"count": 1}, "command": ["g"], "resources": {"gpus": 1, "cpus": \#(cores)}"#)
    #expect(world.run(atMost: 4500) { isStarted(world, "g") })
    #expect(!world.hasEnded("t"))
    #expect(world.run(atMost: 300_000) { world.hasEnded("t") && world.hasEnded("g") })
  }

  /// Jobs for GPUs that no GPU is free for keep no cores from others.
  @Test func aBusyGPUKeepsNothing() throws {
    let world = try Self.world(gpus: 1, slots: 4, lasting: 5000)
    try world.task("g", #""input": {"count": 9}, "command": ["g"], "resources": {"gpus": 1}"#)
    try #require(world.run { world.runner(1)?.load == 1 })
    try world.task("t", Self.plain)
    #expect(world.run(atMost: 3000) { world.runner(1)?.load == 4 })
  }
}
