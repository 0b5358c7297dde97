internal import Synchronization

/// Does independent pieces of work by several threads where calls take long, as production's
/// `PosixFileSystem` does it: by the same rule, with the same number of threads, in simulated time.
final class MountCrew: Sendable {
  private struct State {
    /// The running mean of the time that a piece takes, in microseconds.
    var mean = 0
    /// The number of batches until the next that begins with a piece alone.
    var left = 0
    var next = 0
    var count = 0
    var running = 0
    var isStopped = false
    var body: (@Sendable (Int) -> Bool)?
    /// Threads that have nothing to do.
    var resting: [Interleaving.Player] = []
    /// The one that waits for the others.
    var waiting: Interleaving.Player?
    var isBusy = false
  }

  /// The time of a piece, in microseconds, above which threads help.
  private static let patience = 600
  /// While threads are of use, one batch in so many begins with a piece alone.
  private static let rarely = 8

  private let interleaving: Interleaving
  private let meter: WorkMeter?
  private let state = Mutex(State())

  /// Whether several threads are at work.
  var isBusy: Bool { state.withLock { $0.isBusy } }

  init(_ interleaving: Interleaving, helpers: Int, _ meter: WorkMeter?) throws {
    self.interleaving = interleaving
    self.meter = meter
    for _ in 0..<helpers { try interleaving.start(at: 0) { [self] in help() } }
  }

  func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
    guard count > 0 else { return 0 }
    var first = 0
    if isToMeasure {
      let begun = interleaving.now
      guard body(0) else { return 1 }
      let took = interleaving.now - begun
      state.withLock { $0.mean = ($0.mean * 7 + took) / 8 }
      first = 1
    }
    guard state.withLock({ $0.mean > Self.patience }), count - first > 1 else {
      for number in first..<max(first, count) where !body(number) { return number + 1 }
      return count
    }
    begin(first, count, body)
    work()
    return end()
  }

  private var isToMeasure: Bool {
    state.withLock { state in
      guard state.mean > Self.patience, state.left > 0 else {
        state.left = Self.rarely
        return true
      }
      state.left -= 1
      return false
    }
  }

  private func begin(
    _ first: Int, _ count: Int, _ body: @escaping @Sendable (Int) -> Bool
  ) {
    let helpers = state.withLock { state in
      (state.next, state.count, state.body) = (first, count, body)
      (state.isStopped, state.isBusy) = (false, true)
      defer { state.resting = [] }
      return state.resting
    }
    for helper in helpers { interleaving.wake(helper) }
  }

  /// Does pieces until none is left to begin.
  private func work() {
    while let (number, body) = take() {
      let goesOn = body(number)
      let waiting = state.withLock { state in
        state.running -= 1
        if !goesOn { state.isStopped = true }
        guard state.running == 0 else { return nil as Interleaving.Player? }
        return state.waiting.take()
      }
      if let waiting { interleaving.wake(waiting) }
    }
  }

  private func take() -> (Int, @Sendable (Int) -> Bool)? {
    state.withLock { state in
      guard !state.isStopped, state.next < state.count, let body = state.body else { return nil }
      defer { state.next += 1 }
      state.running += 1
      return (state.next, body)
    }
  }

  /// Waits for the pieces that others do. Returns the number of those begun.
  private func end() -> Int {
    let me = interleaving.current
    let mustWait = state.withLock { state in
      if state.running > 0 { state.waiting = me }
      return state.running > 0
    }
    if mustWait {
      meter?.pause()
      interleaving.park()
      meter?.resume()
    }
    return state.withLock { state in
      (state.isBusy, state.body) = (false, nil)
      return state.next
    }
  }

  /// A helper's life.
  private func help() {
    while !interleaving.isOver {
      state.withLock { $0.resting.append(interleaving.current) }
      interleaving.park()
      meter?.resume()
      work()
      meter?.pause()
    }
  }

  /// Lets helpers see that all is over.
  func wakeAll() {
    let helpers = state.withLock { state in
      defer { state.resting = [] }
      return state.resting
    }
    for helper in helpers { interleaving.wake(helper) }
  }
}
