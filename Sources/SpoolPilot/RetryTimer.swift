internal import SpoolModel
internal import SpoolStore

/// The timer of the next try, whose delay grows while nothing is found, or something is refused: it
/// doubles from `shortest` to `longest`. A pure value (R9, R10).
struct RetryTimer {
  private var backoff: Backoff
  /// The moment of the next try; at first at once.
  private(set) var next = Instant.distantPast

  init(from shortest: Duration, to longest: Duration) {
    backoff = Backoff(first: shortest, longest: longest)
  }

  /// The delay of the next wait.
  var delay: Duration { backoff.delay }

  /// Makes a timer whose delay is always the same.
  init(every delay: Duration) { self.init(from: delay, to: delay) }

  /// Returns whether the next try is due.
  func isDue(at now: Instant) -> Bool { now >= next }

  /// Begins again with the shortest delay. A wait that has begun is not cut.
  mutating func reset() { backoff.reset() }

  /// Doubles the delay, up to the longest. A wait that has begun is not prolonged.
  mutating func grow() { backoff.lengthen() }

  /// Makes the delay a quarter shorter, down to the shortest. A wait that has begun is not cut.
  mutating func shrink() { backoff.shorten() }

  /// Begins to wait. `spread`, from -100 to 100, makes the wait up to a fifth shorter or longer, so
  /// that many pilots do not act as one.
  mutating func wait(from now: Instant, spread: Int = 0) {
    next = now + delay + .milliseconds(spread * delay.milliseconds / 500)
  }
}
