internal import SpoolModel

/// The times at which all directories are scanned without any event (R9). In come the ends of
/// turns; out go waits. Without events the interval is 50 ms while there is work, and grows to 2 s
/// when there is none. With events it is always 2 s, because the scan is only the safety net. Times
/// are spread by a fifth, so that many processes do not act as one.
struct ScanTimers {
  /// The shortest interval.
  static let shortest = Duration.milliseconds(50)
  /// The longest interval.
  static let longest = Duration.seconds(2)

  /// True if the shell hears of changes by events.
  private let delivers: Bool
  private var random: any RandomNumberGenerator
  private var interval = Self.shortest
  private var next = Instant.distantPast

  init(delivers: Bool, random: any RandomNumberGenerator) {
    self.delivers = delivers
    self.random = random
  }

  /// Returns true if a full scan is due.
  func begin(at now: Instant) -> Bool { now >= next }

  /// Ends a turn. Returns the time until the next scan.
  mutating func end(at now: Instant, busy: Bool) -> Duration {
    if delivers {
      interval = Self.longest
    } else {
      interval = busy ? Self.shortest : min(Self.longest, interval * 2)
    }
    if now >= next || next > now + interval * 5 / 4 {
      let most = interval.milliseconds / 5
      let spread = Int.random(in: -most...most, using: &random)
      next = now + interval + .milliseconds(spread)
    }
    return max(.milliseconds(1), next - now)
  }
}
