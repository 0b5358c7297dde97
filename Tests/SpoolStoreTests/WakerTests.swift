import SpoolModel
import SpoolStore
import Testing

struct WakerTests {
  /// The wait is long enough to be noticed if the wake were lost.
  @Test func aWakeBeforeTheWaitIsNotLost() throws {
    let waker = try Waker()
    waker.wake()
    waker.wake()
    #expect(waker.wait(atMost: .seconds(600)))
    #expect(!waker.wait(atMost: .zero))
  }

  @Test func aWaitEndsWithoutAWake() throws {
    let waker = try Waker()
    let time = SystemTime()
    let begun = time.instant
    #expect(!waker.wait(atMost: .milliseconds(5)))
    #expect(!waker.wait(atMost: .seconds(-1)))
    #expect(time.instant - begun < .seconds(60))
  }
}
