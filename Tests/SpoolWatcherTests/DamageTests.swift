import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Files that are not as they were written: made good from what is there twice, or refused with the
/// place. Never a wrong result, never a thing forgotten in silence.
struct DamageTests {
  private static let files = (0..<20).map { "\"/data/in/f\($0)\"" }.joined(separator: ", ")
  private static let members = #"""
    "input": "d", "command": ["cat", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{stem}"}],
    "resources": {"memory": "64MB", "wall": "60s"}
    """#
  private let catalogue = "\(World.root)/datasets/d.jsonl"
  private let copy = "\(World.root)/journal/catalogues/d.jsonl"

  private func world() throws -> World {
    var setup = World.Setup()
    setup.pilots = 0
    let world = try World(setup)
    try world.drop(
      "d.json",
      "{\"kind\": \"dataset\", \"name\": \"d\", \"files\": [\(Self.files)], \"closed\": true}")
    try #require(world.run(until: { world.lineCount("datasets/d.jsonl") == 20 }))
    return world
  }

  private func flip(_ path: String, _ files: MemoryFileSystem, at place: Int) throws {
    var bytes = try #require(files.peek(path))
    bytes[place] ^= 4
    try files.plant(bytes, at: path)
  }

  /// A damaged catalogue, line by line, header included, is made good from its copy: the task works
  /// on every file, and the log says so.
  @Test(arguments: [5, 100, 700, 1500]) func aCatalogueIsMadeGood(place: Int) throws {
    let world = try world()
    let good = try #require(world.files.peek(catalogue))
    try flip(catalogue, world.files, at: place)
    try world.task("t", Self.members)
    try #require(world.run(until: { world.spool.readyCount == 20 }))
    #expect(world.files.peek(catalogue) == good)
    #expect(world.said.contains { $0.contains("datasets/d.jsonl was damaged") })
  }

  @Test func anEmptiedCatalogueIsMadeGood() throws {
    let world = try world()
    let good = try #require(world.files.peek(catalogue))
    try world.files.plant([], at: catalogue)
    try world.task("t", Self.members)
    try #require(world.run(until: { world.spool.readyCount == 20 }))
    #expect(world.files.peek(catalogue) == good)
  }

  /// Where the copy is damaged at the same place, the task waits, and `STATUS` names the place.
  @Test func bothAreDamaged() throws {
    let world = try world()
    try flip(catalogue, world.files, at: 700)
    try flip(copy, world.files, at: 700)
    try world.task("t", Self.members)
    world.run(for: 5000)
    #expect(world.spool.readyCount == 0)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("datasets/d.jsonl"))
    #expect(status.contains("spool recover"))
    let recovery = try SpoolRecovery(world.spool)
    #expect(recovery.findings.map(\.place) == ["datasets/d.jsonl"])
    #expect(recovery.findings.first?.isLoss == true)
  }

  // MARK: Jobs

  private func jobWorld(_ config: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 0
    config(&setup)
    let world = try World(setup)
    try world.task(
      "t",
      #""input": {"values": ["a"]}, "command": ["w", "value-{value}", "{output}"], "#
        + #""outputs": [{"path": "/data/out/t"}], "environment": {"FLAVOUR": "strange"}"#)
    try #require(world.run(until: { !world.jobFiles("ready-cpu").isEmpty }))
    return world
  }

  /// Turns a bit of a word's last character over.
  private func flip(
    _ word: String, in path: String, _ files: MemoryFileSystem, bit: Int = 0
  ) throws {
    let bytes = try #require(files.peek(path))
    let word = Array(word.utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: word) })
    try files.flip(path, bit: (place + word.count - 1) * 8 + bit)
  }

  private func path(_ world: World, _ directory: String) throws -> String {
    "\(World.root)/\(directory)/\(try #require(world.jobFiles(directory).first))"
  }

  /// A command or a variable that is not what the watcher wrote is not run: the attempt fails, and
  /// the next one is made anew.
  @Test(arguments: ["value-a", "strange", "/data/out/t", "crc32"]) func aJobIsNotRun(
    word: String
  ) throws {
    let world = try jobWorld()
    try flip(word, in: try path(world, "ready-cpu"), world.files)
    world.addPilot()
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 torn", "00 a2 ok"])
    let reason = world.lines("ledger/t.jsonl").first?["reason"]?.string ?? ""
    #expect(reason.contains("not as it was written"), "\(reason)")
    #expect(world.runner(1)?.started.count == 1)
    #expect(world.runner(1)?.started.first?.arguments.contains("value-a") == true)
    #expect(world.faultsAtTheEnd("t", jobs: 1).filter { !$0.contains("datasets") } == [])
  }

  /// A result that is not what the pilot wrote does not count: neither in `done/` nor in `failed/`.
  @Test(arguments: ["\"exit\":0", "\"events\":3", "\"host\":\"node1"]) func aResultDoesNotCount(
    word: String
  ) throws {
    let world = try jobWorld()
    world.addPilot()
    world.holdWatcher(for: 1000)
    try #require(world.run(until: { !world.jobFiles("done").isEmpty }))
    try flip(word, in: try path(world, "done"), world.files)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 torn", "00 a2 ok"])
    #expect(world.files.peek("/data/out/t") == World.contents("t.00000000"))
  }

  // MARK: Heartbeats

  /// A pilot that dies, and whose heartbeat is damaged then, is found dead all the same: its job is
  /// tried again. So it is where the damage would say that its process lives, or is another.
  @Test(arguments: ["\"counter\":", "\"cpus\":", "crc32"]) func aDamagedHeartbeatIsADeadOne(
    word: String
  ) throws {
    let world = try jobWorld { $0.isOneHost = false }
    world.setup.restartAfter = nil
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = payload.environment["SPOOL_ATTEMPT"] == "1" ? 600_000 : 100
      return outcome
    }
    world.addPilot()
    try #require(world.run(until: { world.runner(1)?.load == 1 }))
    world.run(for: 3000)
    let name = try #require(world.pilot(1)?.name)
    world.killPilot(1)
    try flip(word, in: world.spool.layout.heartbeat(name), world.files)
    world.addPilot()
    #expect(world.run(atMost: 10_000, until: { world.hasEnded("t") }))
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
  }

  /// A damaged heartbeat of a pilot that lives is not believed, and written over.
  @Test func aDamagedHeartbeatKillsNobody() throws {
    let world = try jobWorld()
    world.killWatcher()
    try #require(world.run(until: { world.watcher != nil }))
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 5000
      return outcome
    }
    world.addPilot()
    try #require(world.run(until: { world.runner(1)?.load == 1 }))
    let name = try #require(world.pilot(1)?.name)
    let heartbeat = world.spool.layout.heartbeat(name)
    for _ in 0..<8 {
      world.run(for: 400)
      // The process becomes the first watcher's, which is gone.
      try flip("\"pid\":3", in: heartbeat, world.files, bit: 1)
    }
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  // MARK: At rest

  private func findings(_ world: World) throws -> [String] {
    try SpoolCheck(world.spool).run().findings.map(\.place)
  }

  /// A page, a kept job file and an archive that are not as they were written: the check says so, and
  /// nobody is shown them.
  @Test func theCheckLooksAtWhatNobodyReads() throws {
    let world = try jobWorld { $0.config.packAfter = .after(.milliseconds(30_000)) }
    world.addPilot()
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(try findings(world) == [])
    let page = "\(World.root)/done/t.json"
    let good = try #require(world.files.peek(page))
    try flip("\"attempts\"", in: page, world.files)
    let kept = try path(world, "done/t")
    try flip("\"cpu\"", in: kept, world.files)
    #expect(try findings(world) == ["done/t.json", String(kept.dropFirst(World.root.count + 1))])
    let name = try #require(Name("t"))
    #expect(world.spool.read(.ended(name, failed: false)) == nil)
    // The next watcher makes the page anew.
    world.killWatcher()
    world.run(for: 5000)
    #expect(world.files.peek(page) == good)
    try #require(world.run(until: { world.names("archive/t").count == 3 && world.isQuiet }))
    world.run(for: 3000)
    #expect(try findings(world) == [])
    for part in ["t.json", "t.ledger.jsonl", "t.jobs.jsonl"] {
      let path = "\(World.root)/archive/t/\(part)"
      let bytes = try #require(world.files.peek(path))
      try world.files.flip(path, bit: bytes.count * 4)
      #expect(try findings(world) == ["archive/t/\(part)"])
      try world.files.plant(bytes, at: path)
    }
    try world.files.truncate(
      "\(World.root)/archive/t/t.ledger.jsonl",
      to: try #require(
        world.files.peek("\(World.root)/archive/t/t.ledger.jsonl")?.firstIndex(of: 10)) + 1)
    #expect(try findings(world) == ["archive/t/t.ledger.jsonl"])
  }

  /// A damaged copy of a catalogue is found, and written anew by the recovery.
  @Test(arguments: [5, 700, 1500]) func aCopyIsMadeGood(place: Int) throws {
    let world = try world()
    let good = try #require(world.files.peek(copy))
    try flip(copy, world.files, at: place)
    #expect(try findings(world) == ["journal/catalogues/d.jsonl"])
    try world.stopWatcher()
    let recovery = try SpoolRecovery(world.spool)
    #expect(recovery.findings.map(\.place) == ["journal/catalogues/d.jsonl"])
    #expect(recovery.findings.first?.isLoss == false)
    let lease = WatcherLease(
      world.spool,
      WatcherRecord(
        epoch: 0, id: "r", host: "h", version: "test", process: .null, at: world.time.timestamp),
      time: world.time, isGone: { _ in nil })
    guard case .acquired = try lease.step() else {
      Issue.record("the spool is not free")
      return
    }
    #expect(try recovery.mend(lease) == [])
    #expect(world.files.peek(copy) == good)
  }

  // MARK: Epochs

  /// The epoch of a damaged `watcher.json` may be too low. It is not given out again: a request that
  /// the former watcher took, and did not read, is taken over.
  @Test func anEpochIsNotGivenOutAgain() throws {
    let world = try world()
    world.faults.crash(.watcher, at: 1) {
      $0.operation == .read && $0.path.contains("journal/taken/")
    }
    world.setup.restartAfter = nil
    try world.task("t", Self.members)
    try #require(world.run(until: { world.watcher == nil }))
    try #require(world.names("journal/taken").count == 1)
    let path = "\(World.root)/watcher.json"
    var bytes = try #require(world.files.peek(path))
    let epoch = Array("\"epoch\":1".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: epoch) })
    bytes[place + epoch.count - 1] = UInt8(ascii: "0")
    try world.files.plant(bytes, at: path)
    world.startWatcher()
    #expect(world.run(until: { world.spool.readyCount == 20 }))
  }
}

extension Spool {
  /// The number of jobs that wait for a pilot.
  fileprivate var readyCount: Int { (try? readyJobs(.cpu, fresh: true).count) ?? 0 }
}
