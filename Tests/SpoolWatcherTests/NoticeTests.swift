import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// What the site wants to be told of is told once; at the most once where a watcher dies.
struct NoticeTests {
  private func count(_ world: World, _ event: Notice.Event, _ subject: String) -> Int {
    world.notices.count { $0.event == event && $0.subject == subject }
  }

  @Test func eachEndIsToldOnce() throws {
    let world = try World()
    try world.task("a", LifeTests.members)
    try world.task("b", #""input": {"count": 1}, "command": ["fail"], "retry": {"attempts": 1}"#)
    world.setup.script = { payload in
      payload.arguments.first == "fail" ? .exit(3) : World.writeOutputs(payload)
    }
    #expect(world.run(until: { world.hasEnded("a") && world.hasEnded("b") }))
    for _ in 0..<2 {
      #expect(world.settle())
      #expect(count(world, .taskEnded, "a") == 1)
      #expect(count(world, .taskEnded, "b") == 1)
      #expect(world.notices.count == 2)
      // Another watcher reads the same journal, and tells nothing again.
      world.killWatcher()
      world.run(until: { world.watcher != nil })
      world.run(for: 3000)
    }
    let notice = try #require(world.notices.first { $0.subject == "b" }).json
    #expect(notice["kind"]?.string == "notice" && notice["event"]?.string == "task-ended")
    #expect(notice["spool"]?.string == World.root && notice["task"]?.string == "b")
    #expect(notice["summary"]?["state"]?.string == "failed")
    #expect(notice["summary"] == world.summary("b"))
  }

  /// A watcher is killed at the N-th of its calls, for every N: the end is told once at the most,
  /// and not before it is in the journal.
  @Test func atMostOnceWhereverItDies() throws {
    var told = 0
    var call = 1
    while try live(killedAt: call, &told) { call += 1 }
    #expect(call > 60, "\(call)")
    // Almost always: all but the few deaths between the commit and the telling.
    #expect(told > call * 8 / 10, "\(told) of \(call)")
  }

  private func live(killedAt call: Int, _ told: inout Int) throws -> Bool {
    let world = try World()
    world.faults.crash(.watcher, at: call)
    try world.task("t", LifeTests.members)
    var wasTold = false
    while !world.hasEnded("t") || !world.isQuiet {
      world.step()
      guard !wasTold, count(world, .taskEnded, "t") > 0 else { continue }
      wasTold = true
      let isJournalled = world.journal.contains(#""type":"ended""#)
      #expect(isJournalled, "told before it was journalled, at call \(call)")
    }
    world.run(for: 5000)
    let times = count(world, .taskEnded, "t")
    #expect(times <= 1, "told \(times) times, at call \(call)")
    told += times
    return !world.faults.isCrashPending
  }

  @Test func aLostPilotIsToldOnce() throws {
    var setup = World.Setup()
    setup.restartAfter = 300
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 1000
      return outcome
    }
    let world = try World(setup)
    try world.task("t", LifeTests.members)
    #expect(world.run(until: { world.claims.count == 4 }))
    let pilot = try #require(world.pilot(1)?.name)
    // Something of nobody's keeps its directory: it is found again and again.
    try world.files.plant([1], at: "\(World.root)/running/\(pilot)/x")
    world.killPilot(1)
    #expect(world.settle())
    world.killWatcher()
    world.run(until: { world.watcher != nil })
    world.run(for: 10_000)
    let notices = world.notices.filter { $0.event == .pilotLost }
    #expect(notices.count == 1)
    let notice = try #require(notices.first).json
    #expect(notice["pilot"]?.string == pilot.text && notice["host"]?.string == "node1")
    #expect(notice["jobs"]?.integer == 2)
    #expect(notice["reason"]?.string == "its process is gone")
  }
}
