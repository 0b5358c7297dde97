internal import SpoolModel

/// When every directory is scanned without any event (R9): every 50 ms while there is work, ever
/// more seldom down to 2 s without, and always spread a little, so that many do not act as one.
/// Where events come the scan is only the safety net.
struct ScanTimers {
  static let shortest = Duration.milliseconds(50)
  static let longest = Duration.seconds(2)

  private let delivers: Bool
  private var random: any RandomNumberGenerator
  private var interval = Self.shortest
  private var next = Instant.distantPast

  init(delivers: Bool, random: any RandomNumberGenerator) {
    self.delivers = delivers
    self.random = random
  }

  /// Whether a full scan is due.
  func begin(at now: Instant) -> Bool { now >= next }

  /// After a turn: how long until the next scan.
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
