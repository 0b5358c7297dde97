import Glibc
import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// A program that cannot be started: the task's mistake if it is nowhere, the node's if it is elsewhere.
struct ProgramTests {
  private static let missing = SpawnError(program: "pyton3", code: ENOENT)

  /// A world in which the pilots of these numbers lack the program.
  private static func world(
    pilots: Int, seed: Int = 1, _ lacks: @escaping @Sendable (_ pilot: Int, _ index: Int) -> Bool
  ) throws -> World {
    try QuarantineTests.world(
      pilots: pilots, seed: seed,
      { pilot, index, _ in
        var outcome = QuarantineTests.outcome(0, after: 300)
        if lacks(pilot, index) { outcome.spawnError = Self.missing }
        return outcome
      })
  }

  private static func task(_ world: World, jobs: Int = 1, attempts: Int = 1) throws {
    try world.task(
      "t",
      """
      "input": {"count": \(jobs)}, "command": ["pyton3"], "retry": {"attempts": \(attempts)}
      """)
  }

  private func reason(_ world: World) -> String {
    world.lines("ledger/t.jsonl").last?["reason"]?.string ?? ""
  }

  /// With `attempts` 1 the user of one pilot is told at once.
  @Test func whereThereIsOnePilot() throws {
    let world = try Self.world(pilots: 1) { _, _ in true }
    try Self.task(world)
    #expect(world.run(atMost: 3000) { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 program"])
    #expect(reason(world).contains("pyton3") && reason(world).contains("PATH"))
  }

  /// The task's attempts count.
  @Test func attemptsOfTheTask() throws {
    let world = try Self.world(pilots: 1) { _, _ in true }
    try Self.task(world, attempts: 3)
    #expect(world.run(atMost: 20_000) { world.hasEnded("t") })
    #expect(world.attempts("t").map { $0.suffix(7) } == ["program", "program", "program"])
  }

  /// However many pilots there are, and jobs, the user is told within 20 s.
  @Test(arguments: [(2, 1), (3, 1), (12, 1), (2, 50), (12, 50)], 1...3)
  func whereItIsNowhere(_ size: (pilots: Int, jobs: Int), seed: Int) throws {
    let world = try Self.world(pilots: size.pilots, seed: seed) { _, _ in true }
    world.run(for: 1500)
    try Self.task(world, jobs: size.jobs)
    #expect(world.run(atMost: 20_000) { world.hasEnded("t") })
    #expect(world.summary("t")?["failures"]?["program"]?.integer == size.jobs)
    #expect(world.summary("t")?["state"]?.string == "failed")
  }

  /// One node lacks it: no job fails, whoever comes first.
  @Test(arguments: [2, 3, 8], 1...6) func whereOneNodeLacksIt(pilots: Int, seed: Int) throws {
    let world = try Self.world(pilots: pilots, seed: seed) { pilot, _ in pilot == 2 }
    world.run(for: 1500)
    try Self.task(world, jobs: 60)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 60)
  }

  /// One job's program is another than its siblings'.
  @Test(arguments: 1...3) func whereOneJobLacksIt(seed: Int) throws {
    let world = try Self.world(pilots: 3, seed: seed) { _, index in index == 7 }
    world.run(for: 1500)
    try Self.task(world, jobs: 150)
    #expect(world.run(atMost: 20_000) { world.hasEnded("t") })
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 149)
    #expect(world.summary("t")?["failures"]?["program"]?.integer == 1)
  }
}
