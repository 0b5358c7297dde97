import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// A claim that its pilot cannot read: it leaves as a failed job, and holds up no other.
struct UnreadableClaimTests {
  enum Fault: CaseIterable, Sendable {
    case directory, link, fifo, tooLarge, notPermitted, lastingEIO, lastingESTALE

    func plant(_ world: World, at path: String) throws {
      if [.directory, .link, .fifo, .tooLarge].contains(self) { try world.files.remove(path) }
      switch self {
      case .directory: try world.files.plant(.directory, at: path)
      case .link: try world.files.plant(.link, at: path)
      case .fifo: try world.files.plant(.other, at: path)
      case .tooLarge:
        try world.files.plant([UInt8](repeating: 32, count: Limits.jobFile + 1), at: path)
      case .notPermitted: UnreadableClaimTests.refuseReading(world, EACCES)
      case .lastingEIO: UnreadableClaimTests.refuseReading(world, EIO)
      case .lastingESTALE: UnreadableClaimTests.refuseReading(world, ESTALE)
      }
    }
  }

  /// Nobody can read the first attempt's file.
  private static func refuseReading(_ world: World, _ code: Int32) {
    world.faults.before { _, call, _ in
      call.operation == .read && call.path.contains("bad.00000000.a1") ? .fails(code) : nil
    }
  }

