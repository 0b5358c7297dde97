import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// A mount on which each call takes milliseconds: however much there is to do, what is urgent is done
/// soon (DESIGN 6).
struct SlowMountTests {
  /// A world with one large task in work, in which each call of the watcher takes 2 ms.
  private static func busy(_ jobs: Int = 20_000, outputs: Bool = false) throws -> World {
    var setup = World.Setup()
    setup.pilots = 4
    setup.slots = 16
    setup.config = SpoolConfig()
    setup.config.keepJobFiles = 0
    let world = try World(setup)
    let more = outputs ? #", "outputs": [{"path": "/data/out/{index}.root"}]"# : ""
    let command = outputs ? #"["work", "{output}"]"# : #"["work"]"#
    try world.task("t", "\"input\": {\"count\": \(jobs)}, \"command\": \(command)\(more)")
    world.slowDown(2)
    world.run(for: 6000)
    try #require(!world.hasEnded("t"))
    return world
  }

  @Test(arguments: [false, true]) func theUrgentDoesNotWait(outputs: Bool) throws {
    let world = try Self.busy(outputs: outputs)
    try world.task("urgent", #""input": {"count": 1}, "command": ["work"], "priority": 0"#)
    let begun = world.time.now
    #expect(world.run(atMost: 30_000, until: { world.hasEnded("urgent") }))
    #expect(world.time.now - begun <= 3000, "\(world.time.now - begun) ms")
  }

  @Test(arguments: [false, true]) func aCancelIsObeyedSoon(outputs: Bool) throws {
    let world = try Self.busy(outputs: outputs)
    try world.order("cancel", "t")
    let begun = world.time.now
    #expect(
      world.run(atMost: 30_000, until: { world.summary("t")?["state"]?.string == "cancelled" }))
    #expect(
      world.time.now - begun <= 1000,
      "\(world.time.now - begun) ms, \(world.faults.counts(.watcher))")
    // What lay in ready and with pilots goes in the turns that follow.
    #expect(world.run(until: { world.jobFiles("ready-cpu") == [] && world.claims == [] }))
  }

  /// Withdrawals and puts take several turns, and no attempt is lost or put twice.
  @Test func holdAndRelease() throws {
    let world = try Self.busy(3000)
    try world.order("hold", "t")
    #expect(world.run(until: { world.jobFiles("ready-cpu") == [] && world.claims == [] }))
    try world.order("priority", "t", #", "priority": 2"#)
    try world.order("release", "t")
    #expect(world.run(until: { !world.jobFiles("ready-cpu").isEmpty }))
    try world.order("priority", "t", #", "priority": 7"#)
    #expect(world.settle(atMost: 600_000))
    #expect(world.faultsAtTheEnd("t", jobs: 3000, outputs: 0) == [])
  }

  @Test func statusIsFresh() throws {
    let world = try Self.busy()
    let written = Log<Int>()
    world.faults.watch { [time = world.time] party, call in
      guard party == .watcher, call.destination == "\(World.root)/STATUS" else { return }
      written.add(time.now)
    }
    world.run(for: 10_000)
    let times = written.all
    #expect(times.count >= 5)
    let ages = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(ages.max() ?? .max <= 2000, "\(ages)")
  }

  /// The pages of tasks in work are written less often while results wait.
  @Test func pagesLeaveTimeToResults() throws {
    let world = try Self.busy()
    let written = Log<String>()
    world.faults.watch { party, call in
      guard party == .watcher, let target = call.destination else { return }
      written.add(String(target.dropFirst(World.root.count + 1)))
    }
    world.run(for: 20_000)
    #expect(!world.hasEnded("t") && !world.jobFiles("done").isEmpty)
    let counts = ["running/t.json", "STATUS"].map { name in written.all.count { $0 == name } }
    #expect(counts[0] >= 3 && 2 * counts[0] <= counts[1], "\(counts)")
    // Whoever sends a task looks for its page at once.
    try world.task("u", #""input": {"count": 1}, "command": ["work"], "priority": 9"#)
    #expect(world.run(atMost: 2500, until: { world.names("running").contains("u.json") }))
  }

  /// However long the calls take, ready does not grow beyond what pilots take in a few turns.
  @Test func feedingDoesNotRunAway() throws {
    let world = try Self.busy()
    world.files.onWait = nil
    // The mount stands still for a while.
    world.time.advance(30_000)
    world.slowDown(2)
    var most = 0
    for _ in 0..<100 {
      world.run(for: 100)
      most = max(most, world.jobFiles("ready-cpu").count)
    }
    #expect(most <= 1000, "\(most)")
  }

  /// A watcher that is killed while stages are behind: each job is registered once.
  @Test(arguments: [1, 2, 3]) func aKillInBetween(seed: Int) throws {
    let world = try Self.busy(2000, outputs: true)
    for _ in 0..<3 {
      world.faults.crash(.watcher, at: 300 * seed + 17)
      world.run(for: 4000)
    }
    world.files.onWait = nil
    #expect(world.settle(atMost: 600_000))
    #expect(world.faultsAtTheEnd("t", jobs: 2000) == [])
  }
}
