import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// The directory in which a payload runs.
struct PayloadDirectoryTests {
  private static func world(_ error: SpawnError? = nil) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.spawnError = error
      return outcome
    }
    return try World(setup)
  }

  private static let one = #""input": {"count": 1}, "command": ["w"]"#

  @Test func theTasksOwn() throws {
    let world = try Self.world()
    try world.task("t", Self.one + #", "directory": "/d/work""#)
    try world.task("u", Self.one)
    #expect(world.run { world.hasEnded("t") && world.hasEnded("u") })
    let started = try #require(world.runner(1)?.started)
    let own = try #require(started.first { $0.environment["SPOOL_TASK"] == "t" })
    #expect(own.directory == "/d/work" && own.environment["PWD"] == "/d/work")
    let scratch = try #require(own.environment["SPOOL_SCRATCH"])
    #expect(scratch != own.directory && own.environment["TMPDIR"] == scratch)
    let other = try #require(started.first { $0.environment["SPOOL_TASK"] == "u" })
    #expect(other.directory == other.environment["SPOOL_SCRATCH"])
    #expect(other.environment["PWD"] == nil)
  }

  /// A directory that is not there costs infrastructure attempts, and no pilot its good name.
  @Test(arguments: [ENOENT, EACCES, ENOTDIR]) func notThere(_ code: Int32) throws {
    let world = try Self.world(SpawnError(program: "/d/work", code: code, isExec: false))
    try world.task("t", Self.one + #", "directory": "/d/work""#)
    #expect(world.run(atMost: 900_000) { world.hasEnded("t") })
    #expect(world.attempts("t") == (1...10).map { "00 a\($0) spawn" })
    let reason = world.lines("ledger/t.jsonl").last?["reason"]?.string ?? ""
    #expect(reason.hasPrefix("cannot enter the directory /d/work: "), "\(reason)")
    #expect(world.record(1)?.state == .active)
  }

  /// A filesystem that is out of order is waited for, as it is for inputs.
  @Test func outOfOrder() throws {
    let world = try Self.world(SpawnError(program: "/d/work", code: ESTALE, isExec: false))
    try world.task("t", Self.one + #", "directory": "/d/work""#)
    #expect(world.run { world.runner(1)?.started.count ?? 0 > 3 })
    #expect(world.attempts("t") == [])
  }
}
