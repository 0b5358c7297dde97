/// When every directory is scanned without any event (R9): every 50 ms while there is work, ever
/// more seldom down to 2 s without, and always spread a little, so that many do not act as one.
/// Where events come the scan is only the safety net.
struct ScanTimers {
  static let shortest = 50
  static let longest = 2000

  private let delivers: Bool
  private var random: any RandomNumberGenerator
  private var interval = Self.shortest
  private var next = 0

  init(delivers: Bool, random: any RandomNumberGenerator) {
    self.delivers = delivers
    self.random = random
  }

  /// Whether a full scan is due.
  func begin(at now: Int) -> Bool { now >= next }

  /// After a turn: how long until the next scan, in milliseconds.
  mutating func end(at now: Int, busy: Bool) -> Int {
    if delivers {
      interval = Self.longest
    } else {
      interval = busy ? Self.shortest : min(Self.longest, interval * 2)
    }
    if now >= next || next > now + interval * 5 / 4 {
      let spread = Int.random(in: -interval / 5...interval / 5, using: &random)
      next = now + interval + spread
    }
    return max(1, next - now)
  }
}
