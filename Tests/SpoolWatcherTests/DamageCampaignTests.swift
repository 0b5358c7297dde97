import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// Bits flipped and files cut at rest, anywhere in a spool: each is without effect, or made good, or
/// refused with a reason. The long form, of 2,000 flips and 500 cuts, runs with SPOOL_LONG=1.
struct DamageCampaignTests {
  private static let isLong = getenv("SPOOL_LONG") != nil

  /// Draws damages to the files of a spool, each file as often as any other.
  private static func draw(
    _ world: World, flips: Int, cuts: Int, _ random: inout SeededRandom
  ) -> [DamagedSpool.Damage] {
    let paths = DamagedSpool.files(of: world)
    return (0..<flips + cuts).compactMap { number in
      guard let path = paths.randomElement(using: &random),
        let size = world.files.peek(path)?.count
      else { return nil }
      return number < flips
        ? .flip(path, bit: Int.random(in: 0..<size * 8, using: &random))
        : .cut(path, to: Int.random(in: 0..<size, using: &random))
    }
  }

  @Test(arguments: [1, 2], DamagedSpool.Moment.allCases)
  func whatIsDamagedAtRest(seed: Int, moment: DamagedSpool.Moment) throws {
    let spool = try DamagedSpool(moment, seed: seed)
    var random = SeededRandom(seed)
    let (flips, cuts) = Self.isLong ? (400, 110) : (18, 5)
    var counts: [DamageOutcome.Verdict: Int] = [:]
    for damage in Self.draw(spool.world, flips: flips, cuts: cuts, &random) {
      let outcome: DamageOutcome
      do {
        outcome = try spool.outcome(damage)
      } catch is Spool.OpenError {
        // It is refused at once: there is no other way to damage `spool.json`.
        counts[.refused, default: 0] += 1
        continue
      }
      let verdict = outcome.verdict(spool.oracle)
      counts[verdict, default: 0] += 1
      Self.report(damage, outcome, verdict, spool.oracle)
      #expect(verdict != .silent, "seed \(seed), \(moment): \(damage)")
    }
    print("DAMAGE \(moment) \(seed): \(counts)")
  }

  /// The same while all are alive: what a watcher has in memory is not asked of the disk, and what is
  /// asked of it is checked.
  @Test func whatIsDamagedAtWork() throws {
    var counts: [DamageOutcome.Verdict: Int] = [:]
    for seed in 1...(Self.isLong ? 460 : 12) {
      var random = SeededRandom(seed)
      let moment = Int.random(in: 0..<2500, using: &random)
      let life = seed % 10
      let isCut = seed.isMultiple(of: 8)
      let world = try DamagedSpool.live(seed: life, after: moment)
      let damages = Self.draw(world, flips: isCut ? 0 : 1, cuts: isCut ? 1 : 0, &random)
      let damage = try #require(damages.first)
      try damage.apply(to: world.files)
      let outcome = try DamagedSpool.finish(world, damage)
      let oracle = try DamagedSpool.finish(try DamagedSpool.live(seed: life, after: moment))
      let verdict = outcome.verdict(oracle)
      counts[verdict, default: 0] += 1
      Self.report(damage, outcome, verdict, oracle)
      #expect(verdict != .silent, "seed \(seed): \(damage)")
    }
    print("DAMAGE live: \(counts)")
  }

  /// A brick is away for a while, for some or for all: work waits, and nothing is lost of it.
  @Test(arguments: 1...6) func aBrickIsAway(seed: Int) throws {
    let world = try DamagedSpool.live(seed: seed, after: 200 * seed)
    let isForAll = seed.isMultiple(of: 3)
    let isForWatcher = seed.isMultiple(of: 2)
    world.lose(brick: seed % 3) { party in
      party != .nobody && (isForAll || (party == .watcher) == isForWatcher)
    }
    world.run(for: 1000 + 700 * seed)
    world.lose(brick: nil)
    let outcome = try DamagedSpool.finish(world)
    let oracle = try DamagedSpool.finish(try DamagedSpool.live(seed: seed, after: 200 * seed))
    let text = "\(outcome.told(besides: oracle)) \(world.said.suffix(20))"
    #expect(outcome.facts(besides: oracle) == [], "\(text)")
    #expect(oracle.facts(besides: outcome) == [], "\(text)")
  }

  private static func report(
    _ damage: DamagedSpool.Damage, _ outcome: DamageOutcome, _ verdict: DamageOutcome.Verdict,
    _ oracle: DamageOutcome
  ) {
    guard getenv("SPOOL_DAMAGE") != nil else { return }
    print("DAMAGE \(verdict): \(damage)\(outcome.isLatent ? " LATENT" : "")")
    for fact in outcome.facts(besides: oracle).prefix(5) { print("   + \(fact)") }
    for fact in oracle.facts(besides: outcome).prefix(5) where !outcome.isStopped {
      print("   - \(fact)")
    }
    for text in outcome.told(besides: oracle).prefix(5) { print("   ! \(text)") }
  }
}
