import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// What `backlog.json` tells of the jobs that need pilots.
struct BacklogTests {
  private static func world(pilots: Int = 0, _ change: (inout World.Setup) -> Void = { _ in })
    throws
    -> World
  {
    var setup = World.Setup()
    setup.pilots = pilots
    change(&setup)
    return try World(setup)
  }

  private func needs(_ world: World) -> [Backlog.Need] { world.spool.readBacklog()?.needs ?? [] }

  private func waiting(_ world: World) -> Int { needs(world).reduce(0) { $0 + $1.waiting } }

  @Test func theWholeBacklogCounts() throws {
    let world = try Self.world()
    try world.task("many", #""input": {"count": 5000}, "command": ["w"]"#)
    try world.task(
      "big",
      #""input": {"values": ["a", "b"]}, "command": ["w"], "resources": {"cpus": 4, "memory": "8GB", "gpus": 1, "tags": ["avx2"], "wall": "2h"}"#
    )
    #expect(world.run(atMost: 5000) { waiting(world) == 5002 })
    let big = try #require(needs(world).last)
    #expect(
      big.shape == Shape(queue: .gpu, cores: 4, memory: 7630, gpus: 1, tags: ["avx2"]))
    #expect(big.wall == .seconds(7200) && big.waiting == 2 && big.running == 0 && big.mean == nil)
    #expect(world.spool.readBacklog()?.epoch == 1)
  }

  /// A run from all waiting, over running, to none; and the mean run time.
  @Test func aRun() throws {
    let world = try Self.world(pilots: 1) { setup in
      setup.script = { _ in
        var outcome = FakeOutcome()
        outcome.duration = 3000
        return outcome
      }
    }
    try world.task("t", #""input": {"count": 10}, "command": ["w"]"#)
    #expect(
      world.run(atMost: 5000) {
        needs(world).first.map { $0.running == 2 && $0.waiting == 8 } ?? false
      })
    #expect(world.run(atMost: 20_000) { needs(world).first?.mean != nil })
    let mean = needs(world).first?.mean?.milliseconds ?? 0
    #expect((3000...3300).contains(mean), "\(mean)")
    #expect(world.run { world.hasEnded("t") })
    #expect(world.run(atMost: 5000) { needs(world).isEmpty })
  }

  @Test func whatIsHeldDoesNotCount() throws {
    let world = try Self.world()
    try world.task("t", #""input": {"count": 500}, "command": ["w"]"#)
    #expect(world.run(atMost: 5000) { waiting(world) == 500 })
    try world.order("hold", "t")
    #expect(world.run(atMost: 10_000) { waiting(world) == 0 })
    try world.order("release", "t")
    #expect(world.run(atMost: 10_000) { waiting(world) == 500 })
  }

  @Test func limitsAndTokensCount() throws {
    let world = try Self.world { $0.config.tokens = ["licence": 5] }
    try world.task("limited", #""input": {"count": 500}, "command": ["w"], "maxRunning": 7"#)
    #expect(world.run(atMost: 5000) { waiting(world) == 7 })
    for name in ["one", "two"] {
      try world.task(
        name, #""input": {"count": 50}, "command": ["w"], "resources": {"tokens": {"licence": 2}}"#)
    }
    // Two jobs hold four of five tokens.
    #expect(world.run(atMost: 5000) { waiting(world) == 9 })
    world.run(for: 5000)
    #expect(waiting(world) == 9)
  }

  /// While a dataset is open, files that do not fill a job wait; a merge waits for all.
  @Test func openDatasets() throws {
    let world = try Self.world()
    let paths = (0..<5).map { "\"/data/f\($0)\"" }.joined(separator: ", ")
    for number in 0..<5 { try world.files.plant([1], at: "/data/f\(number)") }
    try world.drop("d.json", "{\"kind\": \"dataset\", \"name\": \"d\", \"files\": [\(paths)]}")
    try world.task("pairs", #""input": "d", "command": ["w", "{inputs}"], "filesPerJob": 2"#)
    try world.task("all", #""input": "d", "command": ["w", "{inputs}"], "filesPerJob": "all""#)
    try world.task("absent", #""input": "never", "command": ["w", "{input}"]"#)
    #expect(world.run(atMost: 5000) { waiting(world) == 2 })
    world.run(for: 3000)
    #expect(waiting(world) == 2)
    try world.drop("end.json", #"{"kind": "dataset", "name": "d", "files": [], "closed": true}"#)
    #expect(world.run(atMost: 10_000) { waiting(world) == 4 })
  }

  /// A retry counts when it is due within the time for which a pilot without a job stays.
  @Test func retries() throws {
    let world = try Self.world(pilots: 1) { $0.script = { _ in .exit(3) } }
    try world.task(
      "t", #""input": {"count": 1}, "command": ["w"], "retry": {"attempts": 2, "backoff": "5m"}"#)
    #expect(world.run(atMost: 10_000) { world.attempts("t").count == 1 })
    #expect(world.run(atMost: 5000) { waiting(world) == 0 })
    #expect(world.run(atMost: 400_000) { waiting(world) == 1 })
  }
}
