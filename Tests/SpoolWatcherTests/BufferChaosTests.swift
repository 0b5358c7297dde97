import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Files appear while the watcher dies, or the filesystem refuses something, at any of its calls: each
/// joins once, none before it is whole, and none is missing.
struct BufferChaosTests {
  private static let count = 6
  private static let task = """
    "input": "raw", "command": ["work", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{stem}.root"}], "retry": {"attempts": 9, "backoff": "50ms"}
    """

  /// A buffer that is being filled: each file is written in two halves; the marker comes last.
  private final class Filling {
    let world: World
    private var begun = 0
    private var next: Int
    /// Files that joined before they were whole, or when they were not there.
    private(set) var early: [String] = []

    init(_ world: World) {
      self.world = world
      next = world.time.now + 100
    }

    /// To be called at every step.
    func go() {
      guard world.time.now >= next else { return }
      next = world.time.now + 450
      let path = "\(World.buffer)/f\(begun / 2).raw"
      if begun == 2 * count {
        try? world.files.plant([], at: "\(World.buffer)/end")
      } else if begun < 2 * count, begun.isMultiple(of: 2) {
        try? world.files.plant([1], at: path)
        try? world.files.countWriters(1, of: path)
        hear(path, isWhole: false)
      } else if begun < 2 * count {
        if world.catalogue("raw").contains(path) { early.append(path) }
        try? world.files.append([2, 3], to: path)
        try? world.files.countWriters(-1, of: path)
        hear(path, isWhole: true)
      }
      begun += 1
    }

    /// Of every second file no event tells.
    private func hear(_ path: String, isWhole: Bool) {
      guard begun / 2 % 2 == 0, let name = path.split(separator: "/").last else { return }
      world.hints.directories[World.buffer, default: DirectoryHints()].names[String(name)] =
        isWhole ? .closed : .created
    }
  }

  private static func world(seed: Int, pilots: Int = 1) throws -> World {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = pilots
    setup.config.checkpointEvery = 100
    let world = try World(setup)
    try world.files.plantDirectories(World.buffer)
    try world.watchBuffer("raw", settle: "200ms", #""pattern": "*.raw", "closeOn": "end""#)
    try world.task("t", Self.task)
    return world
  }

  private static func live(_ world: World, until isReached: () -> Bool) -> (Bool, Filling) {
    let filling = Filling(world)
    let hasEnded = world.run(atMost: 60_000) {
      filling.go()
      return isReached()
    }
    return (hasEnded, filling)
  }

  private static func wrong(_ world: World, _ filling: Filling) -> [String] {
    var wrong = world.faultsAtTheEnd("t", jobs: count)
    wrong += filling.early.map { "\($0) joined early" }
    let expected = (0..<count).map { "\(World.buffer)/f\($0).raw" }
    if world.catalogue("raw").sorted() != expected { wrong.append("\(world.catalogue("raw"))") }
    for line in world.lines("datasets/raw.jsonl") where line["size"] != 3 {
      wrong.append("a wrong size: \(line)")
    }
    if world.state(ofDataset: "raw") != "closed" { wrong.append("the dataset is not closed") }
    return wrong
  }

  @Test(arguments: EveryCallTests.Trouble.allCases)
  func atEveryCall(_ trouble: EveryCallTests.Trouble) throws {
    var call = 1
    // Every fifth: a life makes thousands of calls, and each kind of them often.
    while try life(trouble, at: call) {
      call += 5
      try #require(call < 20_000)
    }
    #expect(call > 40, "\(trouble) came \(call) times")
  }

  private func life(_ trouble: EveryCallTests.Trouble, at call: Int) throws -> Bool {
    let world = try Self.world(seed: call)
    let nth = NthCall(call)
    trouble.apply(to: world, .watcher, nth)
    let (hasEnded, filling) = Self.live(world) { world.hasEnded("t") && world.isQuiet }
    let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
    world.faults.clear()
    let isSettled = world.settle()
    let text = "\(trouble) at call \(call): \(world.said) \(world.errors)"
    #expect(hasEnded && isSettled, "\(text)")
    #expect(Self.wrong(world, filling) == [], "\(text)")
    return hasHappened
  }

  @Test(arguments: 1...30) func atRandom(seed: Int) throws {
    let world = try Self.world(seed: seed, pilots: 2)
    ChaosTests.trouble(world, seed, ChaosTests.Rates())
    let (_, filling) = Self.live(world) { world.hasEnded("t") && world.isQuiet }
    world.faults.clear()
    #expect(world.settle(), "seed \(seed): \(world.said)")
    // A put that could neither be done nor undone leaves a hidden file, until the next audit.
    if Self.wrong(world, filling) != [] { world.run(for: 61_000) }
    #expect(
      Self.wrong(world, filling) == [],
      "seed \(seed): \(world.said.suffix(40)) \(world.errors.suffix(5))")
  }

  /// A power cut in the middle: what the journal counts is in the catalogue.
  @Test(arguments: 1...10) func aPowerCut(seed: Int) throws {
    let world = try Self.world(seed: seed)
    let (_, filling) = Self.live(world) { world.lineCount("datasets/raw.jsonl") == 1 + seed % 5 }
    world.files.crash()
    world.killWatcher()
    world.killPilot(1)
    let hasEnded = world.run(atMost: 60_000) {
      filling.go()
      return world.hasEnded("t") && world.isQuiet
    }
    #expect(hasEnded && world.settle(), "seed \(seed): \(world.said)")
    #expect(Self.wrong(world, filling) == [], "seed \(seed): \(world.said)")
  }
}
