import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Synchronization
import Testing

/// The filesystem refuses everything to somebody for a while, from the N-th call on, for every N:
/// nothing is lost, little is said, and work goes on by itself.
struct OutageTests {
  /// A full disk, a quota, a remount after an error, a broken disk, a server that was restarted.
  static let codes: [Int32] = [ENOSPC, EDQUOT, EROFS, EIO, ESTALE]

  enum Who: CaseIterable, Sendable {
    case watcher, pilot, both

    func includes(_ party: Party) -> Bool {
      switch party {
      case .watcher: self != .pilot
      case .pilot: self != .watcher
      case .zombie, .nobody: false
      }
    }
  }

  static let isLong = getenv("SPOOL_LONG") != nil
  /// Simulated milliseconds: many times `deadAfter`, and what a second try at anything takes.
  static let stretch = 15_000
  private static let jobs = 3

  @Test(arguments: codes, Who.allCases) func outage(code: Int32, who: Who) throws {
    var call = 1
    while try live(code, who, from: call) {
      call += Self.isLong ? 1 : 17
      try #require(call < 5000)
    }
    #expect(call > 15, "\(call)")
  }

  /// One life; false when it ended before the outage came.
  private func live(_ code: Int32, _ who: Who, from call: Int) throws -> Bool {
    var setup = World.Setup()
    setup.seed = call
    setup.pilots = 1
    setup.restartAfter = 3000
    setup.script = EveryCallTests.failOnce
    let world = try World(setup)
    let outage = Outage(code, who, from: call, world.time)
    world.faults.before { party, call, _ in outage.fault(party, call) }
    try world.task("t", LifeTests.members.replacing("6", with: "\(Self.jobs)"))
    world.run(until: { world.hasEnded("t") && world.isQuiet })
    let text = "\(code) for \(who) from call \(call): \(world.said) \(world.errors)"
    guard outage.hasCome else { return false }
    world.run(for: Self.stretch)
    #expect(world.settle(), "\(text)")
    // A put that could neither be done nor undone leaves a hidden file, until the next audit.
    if world.faultsAtTheEnd("t", jobs: Self.jobs) != [] { world.run(for: 61_000) }
    #expect(world.faultsAtTheEnd("t", jobs: Self.jobs) == [], "\(text)")
    expectFewLines(world, code, text)
    return true
  }

  /// One line when it begins and one when it has passed, of each that lives: a watcher that cannot
  /// sync ends, and the next one says it, too.
  private func expectFewLines(_ world: World, _ code: Int32, _ text: String) {
    let name = FileError("", "", code).codeName
    let deaths = world.errors.count { Watcher.isFatal($0) }
    let lines = world.said.filter { $0.contains(name) }
    #expect(lines.count <= 2 * (2 + deaths), "\(text)")
    #expect(world.said.count <= 20 + 4 * deaths, "\(text)")
  }

  /// A watcher that cannot commit says why in `STATUS`, once in its log, and once that it has passed.
  @Test func aFullDiskIsInStatus() throws {
    let world = try World()
    try #require(world.run(until: { world.files.peek("\(World.root)/STATUS") != nil }))
    world.faults.before { party, call, _ in
      let isFull = call.operation == .create || call.path.hasSuffix(".log")
      return isFull && call.operation.changes ? .fails(ENOSPC) : nil
    }
    try world.task("t", LifeTests.members)
    world.run(for: 20_000)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("TROUBLE"), "\(status)")
    #expect(status.contains("ENOSPC (no space left on device)"), "\(status)")
    #expect(world.said.count { $0.contains("ENOSPC") } == 1, "\(world.said)")
    world.faults.clear()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
    world.run(for: 5000)
    let after = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(!after.contains("TROUBLE"), "\(after)")
    #expect(world.said.contains { $0.contains("passed: ENOSPC (it lasted ") }, "\(world.said)")
  }

  /// A pilot whose results cannot be handed in says so in its heartbeat, and so in `STATUS`.
  @Test func whatAPilotWaitsForIsInStatus() throws {
    let world = try World()
    world.faults.before { party, call, _ in
      guard case .pilot = party, call.operation == .write else { return nil }
      return call.path.hasSuffix(".w3600.json") ? .fails(EDQUOT) : nil
    }
    try world.task("t", LifeTests.members)
    world.run(for: 10_000)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("results and 0 jobs wait: cannot write"), "\(status)")
    #expect(status.contains("EDQUOT"), "\(status)")
    #expect(world.said.count { $0.contains("EDQUOT") } == 2, "\(world.said)")
    world.faults.clear()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
    #expect(world.attempts("t").count == 6)
  }

  /// What a pilot cannot look at, or make, now costs the job no attempt.
  @Test(arguments: [true, false]) func aBlockedJobCostsNothing(isInput: Bool) throws {
    let world = try World()
    try world.files.plant([1], at: "/data/a.raw")
    world.faults.before { party, call, _ in
      guard case .pilot = party else { return nil }
      let isBad = isInput ? call.path == "/data/a.raw" : call.path.hasPrefix("/data/new")
      return isBad ? .fails(EROFS) : nil
    }
    try world.task(
      "t",
      """
      "input": {"files": ["/data/a.raw"]}, "command": ["w", "{output}"],
      "outputs": [{"path": "/data/new/{index}.root"}]
      """)
    world.run(for: 600_000)
    #expect(world.attempts("t").isEmpty)
    #expect(world.said.count { $0.contains("EROFS") } == 1, "\(world.said)")
    world.faults.clear()
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// One task whose outputs lie on a disk that has become read-only keeps no other from running.
  @Test func anotherTaskGoesOn() throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    world.faults.before { party, call, _ in
      let isBad = call.path.hasPrefix("/data/ro") && party == .pilot(1)
      return isBad ? .fails(EROFS) : nil
    }
    try world.task(
      "stuck",
      """
      "input": {"count": 10}, "priority": 1, "command": ["w", "{output}"],
      "outputs": [{"path": "/data/ro/{index}"}]
      """)
    try #require(world.run(until: { !world.claims.isEmpty }))
    try world.task("good", #""input": {"count": 10}, "command": ["w"]"#)
    #expect(world.run(atMost: 20_000, until: { world.hasEnded("good") }))
    #expect(world.claims.count == 1 && !world.hasEnded("stuck"))
    world.faults.clear()
    #expect(world.run(atMost: 60_000, until: { world.hasEnded("stuck") }))
    #expect(world.faultsAtTheEnd("stuck", jobs: 10) == [])
  }
}

/// Fails the calls of somebody for a while, once the N-th of them has come.
private final class Outage: Sendable {
  private let code: Int32
  private let who: OutageTests.Who
  private let nth: NthCall
  private let time: ManualTime
  private let end = Mutex<Int?>(nil)

  init(_ code: Int32, _ who: OutageTests.Who, from call: Int, _ time: ManualTime) {
    self.code = code
    self.who = who
    self.time = time
    nth = NthCall(call)
  }

  var hasCome: Bool { nth.hasCome }

  func fault(_ party: Party, _ call: FileCall) -> FileFault? {
    guard who.includes(party), isMeant(call) else { return nil }
    let isFirst = nth.isNow()
    return end.withLock { end in
      if isFirst { end = time.now + OutageTests.stretch }
      guard let end, time.now < end else { return nil }
      return code == ENOSPC ? .torn(after: 7, code) : .fails(code)
    }
  }

  /// A full or read-only disk can be read.
  private func isMeant(_ call: FileCall) -> Bool {
    [EIO, ESTALE].contains(code) || call.operation.changes
  }
}
