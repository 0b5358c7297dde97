import SpoolModel
import Testing

@testable import SpoolPilot

/// The decision of a pilot that is to leave when idle (R10).
struct IdleWatchTests {
  private let start = Instant(milliseconds: 1000)

  private func at(_ milliseconds: Int) -> Instant { start + .milliseconds(milliseconds) }

  /// Looks once a second while `hasWork` holds of the second; returns when and why it left.
  private func leaves(_ hasWork: (Int) -> Bool) -> (second: Int, reason: String)? {
    var watch = IdleWatch()
    for second in 0..<200 {
      if let reason = watch.look(at: at(second * 1000), hasWork: hasWork(second)) {
        return (second, reason)
      }
    }
    return nil
  }

  @Test func looksOnceASecond() {
    var watch = IdleWatch()
    #expect(watch.nextLook == .distantPast)
    _ = watch.look(at: start, hasWork: true)
    #expect(watch.nextLook == at(1000))
  }

  /// It is not enough that there is nothing to see for a moment.
  @Test func leavesAfterThreeQuietSeconds() {
    let end = leaves { _ in false }
    #expect(end?.second == 3)
    #expect(end?.reason == "nothing is left to do")
    #expect(leaves { $0 == 2 }?.second == 6)
  }

  /// Work that is none of this pilot's keeps it for a minute.
  @Test func leavesAfterAMinuteWithoutAJob() {
    let end = leaves { _ in true }
    #expect(end?.second == 60)
    #expect(end?.reason == "no job for it within a minute")
    #expect(leaves { $0 % 2 == 0 }?.second == 60)
  }

  @Test func aJobBeginsAnew() {
    var watch = IdleWatch()
    for second in 0..<3 { #expect(watch.look(at: at(second * 1000), hasWork: false) == nil) }
    watch.noteBusy()
    #expect(watch.nextLook == .distantPast)
    #expect(watch.look(at: at(3000), hasWork: false) == nil)
    #expect(watch.look(at: at(5999), hasWork: false) == nil)
    #expect(watch.look(at: at(6000), hasWork: false) != nil)
    watch.noteBusy()
    #expect(watch.look(at: at(70_000), hasWork: true) == nil)
    #expect(watch.look(at: at(129_999), hasWork: true) == nil)
    #expect(watch.look(at: at(130_000), hasWork: true) != nil)
  }
}
