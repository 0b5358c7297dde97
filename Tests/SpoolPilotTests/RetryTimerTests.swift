import SpoolModel
import Testing

@testable import SpoolPilot

/// The wait of a pilot that finds nothing (R9) or is refused something (R10).
struct RetryTimerTests {
  private let start = Instant(milliseconds: 1000)

  @Test func doublesUpToTheLongest() {
    var timer = RetryTimer(from: .milliseconds(50), to: .milliseconds(300))
    var delays = [timer.delay.milliseconds]
    for _ in 0..<4 {
      timer.grow()
      delays.append(timer.delay.milliseconds)
    }
    #expect(delays == [50, 100, 200, 300, 300])
    timer.reset()
    #expect(timer.delay == .milliseconds(50))
  }

  @Test func isDueAtFirstAndAfterTheDelay() {
    var timer = RetryTimer(every: .milliseconds(500))
    #expect(timer.isDue(at: start))
    timer.wait(from: start)
    #expect(!timer.isDue(at: start + .milliseconds(499)))
    #expect(timer.isDue(at: start + .milliseconds(500)))
    timer.grow()
    #expect(timer.delay == .milliseconds(500))
  }

  /// A wait that has begun is neither cut nor prolonged by what is found out meanwhile.
  @Test func aWaitThatHasBegunStays() {
    var timer = RetryTimer(from: .milliseconds(50), to: .seconds(2))
    timer.grow()
    timer.wait(from: start)
    timer.reset()
    timer.grow()
    timer.grow()
    #expect(timer.next == start + .milliseconds(100))
  }

  @Test(arguments: [(-100, 80), (0, 100), (100, 120)])
  func theSpreadIsAFifth(_ spread: Int, _ delay: Int) {
    var timer = RetryTimer(every: .milliseconds(100))
    timer.wait(from: start, spread: spread)
    #expect((timer.next - start).milliseconds == delay)
  }
}
