import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

struct BackoffTests {
  private let plain = Backoff(first: .milliseconds(50), longest: .seconds(2))

  @Test func growsUpToTheLongest() {
    var backoff = plain
    let delays = (0..<8).map { _ in backoff.next().milliseconds }
    #expect(delays == [50, 100, 200, 400, 800, 1600, 2000, 2000])
  }

  @Test func beginsAnew() {
    var backoff = plain
    for _ in 0..<5 { backoff.lengthen() }
    backoff.reset()
    #expect(backoff == plain)
    #expect(backoff.delay == .milliseconds(50))
  }

  @Test func tellsTheDelayAfterAnyNumberOfFailures() {
    var backoff = plain
    for failures in 0..<8 { #expect(plain.delay(after: failures) == backoff.next()) }
    #expect(plain.delay(after: .max) == .seconds(2))
    #expect(plain.delay(after: -1) == .milliseconds(50))
  }

  @Test func staysWithAFactorOfOneAndWithoutADelay() {
    let constant = Backoff(first: .seconds(1), factor: 1, longest: .seconds(9))
    #expect(constant.delay(after: .max) == .seconds(1))
    let none = Backoff(first: .zero, longest: .seconds(9))
    #expect(none.delay(after: .max) == .zero)
  }

  @Test func theFirstIsNoLongerThanTheLongest() {
    #expect(Backoff(first: .seconds(9), longest: .seconds(2)).delay == .seconds(2))
  }

  @Test func jitterStaysWithinItsPercent() {
    var random = SeededRandom(7)
    let backoff = Backoff(first: .seconds(1), longest: .seconds(1), jitter: 20)
    let delays = (0..<200).map { _ in backoff.spread(using: &random).milliseconds }
    #expect(delays.allSatisfy { (800...1200).contains($0) })
    #expect(delays.contains { $0 < 850 } && delays.contains { $0 > 1150 })
    #expect(backoff.delay == .seconds(1))
  }

  @Test func jitterDoesNotAddUp() {
    var random = SeededRandom(7)
    var backoff = Backoff(first: .seconds(1), longest: .seconds(60), jitter: 20)
    for _ in 0..<3 { _ = backoff.next(using: &random) }
    #expect(backoff.delay == .seconds(8))
  }
}
