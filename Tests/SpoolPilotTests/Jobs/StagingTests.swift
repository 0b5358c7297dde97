import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// Staging that takes long: seen, bounded, ended by a cancel, and nobody else's trouble.
struct StagingTests {
  /// A world whose pilot's digester brings no answers for tasks with outputs.
  private static func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    setup.hangsDigests = { true }
    change(&setup)
    return try World(setup)
  }

  private static func members(_ count: Int) -> String {
    """
    "input": {"count": \(count)}, "command": ["w", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}]
    """
  }

  private func parts(_ world: World) -> [String] { world.files.paths(below: "/data/out") }

  /// A world in which so many jobs are being staged.
  private func staging(_ count: Int) throws -> World {
    let world = try Self.world()
    try world.task("t", Self.members(count))
    try #require(world.run { world.record(1)?.staging.count == min(count, 4) })
    return world
  }

  @Test func itIsSeen() throws {
    let world = try staging(1)
    let staged = try #require(world.record(1)?.staging.first)
    #expect(staged.job.description == "t.00000000")
    #expect(staged.since <= world.time.timestamp)
  }

  @Test func aCancelEndsIt() throws {
    let world = try staging(4)
    #expect(parts(world).count == 4)
    try world.order("cancel", "t")
    #expect(world.run(atMost: 5000) { world.pilot(1)?.load == 0 && parts(world).isEmpty })
    #expect(world.settle())
  }

  /// Four jobs on a pilot of two cores: those of other tasks begin all the same.
  @Test func othersGoOn() throws {
    let world = try staging(4)
    try world.task("o", #""input": {"count": 4}, "command": ["o"]"#)
    #expect(world.run(atMost: 5000) { world.hasEnded("o") })
  }

  /// Not without a bound.
  @Test func notTooMany() throws {
    let world = try Self.world()
    try world.task("t", Self.members(100))
    world.run(for: 60_000)
    #expect(world.pilot(1)?.load == 16)
  }

  /// A pilot that is to leave gives them back, and does not wait for ever.
  @Test func givenBack() throws {
    let world = try staging(2)
    world.pilot(1)?.giveBack()
    #expect(world.run(atMost: 5000) { world.pilot(1)?.isFinished == true })
    #expect(world.run(atMost: 5000) { world.attempts("t").count == 2 })
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix("returned") })
    #expect(parts(world).isEmpty)
  }

  /// The node is to blame after ten minutes, or the job's wall time, if that is longer.
  @Test(arguments: [("1m", 600), ("15m", 900)]) func timeOut(wall: String, seconds: Int) throws {
    let world = try Self.world()
    try world.task("t", Self.members(1) + #", "resources": {"wall": "\#(wall)"}"#)
    try #require(world.run { world.record(1)?.staging.count == 1 })
    world.run(for: (seconds - 20) * 1000)
    #expect(world.attempts("t") == [])
    #expect(world.run(atMost: 40_000) { world.attempts("t").count == 1 })
    #expect(world.attempts("t") == ["00 a1 staging"])
  }
}
