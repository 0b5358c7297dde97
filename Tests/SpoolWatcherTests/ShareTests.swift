import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Shares of owners, in a whole spool: what is claimed when, whatever the names are.
struct ShareTests {
  private static func world(
    _ duration: Int, shares: [String: Double] = [:], pilots: Int = 2, slots: Int = 2
  ) throws -> World {
    var setup = World.Setup()
    setup.pilots = pilots
    setup.slots = slots
    setup.config.shares = shares
    setup.config.keepJobFiles = 0
    setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = duration
      return outcome
    }
    return try World(setup)
  }

  /// Drops a task of an owner.
  private func task(
    _ world: World, _ name: String, of owner: UInt32, _ count: Int, _ more: String = ""
  ) throws {
    world.files.owner = owner
    try world.task(name, "\"input\": {\"count\": \(count)}, \"command\": [\"w\"]\(more)")
    world.files.owner = 1000
  }

  private func done(_ world: World, _ task: String) -> Int {
    world.lineCount("ledger/\(task).jsonl")
  }

  private static let otherShape = #", "resources": {"memory": "1GB"}"#

  // MARK: A newcomer

  /// The forty jobs of one owner are done within ten times their own run time, although a hundred
  /// thousand of another owner's are before them. The alphabet has no say in it.
  @Test(arguments: [("a", "z"), ("z", "a")], ["", otherShape])
  func fortyAgainstMany(names: (many: String, few: String), shape: String) throws {
    let world = try Self.world(200)
    try task(world, names.many, of: 1000, 100_000)
    #expect(world.run(until: { done(world, names.many) >= 200 }))
    let start = world.time.now
    try task(world, names.few, of: 1001, 40, shape)
    #expect(world.run(atMost: 60_000, until: { world.hasEnded(names.few) }))
    let took = world.time.now - start
    #expect(took <= 10 * 40 * 200 / 4, "\(took) ms")
    // The other goes on, and its jobs in their order, but for the window in which pilots choose.
    let before = done(world, names.many)
    world.run(for: 10_000)
    #expect(done(world, names.many) > before + 100)
    let order = (world.runner(1)?.started ?? []).filter {
      $0.environment["SPOOL_TASK"] == names.many
    }.compactMap { Int($0.environment["SPOOL_INDEX"] ?? "") }
    for (left, right) in zip(order, order.dropFirst()) { #expect(right > left - 128) }
  }

  /// While ready is full of one owner's jobs that nobody takes, there is room for another's.
  @Test func roomAlthoughReadyIsFull() throws {
    let world = try Self.world(200, pilots: 0)
    try task(world, "a", of: 1000, 5000)
    #expect(world.run(until: { world.jobFiles("ready-cpu").count == 64 }))
    try task(world, "b", of: 1001, 5000)
    #expect(world.run(until: { world.jobFiles("ready-cpu").count == 96 }))
    // And for the jobs of a third, at a worse priority: those of a better one do not count.
    try task(world, "c", of: 1002, 5000, #", "priority": 7"#)
    #expect(world.run(until: { world.jobFiles("ready-cpu").count { $0.hasPrefix("p7") } == 21 }))
    world.run(for: 5000)
    #expect(world.jobFiles("ready-cpu").count == 96 + 21)
  }

  // MARK: Weights

  /// Weights of two to one give cores of two to one, with one shape and with two.
  @Test(arguments: ["", otherShape]) func coresByWeight(shape: String) throws {
    let world = try Self.world(500, shares: ["1000": 2], slots: 3)
    try task(world, "one", of: 1001, 100_000)
    try task(world, "two", of: 1000, 100_000, shape)
    world.run(for: 20_000)
    let before = (done(world, "two"), done(world, "one"))
    world.run(for: 100_000)
    let ratio = Double(done(world, "two") - before.0) / Double(done(world, "one") - before.1)
    #expect((1.7...2.3).contains(ratio), "\(ratio)")
  }

  // MARK: Within an owner

  /// The task that came first goes first; a later one gets what that leaves.
  @Test func firstComeFirstServed() throws {
    let world = try Self.world(200)
    try task(world, "z", of: 1000, 300)
    #expect(world.run(until: { done(world, "z") >= 10 }))
    try task(world, "a", of: 1000, 300)
    #expect(world.run(until: { done(world, "a") >= 1 }))
    // But for those that run, and the window in which a pilot chooses.
    #expect(done(world, "z") >= 300 - 4 - 16)
    #expect(world.run(until: { world.hasEnded("a") && world.hasEnded("z") }))
  }

  /// A task that is held leaves its room to the next.
  @Test func whatIsHeldLeavesItsRoom() throws {
    let world = try Self.world(200)
    try task(world, "z", of: 1000, 300)
    #expect(world.run(until: { done(world, "z") >= 10 }))
    try task(world, "a", of: 1000, 20)
    try world.order("hold", "z")
    #expect(world.run(atMost: 20_000, until: { world.hasEnded("a") }))
    try world.order("release", "z")
    #expect(world.run(until: { world.hasEnded("z") }))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("z", jobs: 300, outputs: 0) == [])
  }

  // MARK: Restarts

  /// The name of a job's file as an earlier version wrote it.
  private func withoutRank(_ name: String) -> String {
    name.replacing(#/^p(\d)-\d{13}/#) { "p\($0.1)" }
  }

  private func rename(_ world: World, _ directory: String, _ path: String, _ name: String) throws {
    try world.files.plant(
      world.files.peek("\(directory)/\(path)") ?? [], at: "\(directory)/\(name)")
    try world.files.remove("\(directory)/\(path)")
  }

  /// A spool of an earlier version is taken over: jobs in ready, and jobs that run. Its jobs are
  /// claimed first, and new ones lie beside them.
  @Test(arguments: 1...6) func oldNames(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 0
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 3000
      return outcome
    }
    let world = try World(setup)
    let ready = "\(World.root)/ready-cpu"
    try world.task("z", LifeTests.members.replacing("6", with: "50"))
    #expect(world.run(until: { world.jobFiles("ready-cpu").count == 50 }))
    try world.stopWatcher()
    for name in world.jobFiles("ready-cpu") { try rename(world, ready, name, withoutRank(name)) }
    world.addPilot()
    #expect(world.run(until: { world.claims.count == 2 }))
    #expect(world.claims.allSatisfy { $0.contains("/p5.z.") })
    world.startWatcher()
    #expect(world.run(atMost: 10_000, until: { world.watcher != nil }))
    try task(world, "a", of: 1001, 4)
    #expect(world.run(until: { world.jobFiles("ready-cpu").contains { $0.contains(".a.") } }))
    #expect(world.jobFiles("ready-cpu").contains { $0.hasPrefix("p5.z.") })
    #expect(world.run(until: { world.hasEnded("z") && world.hasEnded("a") }))
    let order = (world.runner(1)?.started ?? []).compactMap { $0.environment["SPOOL_TASK"] }
    // A pilot chooses among the first 16.
    #expect(order.count == 54 && order.prefix(50 - 16).allSatisfy { $0 == "z" }, "\(order)")
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("z", jobs: 50) == [])
    #expect(world.faultsAtTheEnd("a", jobs: 4, outputs: 0) == [])
    #expect(world.attempts("z").allSatisfy { $0.hasSuffix("a1 ok") })
  }

  private func ranks(_ world: World, _ task: String) -> [Int] {
    world.jobFiles("ready-cpu").compactMap { JobName(fileName: $0) }
      .filter { $0.job.task.text == task }.compactMap(\.rank).sorted()
  }

  /// A new watcher goes on above the ranks that it finds, and a newcomer below them.
  @Test func ranksGoOnAfterARestart() throws {
    let world = try Self.world(500)
    try task(world, "a", of: 1000, 10_000)
    #expect(world.run(until: { done(world, "a") >= 100 }))
    world.killWatcher()
    let before = ranks(world, "a")
    #expect(world.run(until: { done(world, "a") >= 160 }))
    #expect(try #require(ranks(world, "a").last) > (try #require(before.last)))
    try task(world, "b", of: 1001, 10_000)
    #expect(world.run(atMost: 3000, until: { !ranks(world, "b").isEmpty }))
    #expect(try #require(ranks(world, "b").first) < (try #require(ranks(world, "a").last)))
  }

  /// Before their digits are used up the ranks begin anew, and no job is lost.
  @Test func ranksBeginAnew() throws {
    let world = try Self.world(500, pilots: 0)
    try task(world, "a", of: 1000, 40)
    try task(world, "b", of: 1001, 40)
    #expect(world.run(until: { world.jobFiles("ready-cpu").count == 72 }))
    try world.stopWatcher()
    let ready = "\(World.root)/ready-cpu"
    for name in world.jobFiles("ready-cpu") {
      let late = name.replacing(#/^p5-0/#) { _ in "p5-9" }
      try rename(world, ready, name, late)
    }
    world.startWatcher()
    #expect(
      world.run(until: {
        let names = world.jobFiles("ready-cpu")
        return names.count >= 72 && names.allSatisfy { $0.hasPrefix("p5-000") }
      }), "\(world.jobFiles("ready-cpu").prefix(3)) \(world.said)")
    world.addPilot()
    #expect(world.run(until: { world.hasEnded("a") && world.hasEnded("b") }))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("a", jobs: 40, outputs: 0) == [])
  }

  // MARK: In words

  @Test func whoUsesWhatIsSaid() throws {
    let world = try Self.world(2000, shares: ["1000": 2])
    try task(world, "a", of: 1000, 300)
    try task(world, "b", of: 1001, 300)
    let status = { String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self) }
    #expect(world.run(until: { status().contains("b: the queue cpu is shared: uid 100") }))
    #expect(status().contains(", its owner, uses"))
    #expect(status().contains("cores, share 2"))
    let page = world.files.peek("\(World.root)/running/b.json") ?? []
    let waits = TaskSummary(try JSON.parse(page))?.waits ?? []
    #expect(waits.count == 1 && waits[0].hasPrefix("the queue cpu is shared: "), "\(waits)")
  }

  /// One owner alone is told nothing of shares.
  @Test func oneOwnerIsToldNothing() throws {
    let world = try Self.world(2000)
    try task(world, "a", of: 1000, 300)
    try task(world, "b", of: 1000, 300)
    #expect(world.run(until: { done(world, "a") > 5 }))
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(!status.contains("WAITING"), "\(status)")
  }
}
