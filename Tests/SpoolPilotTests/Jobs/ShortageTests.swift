import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// What is local and passes: neither the jobs pay for it, nor the pilot's standing.
struct ShortageTests {
  private static func world() throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.slots = 4
    setup.restartAfter = nil
    return try World(setup)
  }

  private static let members =
    #""input": {"count": 30}, "command": ["w"], "retry": {"attempts": 1}"#

  /// The host has room for so many processes: the pilot runs no more, for minutes if need be.
  @Test(arguments: [EAGAIN, EMFILE, ENOMEM]) func fewerAtATime(code: Int32) throws {
    let world = try Self.world()
    world.setup.script = { [unowned world] _ in
      var outcome = FakeOutcome()
      outcome.duration = 20_000
      let isFull = world.runner(1)?.load ?? 0 >= 2
      if isFull { outcome.spawnError = SpawnError(program: "w", code: code, isExec: false) }
      return outcome
    }
    try world.task("t", Self.members)
    #expect(world.run(atMost: 600_000) { world.hasEnded("t") })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") })
    #expect(world.attempts("t").count == 30)
    // One job waits for room, not as many as there are cores.
    #expect(world.said.contains { $0.contains("waits; trying again") })
    #expect(world.record(1)?.state == .active)
  }

  /// Digests that fail for want of descriptors are waited for longer than an outage of a file.
  @Test func descriptorsWhileStaging() throws {
    let world = try Self.world()
    var begun: Int?
    world.setup.digest = { [unowned world] request in
      let since = begun ?? world.time.now
      begun = since
      return world.time.now - since < 120_000
        ? .failed(FileError("open", request.path, EMFILE)) : nil
    }
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w", "{output}"], "retry": {"attempts": 1},
      "outputs": [{"path": "/data/out/{index}.root"}]
      """)
    #expect(world.run(atMost: 200_000) { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// Somebody has removed the scratch directory: it is made again, with a word, and no job pays.
  @Test func scratchThatWasRemoved() throws {
    let world = try Self.world()
    world.setup.script = { [unowned world] payload in
      var outcome = FakeOutcome()
      if world.local(1)?.isPresent(payload.directory) == false {
        outcome.spawnError = SpawnError(program: payload.directory, code: ENOENT, isExec: false)
      }
      return outcome
    }
    try world.task("t", Self.members)
    try #require(world.run { world.attempts("t").count > 3 })
    try world.local(1)?.removeTree("/scratch")
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix(" a1 ok") })
    #expect(world.said.contains { $0.contains("made anew") })
    #expect(!world.said.contains { $0.contains("not used again") })
    #expect(world.record(1)?.state == .active)
  }
}
