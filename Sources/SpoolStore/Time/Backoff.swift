internal import SpoolModel

/// The delays between tries of something that may fail again. Each is longer than the one before,
/// up to a longest.
///
/// It is a value: a caller keeps one for each thing that it tries. Jitter is in whole milliseconds.
public struct Backoff: Hashable, Sendable {
  /// The delay after the first failure.
  public let first: Duration
  /// The growth from one delay to the next.
  public let factor: Int
  /// The delay that is never exceeded, jitter apart.
  public let longest: Duration
  /// The jitter, in percent of a delay: with 20 a delay of 1 s becomes 0.8 to 1.2 s, so that many
  /// do not act as one.
  public let jitter: Int
  /// The present delay, without jitter.
  public private(set) var delay: Duration

  /// Makes a backoff that begins with its first delay.
  public init(first: Duration, factor: Int = 2, longest: Duration, jitter: Int = 0) {
    precondition(first >= .zero && longest >= .zero, "a delay is not negative")
    precondition(
      factor >= 1 && (0...100).contains(jitter), "a factor of 1 or more, 0 to 100 percent")
    self.first = min(first, longest)
    self.factor = factor
    self.longest = longest
    self.jitter = jitter
    delay = self.first
  }

  /// Returns the delay after so many failures before, without jitter: the first after none.
  public func delay(after failures: Int) -> Duration {
    guard factor > 1, first > .zero else { return first }
    var delay = first
    var left = failures
    while left > 0, delay < longest {
      delay = min(longest, delay * factor)
      left -= 1
    }
    return delay
  }

  /// Makes the next delay longer.
  public mutating func lengthen() { delay = min(longest, delay * factor) }

  /// Makes the next delay a quarter shorter, down to the first.
  public mutating func shorten() { delay = max(first, delay * 3 / 4) }

  /// Begins anew with the first delay: it went well, or something may have changed.
  public mutating func reset() { delay = first }

  /// Returns the present delay, and makes the next one longer.
  public mutating func next() -> Duration {
    defer { lengthen() }
    return delay
  }

  /// Returns the present delay with jitter, and makes the next one longer.
  public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
    defer { lengthen() }
    return spread(using: &random)
  }

  /// Returns the present delay with jitter. Draws one number, or none without jitter.
  public func spread(using random: inout some RandomNumberGenerator) -> Duration {
    guard jitter > 0 else { return delay }
    let most = delay.milliseconds * jitter / 100
    return delay + .milliseconds(Int.random(in: -most...most, using: &random))
  }
}
