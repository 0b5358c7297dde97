internal import Synchronization

/// Does independent pieces of work by several threads at a time, where a piece takes long: on a
/// network mount a call is mostly waiting. On a disk of this host all is done by the caller, and no
/// thread is started.
///
/// 1. The caller does the first piece of a batch alone: of each, or, while threads are of use, of one in
///    so many. The running mean of these times decides on threads, because several threads that wait
///    for one disk would each seem slow.
/// 2. The threads are started for a batch and end with it. The caller is one of them.
/// 3. If the system has no room for a thread, those that are there do its part.
final class Crew: Sendable {
  private let threads: Int
  /// The mean time of a piece, in nanoseconds, above which threads help.
  private let patience: UInt64
  private let state = Mutex(State())

  private struct State {
    /// The running mean of the times, in nanoseconds.
    var mean: UInt64 = 0
    /// The number of batches until the next that begins with a piece alone.
    var left = 0
  }

  /// While threads are of use, one batch in so many begins with a piece alone.
  private static let rarely = 8
  /// The weight of the mean so far against one more time.
  private static let weight: UInt64 = 7

  init(threads: Int, patience: Duration) {
    self.threads = threads
    let parts = max(.zero, patience).components
    self.patience =
      UInt64(parts.seconds) * 1_000_000_000 + UInt64(parts.attoseconds / 1_000_000_000)
  }

  /// Does the pieces, as ``FileSystem/together(_:_:)`` says.
  func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
    guard count > 0 else { return 0 }
    var first = 0
    if isToMeasure {
      let begun = Waker.now()
      guard body(0) else { return 1 }
      note(Waker.now() - begun)
      first = 1
    }
    guard isSlow, threads > 1, count - first > 1, let end = try? Waker() else {
      for number in first..<max(first, count) where !body(number) { return number + 1 }
      return count
    }
    let batch = Batch(from: first, to: count, end: end, body)
    for _ in 1..<min(threads, count - first) {
      do { try WorkerThread.start { batch.work() } } catch { break }
    }
    batch.work()
    return batch.wait()
  }

  private var isSlow: Bool { state.withLock { $0.mean > patience } }

  /// Returns whether the next batch begins with a piece alone.
  private var isToMeasure: Bool {
    state.withLock { state in
      guard state.mean > patience, state.left > 0 else {
        state.left = Self.rarely
        return true
      }
      state.left -= 1
      return false
    }
  }

  private func note(_ took: UInt64) {
    state.withLock { $0.mean = ($0.mean * Self.weight + took) / (Self.weight + 1) }
  }
}

/// The pieces of one batch, as its threads take them.
private final class Batch: Sendable {
  private struct State {
    var next: Int
    /// The number of pieces that are begun and have not ended.
    var running = 0
    var isStopped = false
  }

  private let state: Mutex<State>
  private let count: Int
  private let body: @Sendable (Int) -> Bool
  /// Woken when a piece ends and none is running.
  private let end: Waker

  init(from first: Int, to count: Int, end: Waker, _ body: @escaping @Sendable (Int) -> Bool) {
    state = Mutex(State(next: first))
    self.count = count
    self.end = end
    self.body = body
  }

  /// Does pieces until none is left to begin.
  func work() {
    while let number = take() {
      let goesOn = body(number)
      let isLast = state.withLock { state in
        state.running -= 1
        if !goesOn { state.isStopped = true }
        return state.running == 0
      }
      if isLast { end.wake() }
    }
  }

  private func take() -> Int? {
    state.withLock { state in
      guard !state.isStopped, state.next < count else { return nil }
      defer { state.next += 1 }
      state.running += 1
      return state.next
    }
  }

  /// Waits until all that are begun have ended. Called once nothing more is to be begun. Returns
  /// the number of pieces that were begun.
  func wait() -> Int {
    while true {
      let (running, begun) = state.withLock { ($0.running, $0.next) }
      if running == 0 { return begun }
      end.wait(atMost: .seconds(1))
    }
  }
}
