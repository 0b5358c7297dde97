import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// What a reading of the code found, each seen to be mended.
struct ReviewTests {
  private static func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    change(&setup)
    return try World(setup)
  }

  /// Jobs of a better priority that fit no pilot do not keep it from those that do.
  @Test func unfitJobsHideNobody() throws {
    let world = try Self.world()
    try world.task(
      "large", #""input": {"count": 5}, "command": ["w"], "priority": 3, "resources": {"cpus": 9}"#)
    #expect(world.run(atMost: 10_000) { world.jobFiles("ready-cpu").count == 5 })
    try world.task("small", #""input": {"count": 5}, "command": ["w"]"#)
    #expect(world.run(atMost: 20_000) { world.hasEnded("small") })
    #expect(world.attempts("large") == [])
  }

  /// A dataset that both a task and manifests fill is the same after a replay.
  @Test func aReplayLeavesAManifestsLinesAlone() throws {
    let world = try Self.world()
    try world.drop("d1.json", #"{"kind": "dataset", "name": "d", "files": ["/data/a"]}"#)
    try world.task(
      "t",
      #"""
      "input": "in", "command": ["w", "{output}"],
      "outputs": [{"path": "/data/out/{stem}.o", "dataset": "d"}]
      """#)
    try world.files.plant([1], at: "/data/x1")
    try world.files.plant([1], at: "/data/x2")
    try world.drop("in1.json", #"{"kind": "dataset", "name": "in", "files": ["/data/x1"]}"#)
    #expect(world.run(atMost: 20_000) { world.lineCount("datasets/d.jsonl") == 2 })
    try world.drop("d2.json", #"{"kind": "dataset", "name": "d", "files": ["/data/b", "/data/c"]}"#)
    #expect(world.run(atMost: 20_000) { world.lineCount("datasets/d.jsonl") == 4 })
    try world.drop(
      "in2.json", #"{"kind": "dataset", "name": "in", "files": ["/data/x2"], "closed": true}"#)
    #expect(world.run(atMost: 20_000) { world.lineCount("datasets/d.jsonl") == 5 })
    #expect(world.run(atMost: 20_000) { world.hasEnded("t") })
    let before = world.files.peek("\(World.root)/datasets/d.jsonl")
    world.killWatcher()
    world.run(for: 5000)
    #expect(world.files.peek("\(World.root)/datasets/d.jsonl") == before)
    #expect(world.lines("datasets/d.jsonl").allSatisfy { $0["path"] != nil })
  }

  /// However often a pilot beats and however long it may be silent: it is found dead.
  @Test func theDeadAreFoundAtAnySetting() throws {
    let world = try Self.world { setup in
      setup.isOneHost = false
      setup.config.heartbeat = .milliseconds(200)
      setup.config.deadAfter = .milliseconds(60_000)
      setup.restartAfter = nil
      setup.script = { _ in
        var outcome = FakeOutcome.exit(0)
        outcome.duration = 600_000
        return outcome
      }
    }
    try world.task("t", #""input": {"count": 1}, "command": ["w"]"#)
    #expect(world.run(atMost: 10_000) { !world.claims.isEmpty })
    world.killPilot(1)
    world.run(for: 55_000)
    #expect(world.attempts("t") == [])
    #expect(world.run(atMost: 30_000) { world.attempts("t") == ["00 a1 lost"] })
  }

  /// A job's outputs get their final names all or none.
  @Test func outputsAllOrNone() throws {
    let world = try Self.world()
    world.faults.watch { [files = world.files] _, call in
      guard R3PublicationTests.isPublication(call), call.destination?.hasSuffix(".b") == true,
        let path = call.destination
      else { return }
      try? files.plant([9], at: path)
    }
    try world.task(
      "t",
      #"""
      "input": {"count": 1}, "command": ["w", "{output:a}", "{output:b}"],
      "outputs": [{"path": "/data/out/{index}.a", "name": "a"},
                  {"path": "/data/out/{index}.b", "name": "b"}]
      """#)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 exists"])
    #expect(world.files.paths(below: "/data/out") == ["/data/out/0.b"])
    #expect(world.files.peek("/data/out/0.b") == [9])
  }

  /// A watcher that was late finds another's segment where its own should be: the end of it, and
  /// nothing is removed.
  @Test func anothersSegmentStays() throws {
    let files = MemoryFileSystem()
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files)
    let spool = try Spool.open("/data/spool", files: files)
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
    let journal = try Journal(spool, epoch: 1, after: end)
    journal.append(JSONObject([.init("type", "one")]))
    try files.plant([1, 2, 3], at: spool.layout.segment(2))
    #expect(throws: JournalError.self) { try journal.checkpoint(JSON.null) { _ in } }
    #expect(files.peek(spool.layout.segment(2)) == [1, 2, 3])
  }
}
