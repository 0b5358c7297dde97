import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Packing and removal, with something going wrong at the N-th call of the watcher, for every N: in the
/// end the archive is the same, byte for byte, and nothing of the task is anywhere else.
struct ArchiveEveryCallTests {
  typealias Trouble = EveryCallTests.Trouble

  private static let packed = 3000
  private static let removed = 8000

  private static func isPacked(_ world: World) -> Bool {
    let paths = ArchiveTests.paths(world, of: "t")
    return !paths.isEmpty && paths.allSatisfy { $0.hasPrefix("archive/t/") }
  }

  private static func isRemoved(_ world: World) -> Bool {
    ArchiveTests.paths(world, of: "t").isEmpty
  }

  /// A life up to shortly before it is packed, or removed.
  private static func life(until age: Int) throws -> World {
    var setup = ArchiveTests.setup()
    setup.config.packAfter = .after(.milliseconds(Self.packed))
    setup.config.removeAfter = age < Self.removed ? .never : .after(.milliseconds(Self.removed))
    let world = try World(setup)
    try world.task("t", ArchiveTests.members)
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    try world.files.plant([], at: "\(World.root)/logs/t/empty-00112233.log")
    let end = (world.summary("t")?["ended"]?.integer ?? 0) + age - 100
    world.run(for: end - world.time.epoch)
    return world
  }

  private func sweep(
    _ trouble: Trouble, at age: Int, until isReached: (World) -> Bool,
    check: (World, String) throws -> Void
  ) throws {
    var call = 1
    while true {
      let world = try Self.life(until: age)
      #expect(!isReached(world))
      let nth = NthCall(call)
      trouble.apply(to: world, .watcher, nth)
      let text = "\(trouble) at call \(call)"
      let hasReached = world.run(atMost: 30_000, until: { isReached(world) })
      // What is to be journalled of it follows.
      world.run(for: 150)
      let hasCome = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
      world.faults.clear()
      if !hasReached { world.run(for: 100_000) }
      world.run(for: 6000)
      try check(world, "\(text): \(world.said.suffix(20)) \(world.errors.suffix(5))")
      guard hasCome else { break }
      call += 1
      try #require(call < 1000)
    }
    #expect(call > 4, "\(trouble) came \(call) times")
  }

  @Test(arguments: Trouble.allCases) func packing(_ trouble: Trouble) throws {
    let quiet = try Self.life(until: Self.packed)
    try #require(quiet.run(until: { Self.isPacked(quiet) }))
    let archive = ArchiveTests.archive(quiet)
    #expect(archive.count == 4)
    try sweep(trouble, at: Self.packed, until: Self.isPacked) { world, text in
      let isSame = ArchiveTests.archive(world) == archive
      #expect(isSame, "\(text)")
      #expect(Self.isPacked(world), "\(ArchiveTests.paths(world, of: "t")) \(text)")
      // A page of the watcher's own that was begun may lie about.
      let findings = try SpoolCheck(world.spool).run().findings.filter { $0.kind != .foreign }
      #expect(findings == [], "\(text)")
    }
  }

  @Test(arguments: Trouble.allCases) func removal(_ trouble: Trouble) throws {
    try sweep(trouble, at: Self.removed, until: Self.isRemoved) { world, text in
      #expect(Self.isRemoved(world), "\(ArchiveTests.paths(world, of: "t")) \(text)")
      // A page of the watcher's own that was begun may lie about.
      let findings = try SpoolCheck(world.spool).run().findings.filter { $0.kind != .foreign }
      #expect(findings == [], "\(text)")
      #expect(world.lines("datasets/t.jsonl").count == 3, "\(text)")
    }
  }
}
