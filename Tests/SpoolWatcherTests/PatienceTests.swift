import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// What may heal is waited for, and nothing is waited for without end (R9, R10).
struct PatienceTests {
  private static let done = "\(World.root)/done"

  /// A result that seems torn may come from a stale cache: whole when it is read again, it counts.
  @Test func aStaleCacheIsNoTornResult() throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    let whole = Kept()
    world.faults.watch { [files = world.files] party, call in
      guard party == .pilot(1), call.operation == .rename,
        call.destination?.hasPrefix(Self.done) == true, whole.bytes == nil
      else { return }
      whole.bytes = files.peek(call.path)
      try? files.plant(files.peek(call.path)?.dropLast(9).map { $0 } ?? [], at: call.path)
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.run(atMost: 10_000) { !world.jobFiles("done").isEmpty })
    world.run(for: 1000)
    #expect(world.attempts("t").isEmpty)
    let name = try #require(world.jobFiles("done").first)
    try world.files.plant(whole.bytes ?? [], at: "\(Self.done)/\(name)")
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A dataset that was closed with more files announced than came waits for them, says so, and
  /// closes as incomplete when its time is over.
  @Test func announcedFilesAreNotWaitedForWithoutEnd() throws {
    let world = try World()
    try world.files.plant([1], at: "/data/a.raw")
    try world.task("t", #""input": "d", "command": ["work"]"#)
    try world.drop(
      "d.json",
      #"{"kind": "dataset", "name": "d", "files": ["/data/a.raw"], "closed": true, "expected": 2}"#)
    #expect(world.run(atMost: 20_000) { !world.attempts("t").isEmpty })
    world.run(for: 5000)
    #expect(!world.hasEnded("t"))
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("the dataset d: 1 of 2 files came"))
    world.run(for: World.quick.datasetWait.milliseconds)
    #expect(world.summary("t")?["state"]?.string == "done")
    #expect(world.said.contains { $0.contains("the dataset d is incomplete") })
  }

  /// A pilot that gives back, and whose filesystem takes nothing from it, leaves all the same; the
  /// watcher finds its claims, and they run elsewhere.
  @Test func aFarewellHasAnEnd() throws {
    let world = try World()
    world.faults.before { party, call, _ in
      let isResult = call.operation == .write && call.path.hasSuffix(".w3600.json")
      return party == .pilot(1) && isResult ? .fails(5) : nil
    }
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 1000
      return outcome
    }
    world.hold(2)
    try world.task("t", R1ClaimTests.one)
    #expect(world.run(atMost: 10_000) { !world.claims.isEmpty })
    let pilot = try #require(world.pilot(1))
    pilot.giveBack()
    world.run(for: 15_000)
    #expect(!pilot.isFinished)
    world.run(for: 10_000)
    #expect(pilot.isFinished)
    world.killPilot(1)
    world.hold(2, false)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
  }

  /// A task on another's outputs starts on them at once, not at the next scan.
  @Test func aCatalogueThatGrewWakesItsReaders() throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    try world.task(
      "a",
      #""input": {"count": 1}, "command": ["w", "{output}"], "outputs": [{"path": "/data/out/{index}.a"}]"#
    )
    try world.task("b", #""input": "a", "command": ["w"]"#)
    #expect(world.run(atMost: 10_000) { world.lineCount("datasets/a.jsonl") == 1 })
    let begun = world.time.now
    #expect(
      world.run(atMost: 10_000) {
        !world.names("ready-cpu").isEmpty || !world.attempts("b").isEmpty
      })
    #expect(world.time.now - begun < 100)
  }
}

/// A value that a hook leaves for its test.
private final class Kept: @unchecked Sendable {
  var bytes: [UInt8]?
}
