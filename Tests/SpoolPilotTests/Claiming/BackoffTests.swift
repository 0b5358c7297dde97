import SpoolModel
import Testing

@testable import SpoolPilot

/// The wait of a pilot that finds nothing (R9) or is refused something (R10).
struct BackoffTests {
  private let start = Instant(milliseconds: 1000)

  @Test func doublesUpToTheLongest() {
    var backoff = Backoff(from: .milliseconds(50), to: .milliseconds(300))
    var delays = [backoff.delay.milliseconds]
    for _ in 0..<4 {
      backoff.grow()
      delays.append(backoff.delay.milliseconds)
    }
    #expect(delays == [50, 100, 200, 300, 300])
    backoff.reset()
    #expect(backoff.delay == .milliseconds(50))
  }

  @Test func isDueAtFirstAndAfterTheDelay() {
    var backoff = Backoff(every: .milliseconds(500))
    #expect(backoff.isDue(at: start))
    backoff.wait(from: start)
    #expect(!backoff.isDue(at: start + .milliseconds(499)))
    #expect(backoff.isDue(at: start + .milliseconds(500)))
    backoff.grow()
    #expect(backoff.delay == .milliseconds(500))
  }

  /// A wait that has begun is neither cut nor prolonged by what is found out meanwhile.
  @Test func aWaitThatHasBegunStays() {
    var backoff = Backoff(from: .milliseconds(50), to: .seconds(2))
    backoff.grow()
    backoff.wait(from: start)
    backoff.reset()
    backoff.grow()
    backoff.grow()
    #expect(backoff.next == start + .milliseconds(100))
  }

  @Test(arguments: [(-100, 80), (0, 100), (100, 120)])
  func theSpreadIsAFifth(_ spread: Int, _ delay: Int) {
    var backoff = Backoff(every: .milliseconds(100))
    backoff.wait(from: start, spread: spread)
    #expect((backoff.next - start).milliseconds == delay)
  }
}
