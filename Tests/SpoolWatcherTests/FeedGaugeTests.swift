import SpoolModel
import Testing

@testable import SpoolWatcher

/// How many jobs of a shape lie in ready: enough that no pilot runs dry, never the backlog.
struct FeedGaugeTests {
  private var gauge = FeedGauge()
  private var now = Instant(milliseconds: 1000)

  private mutating func look(after time: Duration, claimed: Int = 0, ranDry: Bool = false) {
    now = now + time
    gauge.look(at: now, claimed: claimed, ranDry: ranDry)
  }

  @Test func theFloor() {
    #expect(gauge.depth(slots: 0) == FeedGauge.floor)
    #expect(gauge.depth(slots: 1) == FeedGauge.floor)
    #expect(gauge.depth(slots: FeedGauge.floor) == FeedGauge.floor)
    #expect(gauge.depth(slots: FeedGauge.floor + 1) == FeedGauge.floor + 1)
  }

  @Test mutating func theCeiling() {
    #expect(gauge.depth(slots: 1_000_000) == FeedGauge.ceiling)
    for _ in 0..<100 { look(after: .milliseconds(100), claimed: 100_000, ranDry: true) }
    #expect(gauge.depth(slots: 5000) == FeedGauge.ceiling)
  }

  /// What fits no pilot gets no more than the floor, however fast others claim.
  @Test mutating func noPilotForIt() {
    for _ in 0..<100 { look(after: .milliseconds(100), claimed: 1000, ranDry: true) }
    #expect(gauge.depth(slots: 0) == FeedGauge.floor)
  }

  /// A steady rate is learnt: 1,000 jobs a second, looked at every 100 ms, need 2 × 100 beside the
  /// slots.
  @Test mutating func theRate() {
    for _ in 0..<200 { look(after: .milliseconds(100), claimed: 100) }
    #expect(abs(gauge.rate - 1000) < 5)
    #expect(abs(gauge.delay - 100) < 1)
    #expect((297...300).contains(gauge.depth(slots: 100)))
  }

  /// Without claims the rate falls off, and the depth with it.
  @Test mutating func theRateFallsOff() {
    for _ in 0..<200 { look(after: .milliseconds(100), claimed: 100) }
    for _ in 0..<200 { look(after: .milliseconds(100)) }
    #expect(gauge.rate < 1)
    #expect(gauge.depth(slots: 100) == 100)
  }

  @Test mutating func growsWhenItRunsDry() {
    let factors = (0..<9).map { _ in
      look(after: .milliseconds(50), ranDry: true)
      return gauge.factor
    }
    #expect(factors == [2, 4, 8, 16, 32, 64, 64, 64, 64])
    #expect(gauge.depth(slots: 100) == 6400)
  }

  /// Looks that follow one another at once see one and the same dryness.
  @Test mutating func growsOnceForOneDryness() {
    look(after: .zero, ranDry: true)
    for _ in 0..<20 { look(after: .milliseconds(1), ranDry: true) }
    #expect(gauge.factor == 2)
    look(after: .milliseconds(1), ranDry: true)
    #expect(gauge.factor == 4)
  }

  /// Where nothing more could have been put, being empty is no fault.
  @Test mutating func doesNotGrowWithoutABacklog() {
    for _ in 0..<1000 { look(after: .milliseconds(50), claimed: 1) }
    #expect(gauge.factor == 1)
  }

  @Test mutating func shrinksAfterAWhile() {
    for _ in 0..<3 { look(after: .milliseconds(50), ranDry: true) }
    #expect(gauge.factor == 8)
    look(after: .milliseconds(10_000))
    #expect(gauge.factor == 8)
    look(after: .milliseconds(1))
    #expect(gauge.factor == 4)
    look(after: .milliseconds(10_000))
    #expect(gauge.factor == 4)
    look(after: .milliseconds(1))
    #expect(gauge.factor == 2)
    for _ in 0..<5 { look(after: .milliseconds(10_001)) }
    #expect(gauge.factor == 1)
  }

  /// Two looks at one moment, and one of a clock that stood still, divide by nothing.
  @Test mutating func looksAtOneMoment() {
    for _ in 0..<10 { look(after: .zero, claimed: 10) }
    #expect(gauge.rate == 0 && gauge.delay == 0)
    #expect(gauge.depth(slots: 10) == FeedGauge.floor)
  }
}
