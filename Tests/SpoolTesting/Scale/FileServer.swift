internal import HeapModule
internal import Synchronization

/// The server of a shared filesystem: each call takes it a time, it serves so many at once, and the
/// others wait in the order in which they came.
public final class FileServer: Sendable {
  private struct State {
    /// The moments at which its servants are free.
    var free: Heap<Int>
    var calls = 0
  }

  private let interleaving: Interleaving
  /// Microseconds that a call takes from the client to the server and back, where nobody waits.
  public let callTime: Int
  public let atOnce: Int
  private let state: Mutex<State>

  public init(_ interleaving: Interleaving, callTime: Int, atOnce: Int) {
    self.interleaving = interleaving
    self.callTime = callTime
    self.atOnce = atOnce
    state = Mutex(State(free: Heap(Array(repeating: 0, count: atOnce))))
  }

  /// Calls that it can serve in a second.
  public var capacity: Double { Double(atOnce) * 1_000_000 / Double(callTime) }

  /// Calls that it has served so far, or is serving.
  public var calls: Int { state.withLock { $0.calls } }

  /// Lets a call pass. It returns at its end, which is when the caller is to do what was called for.
  func serve() {
    let now = interleaving.now
    let end = state.withLock { state in
      state.calls += 1
      let end = max(now, state.free.min ?? now) + callTime
      state.free.replaceMin(with: end)
      return end
    }
    interleaving.sleep(until: end)
  }
}
