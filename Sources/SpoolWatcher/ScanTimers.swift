internal import SpoolModel
internal import SpoolStore

/// The times at which all directories are scanned without any event (R9). In come the ends of
/// turns; out go waits. Without events the interval is 50 ms while there is work, and grows to 2 s
/// when there is none. With events it is always 2 s, because the scan is only the safety net. Times
/// are spread by a fifth, so that many processes do not act as one.
struct ScanTimers {
  /// The shortest interval without events.
  static let shortest = Duration.milliseconds(50)
  /// The longest interval, and the only one with events.
  static let longest = Duration.seconds(2)

  private var random: any RandomNumberGenerator
  private var interval: Backoff
  private var next = Instant.distantPast

  /// `delivers` says whether the shell hears of changes by events.
  init(delivers: Bool, random: any RandomNumberGenerator) {
    self.random = random
    interval = Backoff(
      first: delivers ? Self.longest : Self.shortest, longest: Self.longest, jitter: 20)
  }

  /// Returns true if a full scan is due.
  func begin(at now: Instant) -> Bool { now >= next }

  /// Ends a turn. Returns the time until the next scan.
  mutating func end(at now: Instant, busy: Bool) -> Duration {
    if busy { interval.reset() } else { interval.lengthen() }
    if now >= next || next > now + interval.delay * 5 / 4 {
      next = now + interval.spread(using: &random)
    }
    return max(.milliseconds(1), next - now)
  }
}
