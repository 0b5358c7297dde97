import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// Claims that wait for room, of tasks with short jobs: no slot is idle for a round trip, nothing
/// waits for long, and no attempt is lost.
struct StockTests {
  private static let many = #""input": {"count": 300}, "command": ["w"], "retry": {"attempts": 1}"#

  /// A world with one pilot of two slots; `lasting` gives the milliseconds of the n-th payload.
  private static func world(_ lasting: @escaping (Int) -> Int) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.slots = 2
    setup.restartAfter = nil
    var count = 0
    setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = lasting(count)
      count += 1
      return outcome
    }
    let world = try World(setup)
    try world.task("t", many)
    return world
  }

  private func started(_ world: World) -> Int {
    (1...2).reduce(0) { $0 + (world.runner($1)?.started.count ?? 0) }
  }

  /// Returns the largest number of claims while the pilot starts so many payloads.
  private func mostClaims(_ world: World, whileStarting count: Int) throws -> Int {
    var most = 0
    try #require(
      world.run(until: {
        most = max(most, world.claims.count)
        return started(world) >= count
      }))
    return most
  }

  /// A job that runs is held, so that the claims that wait can be looked at.
  private func stocked(_ world: World) throws {
    _ = try mostClaims(world, whileStarting: 20)
    try #require(world.run(until: { world.claims.count == 4 }))
  }

  @Test func oneMoreForEachSlot() throws {
    let world = try Self.world { _ in 200 }
    #expect(try mostClaims(world, whileStarting: 100) == 4)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 300, outputs: 0) == [])
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") })
  }

  @Test func notOfLongJobs() throws {
    let world = try Self.world { _ in 1100 }
    #expect(try mostClaims(world, whileStarting: 40) == 2)
  }

  /// The next job begins in the step in which one ends, without a call on ready.
  @Test func theNextBeginsAtOnce() throws {
    let world = try Self.world { _ in 200 }
    try stocked(world)
    let before = started(world)
    world.faults.before { party, call, _ in
      party == .pilot(1) && call.path.contains("/ready-cpu") ? .fails(EIO) : nil
    }
    #expect(world.run(until: { started(world) == before + 2 }))
  }

  /// What is told to leave gives them back at once, and they run elsewhere as what they were.
  @Test func drained() throws {
    let world = try Self.world { _ in 200 }
    try stocked(world)
    world.pilot(1)?.drain()
    try #require(world.run(until: { world.pilot(1)?.isFinished == true }))
    try world.pilot(1)?.leave()
    world.addPilot()
    #expect(world.settle())
    #expect(world.summary("t")?["state"]?.string == "done")
    #expect(world.attempts("t").count { $0.hasSuffix(" returned") } == 2)
  }

  /// The jobs that run turn out to be long: after a second the claims are given back to others.
  @Test func notForLong() throws {
    let world = try Self.world { $0 < 20 ? 200 : 30_000 }
    _ = try mostClaims(world, whileStarting: 22)
    let begun = world.time.now
    world.addPilot()
    try #require(world.run(until: { (world.runner(2)?.started.count ?? 0) >= 2 }))
    #expect(
      world.run(until: { world.attempts("t").count { $0.hasSuffix(" returned") } == 2 }))
    #expect(world.time.now - begun < 3000, "\(world.time.now - begun) ms")
    world.run(for: 3000)
    #expect(world.claims.count == 4)
    #expect(world.attempts("t").count { $0.hasSuffix(" returned") } == 2)
  }

  /// A claim that waits and is cancelled is dropped; one of a pilot that was given up, too.
  @Test(arguments: [false, true]) func taken(isGivenUp: Bool) throws {
    let world = try Self.world { $0 < 20 ? 200 : 900 }
    try stocked(world)
    if isGivenUp {
      world.hold(1)
      try #require(world.run(until: { world.claims.isEmpty }))
      world.hold(1, false)
      #expect(world.settle(atMost: 600_000))
      #expect(world.faultsAtTheEnd("t", jobs: 300, outputs: 0) == [])
    } else {
      try world.order("cancel", "t")
      #expect(world.settle())
      #expect(world.summary("t")?["state"]?.string == "cancelled")
    }
    #expect(world.claims.isEmpty)
    #expect(world.pilot(1)?.load == 0)
  }

  /// A run time counts as the mean of the latest.
  @Test func runTimes() throws {
    let (short, long) = (try #require(Name("short")), try #require(Name("long")))
    var times = RunTimes()
    #expect(!times.areShort(short))
    times.note(short, .milliseconds(100))
    times.note(long, .milliseconds(100))
    #expect(times.areShort(short) && times.areShort(long))
    times.note(long, .seconds(10))
    #expect(!times.areShort(long) && times.areShort(short))
    for _ in 0..<20 { times.note(long, .milliseconds(100)) }
    #expect(times.areShort(long))
  }
}
