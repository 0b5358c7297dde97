import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// What a job, and doing nothing, cost a shared filesystem (DESIGN 4, 8): counts, not times.
struct CostTests {
  private static func world(slots: Int = 4) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.slots = slots
    setup.config = SpoolConfig()
    setup.config.keepJobFiles = 0
    return try World(setup)
  }

  private func sum(_ world: World, _ operation: FileOperation) -> Int {
    world.faults.counts(.watcher)[operation] + world.faults.counts(.pilot(1))[operation]
  }

  /// One inode created and one removed a job, and at most ten calls on names.
  @Test func perJob() throws {
    let world = try Self.world()
    let jobs = 500
    world.run(for: 3000)
    let before = (
      world.faults.counts(.watcher), world.faults.counts(.pilot(1)), sum(world, .create),
      sum(world, .remove)
    )
    try world.task("t", "\"input\": {\"count\": \(jobs)}, \"command\": [\"work\"]")
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let watcher = world.faults.counts(.watcher) - before.0
    let pilot = world.faults.counts(.pilot(1)) - before.1
    let names = watcher.onNames + pilot.onNames
    let text = "watcher \(watcher), pilot \(pilot)"
    #expect(sum(world, .create) - before.2 <= jobs * 105 / 100 + 20, "\(text)")
    #expect(names <= 10 * jobs, "\(names): \(text)")
  }

  /// At most 15 calls on names for a job with one output: it costs two looks at its final path, one at
  /// its part, and a rename more. The part is the payload's, and the digester reads it.
  @Test func perOutput() throws {
    let world = try Self.world()
    let jobs = 500
    world.run(for: 3000)
    let before = world.faults.counts(.watcher).onNames + world.faults.counts(.pilot(1)).onNames
    try world.task(
      "t",
      """
      "input": {"count": \(jobs)}, "command": ["work", "{output}"],
      "outputs": [{"path": "/data/out/{index}"}]
      """)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let after = world.faults.counts(.watcher).onNames + world.faults.counts(.pilot(1)).onNames
    #expect(after - before <= 15 * jobs, "\(after - before)")
  }

  /// An idle pilot makes at most one call on names a second.
  @Test func anIdlePilot() throws {
    let world = try Self.world()
    world.run(for: 20_000)
    let before = world.faults.counts(.pilot(1))
    world.run(for: 100_000)
    let calls = world.faults.counts(.pilot(1)) - before
    #expect(calls.onNames <= 100, "\(calls)")
  }

  @Test func anIdleWatcher() throws {
    let world = try Self.world()
    world.run(for: 20_000)
    let before = world.faults.counts(.watcher)
    world.run(for: 100_000)
    let calls = world.faults.counts(.watcher) - before
    #expect(calls.onNames <= 500, "\(calls)")
  }
}
