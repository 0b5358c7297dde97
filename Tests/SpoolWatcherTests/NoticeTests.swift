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

  private static func atLeastOnce() -> World.Setup {
    var setup = World.Setup()
    setup.config.onEnd = NoticeCommand(command: ["notify"])
    setup.config.onEnd?.isAtLeastOnce = true
    return setup
  }

  /// Where the site wants to be certain, the next watcher tells what was not confirmed, and no more.
  @Test func whatWasNotConfirmedIsToldAgain() throws {
    let world = try World(Self.atLeastOnce())
    try world.task("t", LifeTests.members)
    #expect(world.run(until: { world.hasEnded("t") }) && world.settle())
    #expect(count(world, .taskEnded, "t") == 1)
    world.setup.confirmsNotices = true
    for _ in 0..<3 {
      world.killWatcher()
      world.run(until: { world.watcher != nil })
      world.run(for: 3000)
    }
    #expect(count(world, .taskEnded, "t") == 2)
  }

  /// A watcher is killed at the N-th of its calls, for every N: the end is told at least once, and
  /// mostly no more often.
  @Test func atLeastOnceWhereverItDies() throws {
    var again = 0
    var call = 1
    while true {
      var setup = Self.atLeastOnce()
      setup.confirmsNotices = true
      let world = try World(setup)
      world.faults.crash(.watcher, at: call)
      try world.task("t", LifeTests.members)
      let isQuiet = world.run(until: { world.hasEnded("t") && world.isQuiet })
      #expect(isQuiet, "at call \(call)")
      world.run(for: 5000)
      let times = count(world, .taskEnded, "t")
      #expect(times >= 1, "told \(times) times, at call \(call)")
      if times > 1 { again += 1 }
      if world.faults.isCrashPending { break }
      call += 1
    }
    #expect(call > 60 && again < call / 5, "\(again) of \(call)")
  }

  /// A chain is told once, when its last step has ended; its steps say for themselves.
  @Test(arguments: [false, true]) func chains(isAtLeastOnce: Bool) throws {
    var setup = isAtLeastOnce ? Self.atLeastOnce() : World.Setup()
    setup.confirmsNotices = true
    let world = try World(setup)
    try world.drop(
      "c.json",
      """
      {"kind": "chain", "name": "c", "input": {"count": 2}, "notify": "mail:ada@example.org",
       "steps": [
        {"name": "a", "command": ["w", "{output}"], "outputs": [{"path": "/data/out/{index}.a"}]},
        {"name": "b", "command": ["w", "{output}"], "notify": "tell-b",
         "outputs": [{"path": "/data/out/{index}.b"}]}]}
      """)
    #expect(world.run(until: { world.hasEnded("c") }) && world.settle())
    world.killWatcher()
    world.run(until: { world.watcher != nil })
    world.run(for: 3000)
    #expect(world.notices.map(\.subject).sorted() == ["c", "c.a", "c.b"])
    let chain = try #require(world.notices.last)
    #expect(chain.event == .chainEnded)
    #expect(chain.variables["SPOOL_CHAIN"] == "c" && chain.variables["SPOOL_TASK"] == nil)
    #expect(chain.variables["SPOOL_NOTIFY"] == "mail:ada@example.org")
    #expect(chain.json["summary"]?["chain"]?.string == "c")
    #expect(chain.json["summary"] == world.summary("c"))
    let steps = world.notices.filter { $0.event == .taskEnded }
    #expect(Set(steps.map { $0.variables["SPOOL_NOTIFY"] ?? "-" }) == ["-", "tell-b"])
  }

  /// The owner and the value of the request are told, whatever they are.
  @Test func whomToTell() throws {
    let world = try World()
    try world.task("t", #""input": {"count": 1}, "command": ["w"], "notify": "rm -rf '$HOME'""#)
    #expect(world.run(until: { world.hasEnded("t") }))
    let notice = try #require(world.notices.first)
    #expect(notice.variables["SPOOL_NOTIFY"] == "rm -rf '$HOME'")
    let owner = try #require(world.summary("t")?["owner"]?.integer)
    #expect(notice.variables["SPOOL_OWNER"] == "\(owner)")
    #expect(notice.json["owner"]?.integer == owner)
    #expect(notice.json["notify"]?.string == notice.variables["SPOOL_NOTIFY"])
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