  /// A pilot that runs a long job, and has claimed one that it cannot read.
  private func world(_ plant: (World, String) throws -> Void) throws -> World {
    var setup = World.Setup()
    setup.pilots = 0
    setup.restartAfter = nil
    setup.script = { payload in
      var outcome = FakeOutcome()
      if payload.environment["SPOOL_TASK"] == "long" { outcome.duration = 900_000 }
      return outcome
    }
    let world = try World(setup)
    try world.task("bad", #""priority": 0, "input": {"count": 1}, "command": ["w"]"#)
    try world.task("long", #""input": {"count": 1}, "command": ["w"]"#)
    try #require(world.run { world.jobFiles("ready-cpu").count == 2 })
    let bad = try #require(world.jobFiles("ready-cpu").first { $0.contains("bad") })
    try plant(world, "\(World.root)/ready-cpu/\(bad)")
    world.addPilot()
    try #require(world.run(atMost: 20_000) { world.runner(1)?.load == 1 })
    return world
  }

  /// What is cancelled meanwhile ends as soon as ever, and the job is tried again.
  @Test(arguments: Fault.allCases) func holdsUpNoOther(_ fault: Fault) throws {
    let world = try world { try fault.plant($0, at: $1) }
    try world.order("cancel", "long")
    try #require(world.run(atMost: 5000) { world.hasEnded("long") })
    #expect(world.run(atMost: 2500) { world.runner(1)?.killed.count == 1 })
    // A watcher that cannot read it either waits longer than the pilot does.
    let isGone = { world.claims.allSatisfy { !$0.contains("bad.00000000.a1") } }
    #expect(world.run(atMost: 20_000, until: isGone), "\(world.claims)")
    #expect(world.run(atMost: 700_000) { world.hasEnded("bad") })
    #expect(world.attempts("bad").last == "00 a2 ok", "\(world.attempts("bad"))")
  }

  /// One that cannot be handed in either is told once, and passed over.
  @Test func staysWhereNothingHelps() throws {
    let world = try world { world, path in
      try Fault.directory.plant(world, at: path)
      world.faults.before { party, call, _ in
        let isMove = call.operation == .rename && call.path.contains("/running/")
        return isMove && call.path.contains("bad") && party == .pilot(1) ? .fails(EACCES) : nil
      }
    }
    world.run(for: 60_000)
    #expect(world.said.count { $0.contains("passed over") } == 1, "\(world.said)")
    try world.order("cancel", "long")
    #expect(world.run(atMost: 5000) { world.runner(1)?.killed.count == 1 })
  }

  /// One that cannot be read for a moment is run; and what this host is short of costs no attempt,
  /// and lets the pilot claim nothing more.
  @Test(arguments: [EIO, ESTALE, EMFILE, ENFILE, ENOMEM]) func forAMoment(code: Int32) throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    world.faults.before { [time = world.time] party, call, _ in
      let isMeant = call.operation == .read && call.path.contains("/p5-")
      return party == .pilot(1) && isMeant && time.now < 6000 ? .fails(code) : nil
    }
    try world.task("t", #""input": {"count": 20}, "command": ["w"]"#)
    try #require(world.run { !world.claims.isEmpty })
    world.run(for: 2000)
    // No more than it has cores for.
    #expect(world.claims.count == (FileError("", "", code).isShortage ? 1 : 2))
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") }, "\(world.attempts("t"))")
  }

  /// One in ready that cannot be renamed, the first of all, holds up no other.
  @Test(arguments: [EACCES, EPERM, EIO, ESTALE, EBUSY]) func oneThatCannotBeClaimed(
    code: Int32
  ) throws {
    var setup = World.Setup()
    setup.pilots = 0
    let world = try World(setup)
    world.faults.before { _, call, _ in
      let isMeant = call.operation == .rename && call.path.contains("/ready-cpu/p0-")
      return isMeant ? .fails(code) : nil
    }
    try world.task("bad", #""priority": 0, "input": {"count": 1}, "command": ["w"]"#)
    try #require(world.run { !world.jobFiles("ready-cpu").isEmpty })
    world.addPilot()
    try world.task("t", #""input": {"count": 50}, "command": ["w"]"#)
    #expect(world.run(atMost: 15_000) { world.hasEnded("t") })
    world.faults.clear()
    #expect(world.run(atMost: 15_000) { world.hasEnded("bad") })
  }

  @Test func refusedJobsAreLeftAloneForAWhile() throws {
    var refused = RefusedJobs()
    refused.note(try job(1), at: start)
    refused.note(try job(2), at: start + .seconds(3))
    refused.forget(at: start + RefusedJobs.time)
    #expect(try !refused.contains(job(1)) && refused.contains(job(2)))
  }

  // MARK: The value

  private let start = Instant(milliseconds: 1000)
  private func job(_ index: Int) throws -> JobName {
    try #require(JobName(fileName: "p5.t.0000000\(index).a1.c1.m100.g0.w60.json"))
  }

  @Test func givesUpByKindOrByTime() throws {
    var claims = UnreadableClaims()
    func isHopeless(_ index: Int, _ errno: Errno, after seconds: Int) throws -> Bool {
      claims.isHopeless(
        try job(index), FileError("read", "/p", errno), at: start + .seconds(seconds),
        after: .seconds(30))
    }
    #expect(try isHopeless(1, .isDirectory, after: 0))
    #expect(try !isHopeless(2, .inputOutput, after: 0))
    #expect(try !isHopeless(2, .stale, after: 29))
    #expect(claims.isTryingAny && !claims.hasShortage)
    #expect(try isHopeless(2, .inputOutput, after: 30))
    #expect(!claims.isTryingAny)
    #expect(try !isHopeless(3, .tooManyFiles, after: 0))
    #expect(claims.hasShortage)
    #expect(try !isHopeless(3, .tooManyFiles, after: 59))
    #expect(try isHopeless(3, .noMemory, after: 60))
    for name in claims.names { claims.forget(name) }
    #expect(!claims.hasShortage && !claims.isTryingAny)
  }

  @Test func toldOnce() throws {
    var claims = UnreadableClaims()
    let error = FileError("read", "/p", .isDirectory)
    for second in 0..<3 {
      _ = claims.isHopeless(
        try job(1), error, at: start + .seconds(second), after: .seconds(30))
      #expect(try claims.isUntold(job(1)) == (second == 0))
    }
  }
}
