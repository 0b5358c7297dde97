import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// Everything at once, at random: deaths, errors, lost replies, listings that omit. A failure names
/// its seed.
struct ChaosTests {
  /// What may go wrong, each in so many of ten thousand calls.
  struct Rates: Sendable {
    var fails = 30
    var loses = 30
    var omits = 300
    var dies = 5
  }

  @Test(arguments: 1...30) func aChain(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    try Self.survive(setup)
  }

  /// A chain of two tasks lives through trouble, with three pilots.
  static func survive(_ setup: World.Setup) throws {
    let seed = setup.seed
    var setup = setup
    setup.pilots = 3
    setup.isOneHost = seed.isMultiple(of: 2)
    setup.script = EveryCallTests.failOnce
    let world = try World(setup)
    plantInputs(world, 8)
    try dropManifest(world, 8)
    try world.task("a", first)
    try world.task("b", second)
    trouble(world, seed, Rates())
    world.run(atMost: 20_000, until: { world.hasEnded("b") && world.isQuiet })
    world.faults.clear()
    #expect(world.settle(), "seed \(seed): \(world.said)")
    let text = "seed \(seed): \(world.said.suffix(60)) \(world.errors.suffix(5))"
    #expect(world.faultsAtTheEnd("a", jobs: 8) == [], "\(text)")
    #expect(world.faultsAtTheEnd("b", jobs: 4) == [], "\(text)")
  }

  static let first = """
    "input": "raw", "command": ["work", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{stem}.root"}], "retry": {"attempts": 9, "backoff": "50ms"}
    """

  static let second = """
    "input": "a", "filesPerJob": 2, "command": ["work", "{inputs}", "{output}"],
    "outputs": [{"path": "/data/out/merged{index}.root"}], "retry": {"backoff": "50ms"}
    """

  static func plantInputs(_ world: World, _ count: Int) {
    for number in 0..<count { try? world.files.plant([1, 2, 3], at: "/data/f\(number).raw") }
  }

  static func dropManifest(_ world: World, _ count: Int) throws {
    var text = #"{"kind": "dataset", "name": "raw", "closed": true}"# + "\n"
    for number in 0..<count { text += "{\"path\": \"/data/f\(number).raw\", \"size\": 3}\n" }
    try world.drop("raw.jsonl", text)
  }

  /// Spoils calls at random, and kills parties at random calls.
  static func trouble(_ world: World, _ seed: Int, _ rates: Rates) {
    let dice = Dice(seed)
    let faults = world.faults
    world.faults.before { party, _, _ in
      guard party != .nobody else { return nil }
      if dice.roll(rates.dies) { faults.crashNow() }
      return dice.roll(rates.fails) ? .torn(after: 5, dice.roll(5000) ? 5 : 28) : nil
    }
    world.faults.after { party, call, _ in
      guard party != .nobody, call.operation.changes, dice.roll(rates.loses) else { return nil }
      return EveryCallTests.Trouble.lostAsMissing.isMeant(call) && dice.roll(5000) ? 2 : 5
    }
    world.faults.bend { party, _, listing in
      guard party != .nobody, dice.roll(rates.omits) else { return listing }
      var bent = listing
      bent.names = bent.names.filter { _ in dice.roll(5000) }
      return bent
    }
  }
}

/// Chances, the same for the same seed.
final class Dice: Sendable {
  private let random: Mutex<SeededRandom>

  init(_ seed: Int) { random = Mutex(SeededRandom(seed &* 7919)) }

  /// True in so many of ten thousand cases.
  func roll(_ chances: Int) -> Bool {
    random.withLock { Int.random(in: 0..<10_000, using: &$0) < chances }
  }
}
