internal import SpoolModel

/// A wait that grows each time that nothing was found, or that something was refused: it doubles
/// from `shortest` to `longest`. A pure value (R9, R10).
struct Backoff {
  let shortest: Duration
  let longest: Duration
  /// The wait that is due next.
  private(set) var delay: Duration
  /// The moment of the next try; at first at once.
  private(set) var next = Instant.distantPast

  init(from shortest: Duration, to longest: Duration) {
    self.shortest = shortest
    self.longest = longest
    delay = shortest
  }

  /// Makes a wait that is always the same.
  init(every delay: Duration) { self.init(from: delay, to: delay) }

  /// Returns whether the next try is due.
  func isDue(at now: Instant) -> Bool { now >= next }

  /// Begins again with the shortest wait. A wait that has begun is not cut.
  mutating func reset() { delay = shortest }

  /// Doubles the wait.
  mutating func grow() { delay = min(longest, delay * 2) }

  /// Begins to wait. `spread`, from -100 to 100, makes the wait up to a fifth shorter or longer, so
  /// that many pilots do not act as one.
  mutating func wait(from now: Instant, spread: Int = 0) {
    next = now + delay + .milliseconds(spread * delay.milliseconds / 500)
  }
}
