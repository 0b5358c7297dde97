import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// The payload ended well, and what it left cannot be read or synced for a while: that is never its
/// failure, and seldom anybody's.
struct SettlingTests {
  private static let members = """
    "input": {"count": 1}, "command": ["w", "{output}"], "retry": {"attempts": 1},
    "outputs": [{"path": "/data/out/{index}.root"}]
    """

  private func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    change(&setup)
    return try World(setup)
  }

  /// The patience of a pilot in a world's configuration.
  private let patience = 5000

  private static let codes = [
    EIO, ESTALE, ENOTCONN, ETIMEDOUT, ENOSPC, EMFILE, ENFILE, ENOMEM, EREMOTEIO,
  ]

  /// Answers so from the first request on, for a while.
  private static func spoil(
    _ world: World, for milliseconds: Int,
    _ answer: @escaping (DigestRequest) -> FileDigest.Answer
  ) {
    var begun: Int?
    world.setup.digest = { [unowned world] request in
      let since = begun ?? world.time.now
      begun = since
      return world.time.now - since < milliseconds ? answer(request) : nil
    }
  }

  // MARK: Outputs

  @Test(arguments: codes) func anOutageWhileStaging(code: Int32) throws {
    let world = try world()
    Self.spoil(world, for: 3000) { .failed(FileError("read", $0.path, code)) }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.said.count { $0.contains("waits; trying again") } == 1, "\(world.said)")
  }

  /// A sync that failed is tried again with the disk's own bytes.
  @Test(arguments: codes) func aSyncThatFails(code: Int32) throws {
    let world = try world()
    let fromDisk = Log<Bool>()
    Self.spoil(world, for: 3000) { request in
      fromDisk.add(request.fromDisk)
      let sum = MemoryDigester.adler32(World.contents("t.00000000"))
      let size = World.contents("t.00000000").count
      return .unsynced(size: size, adler32: sum, FileError("sync", request.path, code))
    }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(fromDisk.all.first == false && fromDisk.all.dropFirst().allSatisfy { $0 })
  }

  /// The directory of the outputs is away with its mount, for a while.
  @Test(arguments: [ENOENT, EIO, ENOTCONN]) func theDataIsAway(code: Int32) throws {
    let world = try world { setup in
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.duration = 1000
        return outcome
      }
    }
    try world.task("t", Self.members)
    try #require(world.run { world.runner(1)?.load == 1 })
    world.files.refuse("/data/out", with: code)
    world.run(for: 4000)
    #expect(world.attempts("t") == [])
    world.files.refuse("/data/out", with: 0)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// What does not pass is a failure of the filesystem, after the pilot's patience, and not long after.
  @Test func anOutageThatLasts() throws {
    let world = try world()
    Self.spoil(world, for: 8000) { .failed(FileError("read", $0.path, EIO)) }
    try world.task("t", Self.members)
    try #require(world.run { world.runner(1)?.started.count == 1 })
    let begin = world.time.now
    #expect(world.run { world.attempts("t").count == 1 })
    #expect(world.attempts("t") == ["00 a1 staging"])
    #expect((patience...patience + 5000).contains(world.time.now - begin))
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t").last == "00 a2 ok")
  }

  /// What the kernel says can never be, is not waited for.
  @Test(arguments: [EACCES, EPERM, ENAMETOOLONG]) func aLastingRefusal(code: Int32) throws {
    let world = try world()
    Self.spoil(world, for: 100) { .failed(FileError("open", $0.path, code)) }
    try world.task("t", Self.members)
    #expect(world.run(atMost: 3000) { world.attempts("t") == ["00 a1 staging"] })
  }

  /// A cancel, the watcher's verdict, or a second TERM ends the wait.
  @Test func aCancelEndsTheWait() throws {
    let world = try world { $0.config.deadAfter = .seconds(600) }
    Self.spoil(world, for: 600_000) { .failed(FileError("read", $0.path, EIO)) }
    try world.task("t", Self.members)
    try #require(world.run { world.runner(1)?.started.count == 1 && world.runner(1)?.load == 0 })
    world.run(for: 1000)
    #expect(world.pilot(1)?.load == 1)
    try world.order("cancel", "t")
    #expect(world.run(atMost: 4000) { world.pilot(1)?.load == 0 })
    world.run(for: 3000)
    #expect(!world.files.paths(below: "/data/out").contains { $0.contains(".spool.") })
  }

  @Test func givingBackEndsTheWait() throws {
    let world = try world { $0.config.deadAfter = .seconds(600) }
    Self.spoil(world, for: 600_000) { .failed(FileError("read", $0.path, EIO)) }
    try world.task("t", Self.members)
    try #require(world.run { world.runner(1)?.started.count == 1 && world.runner(1)?.load == 0 })
    world.run(for: 1000)
    world.pilot(1)?.giveBack()
    #expect(world.run(atMost: 2000) { world.pilot(1)?.isFinished == true })
    #expect(world.run(atMost: 3000) { world.attempts("t") == ["00 a1 returned"] })
  }

  /// An output that was not written is the payload's failure, at the second look.
  @Test func anOutputThatIsNotThere() throws {
    let world = try world { $0.script = { _ in FakeOutcome() } }
    try world.task("t", Self.members)
    #expect(world.run(atMost: 4000) { world.attempts("t") == ["00 a1 output"] })
  }

  @Test func anOutputThatIsNotThereYet() throws {
    let world = try world()
    Self.spoil(world, for: 300) { _ in .missing }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// Lets the pilot meet a filesystem out of order while its payload of 3 s runs.
  private func worldWithOutage(
    code: Int32 = ENOTCONN, for milliseconds: Int, _ members: String = members,
    _ script: @escaping (Payload) -> FakeOutcome = World.writeOutputs
  ) throws -> World {
    let world = try world { setup in
      setup.config.deadAfter = .seconds(10)
      setup.script = { payload in
        var outcome = script(payload)
        outcome.duration = 3000
        return outcome
      }
    }
    try world.task("t", members)
    try #require(world.run { world.runner(1)?.load == 1 })
    let path =
      code == ENOENT
      ? World.root : "\(World.root)/running/\(try #require(world.pilot(1)).name)/pilot.json"
    world.files.refuse(path, with: code)
    world.run(for: milliseconds)
    world.files.refuse(path, with: 0)
    return world
  }

  /// An outage hides an output that was written, for longer than two looks: the server that has it is
  /// away, and other names are shown.
  @Test func anOutputThatIsHidden() throws {
    let world = try worldWithOutage(for: 2500)
    Self.spoil(world, for: 3000) { _ in .missing }
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// An optional output, too, is not given up while it may be hidden.
  @Test func anOptionalOutputThatIsHidden() throws {
    let world = try worldWithOutage(
      for: 2500,
      """
      "input": {"count": 1}, "command": ["w", "{output}"], "retry": {"attempts": 1},
      "outputs": [{"path": "/data/out/{index}.root", "optional": true}]
      """)
    Self.spoil(world, for: 3000) { _ in .missing }
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.files.paths(below: "/data/out").map { $0.contains("/.spool.") } == [false])
  }

  /// An output that is not there after an outage is not the payload's failure: the filesystem may have
  /// kept it from writing.
  @Test(arguments: [ENOTCONN, EIO, ENOSPC, ENOENT]) func anOutputLostToAnOutage(
    code: Int32
  ) throws {
    let first = Once()
    let world = try worldWithOutage(code: code, for: 2500) { payload in
      first.isFirst() ? FakeOutcome() : World.writeOutputs(payload)
    }
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 staging", "00 a2 ok"])
  }

  // MARK: The report and the log

  /// Fails the reading of a file in the pilot's scratch for a while.
  private func spoilLocal(_ world: World, _ name: String, _ code: Int32, until: Int) throws {
    try #require(world.run { world.local(1) != nil && world.pilot(1) != nil })
    world.local(1)?.onCall = { [time = world.time] call in
      let isMeant = [.read, .open].contains(call.operation) && call.path.hasSuffix(name)
      return isMeant && time.now < until ? .fails(code) : nil
    }
  }

  @Test(arguments: [EMFILE, ENFILE, ENOMEM, EIO]) func aReportThatCannotBeRead(
    code: Int32
  ) throws {
    let world = try world()
    try spoilLocal(world, "/report.json", code, until: world.time.now + 4000)
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.summary("t")?["report"]?["events"]?.integer == 3)
  }

  /// If it never can, the node is to blame, not the payload.
  @Test func aReportThatCanNeverBeRead() throws {
    let world = try world()
    try spoilLocal(world, "/report.json", EIO, until: world.time.now + 9000)
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 staging", "00 a2 ok"])
  }

  @Test func aReportThatIsNone() throws {
    let world = try world { setup in
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.report = Array("[1]".utf8)
        return outcome
      }
    }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 output"])
  }

  /// One value that cannot be summed throws nothing else away.
  @Test func aReportWithValuesThatAreNoNumbers() throws {
    let world = try world { setup in
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.report = Array(
          #"{"events": 3, "mean": NaN, "tag": "x", "ok": true, "of": [1], "n": 99999999999999999999}"#
            .utf8)
        return outcome
      }
    }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    let page = try #require(world.summary("t"))
    #expect(page["report"] == ["events": 3])
    #expect(page["reportLeftOut"] == ["mean": 1, "n": 1, "of": 1, "ok": 1, "tag": 1])
    let line = try #require(world.lines("ledger/t.jsonl").first)
    #expect(
      line["reportLeftOut"] == [
        "mean": "NaN", "tag": "x", "ok": "true", "of": "an array", "n": "99999999999999999999",
      ])
  }

  /// What a payload printed waits with its result.
  @Test func theLogWaitsWithTheResult() throws {
    let world = try world { setup in
      setup.config.deadAfter = .seconds(600)
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.errors = Array("a word\n".utf8)
        return outcome
      }
    }
    world.faults.before { [time = world.time] party, call, _ in
      party == .pilot(1) && call.operation == .open && time.now < 6000 ? .fails(EMFILE) : nil
    }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    let logs = world.files.paths(below: "\(World.root)/logs").compactMap { world.files.peek($0) }
    #expect(logs.contains { String(decoding: $0, as: UTF8.self).contains("a word") })
  }

  // MARK: Inputs and starts

  /// Inputs that cannot be summed for a while cost no attempt.
  @Test(arguments: codes) func inputsThatCannotBeRead(code: Int32) throws {
    let world = try world()
    try world.files.plant([1], at: "/data/a.raw")
    Self.spoil(world, for: 3000) { .failed(FileError("read", $0.path, code)) }
    try world.task(
      "t",
      """
      "input": {"files": [{"path": "/data/a.raw", "size": 1, "adler32": "00020002"}]},
      "verify": "checksum", "command": ["w"]
      """)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// A host without descriptors or memory for a while.
  @Test(arguments: [EMFILE, ENFILE, ENOMEM]) func aStartThatIsShort(code: Int32) throws {
    let world = try world()
    world.setup.script = { [unowned world] payload in
      var outcome = World.writeOutputs(payload)
      if world.time.now < 5000 {
        outcome.spawnError = SpawnError(program: "/scratch/slot0/stdout", code: code, isExec: false)
      }
      return outcome
    }
    try world.task("t", Self.members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
  }
}
