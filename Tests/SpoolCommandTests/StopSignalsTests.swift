import Glibc
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolCommands

/// A signal is acted on whenever it comes, the first one, too.
struct StopSignalsTests {
  /// Before anybody waits for it the process ends; what follows is told to who waits, and so is what
  /// came before.
  @Test func oneThatComesAtTheStart() throws {
    let left = Log<Int32>()
    let signals = StopSignals { left.add($0) }
    signals.note(SIGTERM)
    #expect(left.all == [0])
    signals.note(SIGINT)
    #expect(left.all == [0, 130])
    let calls = Log<Int>()
    let waker = try Waker()
    try signals.onEach {
      calls.add(1)
      waker.wake()
    }
    func isCalled(_ count: Int) -> Bool {
      let deadline = Waker.now() + 20_000_000_000
      while calls.all.count < count, Waker.now() < deadline { waker.wait(until: deadline) }
      return calls.all.count == count
    }
    #expect(isCalled(2))
    signals.note(SIGTERM)
    #expect(isCalled(3))
    #expect(left.all.count == 2)
  }
}
