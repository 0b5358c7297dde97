internal import Glibc
internal import Synchronization

/// How busy a party is: in simulated time, and by the processor time of this process that its own code
/// takes, without that of the simulated filesystem and the other parties.
public final class WorkMeter: Sendable {
  /// Sums so far.
  public struct Sums: Sendable {
    /// Pieces of work: turns, or steps.
    public var pieces = 0
    /// Microseconds of simulated time, in all and of the longest piece.
    public var busy = 0
    public var longest = 0
    /// Nanoseconds of processor time, in all and of the longest piece.
    public var processor = 0
    public var longestProcessor = 0
  }

  private struct State {
    var sums = Sums()
    var begun = 0
    var processorBefore = 0
    /// The processor time of the running thread when it went on.
    var since = 0
  }

  private let interleaving: Interleaving
  private let state = Mutex(State())

  init(_ interleaving: Interleaving) { self.interleaving = interleaving }

  public var sums: Sums { state.withLock { $0.sums } }

  /// Forgets which piece was the longest.
  func forgetLongest() {
    state.withLock {
      $0.sums.longest = 0
      $0.sums.longestProcessor = 0
    }
  }

  /// Measures a piece of work.
  func measure<Result>(_ body: () throws -> Result) rethrows -> Result {
    let begun = interleaving.now
    state.withLock {
      $0.begun = begun
      $0.processorBefore = $0.sums.processor
    }
    resume()
    defer {
      pause()
      let now = interleaving.now
      state.withLock { state in
        state.sums.pieces += 1
        state.sums.busy += now - state.begun
        state.sums.longest = max(state.sums.longest, now - state.begun)
        state.sums.longestProcessor = max(
          state.sums.longestProcessor, state.sums.processor - state.processorBefore)
      }
    }
    return try body()
  }

  /// The party calls the server, and others run.
  func pause() {
    let now = Self.threadTime()
    state.withLock { $0.sums.processor += now - $0.since }
  }

  /// The party goes on, on the thread that calls this.
  func resume() {
    let now = Self.threadTime()
    state.withLock { $0.since = now }
  }

  private static func threadTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
