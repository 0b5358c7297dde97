import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Something of one job, one task or one pilot that the filesystem refuses for good holds up no other
/// (R10).
struct RefusalTests {
  private static let two = """
    "input": {"count": 4}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/TASK/{index}.root"}]
    """

  private func start(_ world: World, _ tasks: String...) throws {
    for task in tasks {
      try world.task(task, Self.two.replacing("TASK", with: task))
    }
  }

  /// A task whose ledger cannot be written waits. Others end, and the watcher goes on, also after a
  /// restart; once the ledger can be written it has all lines.
  @Test(arguments: [false, true]) func aViewOfOneTask(restarts: Bool) throws {
    let world = try World()
    for index in 0..<4 { try world.files.plant([1, 2, 3], at: "/data/f\(index).raw") }
    let files = (0..<4).map { "\"/data/f\($0).raw\"" }.joined(separator: ", ")
    try world.drop("d.json", "{\"kind\": \"dataset\", \"name\": \"d\", \"files\": [\(files)]}")
    world.run(for: 2000)
    world.faults.before { party, call, _ in
      guard party == .watcher, call.operation != .attributes else { return nil }
      return call.path.hasSuffix("/ledger/bad.jsonl") ? .fails(EIO) : nil
    }
    try start(world, "bad")
    #expect(world.run(atMost: 20_000, until: { world.journal.contains("accepted") }))
    try start(world, "good")
    #expect(world.run(atMost: 20_000, until: { world.hasEnded("good") }))
    if restarts {
      world.killWatcher()
      // There was no checkpoint at the start, and the catalogues are read all the same.
      try world.task("late", #""input": "d", "command": ["work"]"#)
      try world.drop("c.json", #"{"kind": "dataset", "name": "d", "closed": true}"#)
      #expect(world.run(atMost: 20_000, until: { world.hasEnded("late") }))
      #expect(world.attempts("late").count == 4)
    }
    world.run(for: 2000)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("ledger/bad.jsonl"), "\(status)")
    world.faults.clear()
    #expect(world.settle())
    #expect(world.attempts("bad").sorted() == (0..<4).map { "0\($0) a1 ok" })
    #expect(world.summary("bad")?["state"]?.string == "done")
  }

  /// Such a task gets no new jobs, also while manifests come, which are written to other views: what
  /// waits to be written is bounded.
  @Test func noNewJobsMeanwhile() throws {
    let world = try World()
    try world.files.plant([1, 2, 3], at: "/data/f.raw")
    world.faults.before { party, call, _ in
      guard party == .watcher, call.operation != .attributes else { return nil }
      return call.path.hasSuffix("/ledger/bad.jsonl") ? .fails(EIO) : nil
    }
    try world.task("bad", Self.two.replacing("TASK", with: "bad").replacing("4", with: "2000"))
    let formed = { world.journal.split(separator: "\n").count { $0.contains(#""formed""#) } }
    #expect(world.run(atMost: 20_000, until: { world.journal.contains("accepted") }))
    world.run(for: 3000)
    let before = formed()
    for index in 0..<10 {
      try world.drop(
        "d\(index).json",
        #"{"kind": "dataset", "name": "d\#(index)", "files": ["/data/f.raw"], "closed": true}"#)
      world.run(for: 500)
    }
    #expect(world.lineCount("datasets/d9.jsonl") == 1)
    #expect(formed() == before && before < 60)
    world.faults.clear()
    #expect(world.settle(atMost: 600_000))
    #expect(world.attempts("bad").count == 2000)
  }

  /// A directory with the name of a job's file lies in an inbox, and cannot be removed as a file. It
  /// stays, and what comes after it is cleared away.
  @Test func aDirectoryInAnInbox() throws {
    let world = try World()
    let name = "p5.ghost.00000000.a1.c1.m1908.g0.w3600@n1-00000001.exit1.json"
    let path = "\(World.root)/failed/\(name)"
    try world.files.plantDirectories(path)
    world.run(for: 2000)
    try start(world, "good")
    #expect(world.run(atMost: 20_000, until: { world.hasEnded("good") }))
    world.run(for: 2000)
    #expect(world.jobFiles("done").isEmpty)
    #expect(world.names("done/good").count == 4)
    #expect(world.names("failed").contains(name + "/"))
    let told = world.said.count { $0.contains("ghost") }
    #expect(told >= 1 && told <= 2, "\(world.said)")
  }

  /// A pilot whose claims could not be taken from it while it was silent counts again once it beats.
  @Test func aPilotThatComesBack() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.isOneHost = false
    let world = try World(setup)
    #expect(world.run(atMost: 5000, until: { world.pilot(1) != nil }))
    let pilot = try #require(world.pilot(1)?.name)
    world.run(for: 2000)
    world.faults.before { party, call, _ in
      party == .watcher && call.operation == .list && call.path.hasSuffix("/\(pilot)")
        ? .fails(EACCES) : nil
    }
    world.hold(1)
    #expect(
      world.run(atMost: 10_000, until: { world.said.contains { $0.contains("\(pilot) is dead") } }))
    world.hold(1, false)
    world.faults.clear()
    world.run(for: 3000)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("\(pilot)"), "\(status)")
    try start(world, "good")
    #expect(world.run(atMost: 20_000, until: { world.hasEnded("good") }))
  }

  /// Somebody removes directories of a spool at work. They are made again, and what lay in them runs
  /// again.
  @Test(arguments: ["ready-cpu", "done", "running", "failed", "ledger"])
  func aDirectoryIsRemoved(name: String) throws {
    var setup = World.Setup()
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 500
      return outcome
    }
    let world = try World(setup)
    try world.task("t", Self.two.replacing("TASK", with: "t").replacing("4", with: "40"))
    #expect(world.run(atMost: 20_000, until: { world.attempts("t").count > 4 }))
    let path = "\(World.root)/\(name)"
    for entry in world.files.paths(below: path).reversed() {
      if entry.hasSuffix("/") {
        try world.files.removeDirectory(String(entry.dropLast()))
      } else {
        try world.files.remove(entry)
      }
    }
    try world.files.removeDirectory(path)
    #expect(world.run(atMost: 400_000, until: { world.hasEnded("t") }), "\(world.said)")
    #expect(world.summary("t")?["state"]?.string == "done")
    #expect(world.said.contains { $0.contains("made \(name)/ again") }, "\(world.said)")
    #expect(world.files.paths(below: "/data/out/t").count { !$0.contains("/.spool.") } == 40)
  }

  /// A page whose rename is refused leaves no hidden file behind, nor does one whose writer died.
  @Test(arguments: [false, true]) func noHiddenPageStays(dies: Bool) throws {
    let world = try World()
    let isPage = { @Sendable (call: FileCall) in
      call.operation == .rename && call.destination?.hasSuffix("/running/good.json") == true
    }
    if dies {
      world.faults.crash(.watcher, at: 1, of: isPage)
    } else {
      world.faults.before { _, call, _ in isPage(call) ? .fails(EIO) : nil }
    }
    try start(world, "good")
    #expect(world.run(atMost: 30_000, until: { world.hasEnded("good") }))
    #expect(!world.faults.isCrashPending)
    world.run(for: 2000)
    #expect(!world.names("running").contains { $0.hasPrefix(".") }, "\(world.names("running"))")
  }

  /// Names of reports beyond the limit are not summed; those of events are.
  @Test func reportsWithManyNames() throws {
    var setup = World.Setup()
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      let index = payload.environment["SPOOL_INDEX"] ?? "?"
      let keys = (0..<2000).map { "\"k\(index)x\($0)\":1" }.joined(separator: ",")
      outcome.report = Array("{\(keys),\"eventsIn\":10}".utf8)
      return outcome
    }
    let world = try World(setup)
    try start(world, "good")
    #expect(world.settle())
    let report = world.summary("good")?["report"]?.object
    #expect((4096...4097).contains(report?.members.count ?? 0))
    #expect(report?["eventsIn"]?.integer == 40)
    #expect(world.said.count { $0.contains("reported 4096 different names") } == 1, "\(world.said)")
  }
}
