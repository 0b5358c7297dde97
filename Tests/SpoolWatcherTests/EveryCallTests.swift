import SpoolPilot
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// A small task (one of its jobs fails once), with something going wrong at the N-th call that a
/// party makes on the filesystem, for every N: in the end all must be complete and correct.
struct EveryCallTests {
  /// What goes wrong.
  enum Trouble: CaseIterable, Sendable {
    /// The party dies; what it was writing is not there, or is torn.
    case death, deathTorn
    /// The call fails and did nothing.
    case inputOutput, noSpace
    /// The call is done, and its reply lost.
    case lostReply, lostAsMissing
  }

  static let jobs = 3

  @Test(arguments: Trouble.allCases) func watcher(_ trouble: Trouble) throws {
    try sweep(.watcher, trouble)
  }

  /// Where an output is published by a link and a removal (NFS, GlusterFS).
  @Test(arguments: Trouble.allCases) func watcherWithoutExclusiveRename(
    _ trouble: Trouble
  ) throws {
    try sweep(.watcher, trouble, lacking: [.exclusiveRename])
  }

  @Test(arguments: Trouble.allCases) func pilot(_ trouble: Trouble) throws {
    try sweep(.pilot(1), trouble)
  }

  private func sweep(
    _ party: Party, _ trouble: Trouble, lacking: Set<MemoryFileSystem.Feature> = []
  ) throws {
    try Self.sweep(trouble) { try Self.live(World.Setup(), party, trouble, at: $0, lacking) }
  }

  /// Lives once for each call at which a trouble can come, from the first on, until it does not come
  /// before a life's end: then `live` returns false. A life makes many calls: a sweep of `fewest` or
  /// less has tested nothing.
  static func sweep(
    _ trouble: Trouble, fewest: Int = 5, _ live: (_ call: Int) throws -> Bool
  ) throws {
    var call = 1
    while try live(call) {
      call += 1
      try #require(call < 5000)
    }
    #expect(call > fewest, "\(trouble) came \(call) times")
  }

  /// One life; false when the trouble did not come before its end.
  static func live(
    _ setup: World.Setup, _ party: Party, _ trouble: Trouble, at call: Int,
    _ lacking: Set<MemoryFileSystem.Feature> = []
  ) throws -> Bool {
    var setup = setup
    setup.seed = call
    setup.pilots = 1
    setup.script = failOnce
    let world = try World(setup)
    world.files.remove(lacking)
    let nth = NthCall(call)
    trouble.apply(to: world, party, nth)
    try world.task("t", LifeTests.members.replacing("6", with: "\(jobs)"))
    let isSettled = world.run(until: { world.hasEnded("t") && world.isQuiet })
    let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
    world.faults.clear()
    let isCertain = isSettled && world.settle()
    #expect(isCertain, "\(trouble) at call \(call) of \(party): \(world.said) \(world.errors)")
    let wrong = world.faultsAtTheEnd("t", jobs: jobs)
    #expect(wrong == [], "\(trouble) at call \(call) of \(party): \(world.said) \(world.errors)")
    return hasHappened
  }

  static func failOnce(_ payload: Payload) -> FakeOutcome {
    let isFirst = payload.environment["SPOOL_ATTEMPT"] == "1"
    if payload.environment["SPOOL_INDEX"] == "1", isFirst { return .exit(1) }
    return World.writeOutputs(payload)
  }
}

extension EveryCallTests.Trouble {
  var isDeath: Bool { self == .death || self == .deathTorn }

  /// The calls at which it can come. A client repeats a rename or a removal whose reply was lost,
  /// and is told that the name is missing.
  @Sendable func isMeant(_ call: FileCall) -> Bool {
    switch self {
    case .death, .inputOutput: true
    case .deathTorn: call.operation == .create || call.operation == .write
    case .noSpace, .lostReply: call.operation.changes
    case .lostAsMissing:
      [.rename, .renameExclusively, .remove].contains(call.operation)
    }
  }

  func apply(to world: World, _ party: Party, _ nth: NthCall) {
    let isNow: @Sendable (Party, FileCall) -> Bool = { who, call in
      who == party && isMeant(call) && nth.isNow()
    }
    switch self {
    case .death: world.faults.crash(party, at: nth.number)
    case .deathTorn: world.faults.crash(party, at: nth.number, torn: 7, of: isMeant)
    case .inputOutput: world.faults.before { who, call, _ in isNow(who, call) ? .fails(5) : nil }
    case .noSpace:
      world.faults.before { who, call, _ in isNow(who, call) ? .torn(after: 7, 28) : nil }
    case .lostReply: world.faults.after { who, call, _ in isNow(who, call) ? 5 : nil }
    case .lostAsMissing: world.faults.after { who, call, _ in isNow(who, call) ? 2 : nil }
    }
  }
}

/// Counts calls up to the one that is meant.
final class NthCall: Sendable {
  let number: Int
  private let count = Mutex(0)

  init(_ number: Int) { self.number = number }

  func isNow() -> Bool {
    count.withLock {
      $0 += 1
      return $0 == number
    }
  }

  var hasCome: Bool { count.withLock { $0 >= number } }
}
