internal import SpoolModel

/// The number of jobs of one shape that should lie in ready (DESIGN 6). In come looks into ready;
/// out goes a depth. It is large enough that no pilot runs dry, and never the whole backlog.
struct FeedGauge {
  /// The least depth: every shape with a backlog shows at least this many jobs.
  static let floor = 64
  /// The greatest depth.
  static let ceiling = 8192

  /// Jobs claimed per second, smoothed.
  private(set) var rate = 0.0
  /// The smoothed time between two looks that saw claims, in milliseconds. Only after so long does
  /// the watcher put new jobs in place of claimed ones. (The time from put to claim would be wrong:
  /// it grows with the number of jobs in ready.)
  private(set) var delay = 0.0
  /// The factor on the depth. It doubles whenever ready ran dry with a backlog, and shrinks again
  /// with time.
  private(set) var factor = 1.0
  private var lastLook: Instant?
  private var lastGrowth = Instant.distantPast

  /// Learns from a look into ready. `claimed` is the number of jobs that were claimed since the
  /// last look. `ranDry` is true if no job was left although there was a backlog.
  mutating func look(at now: Instant, claimed: Int, ranDry: Bool) {
    if let last = lastLook, now > last {
      let passed = Double((now - last).milliseconds)
      let weight = min(1, passed / 2000)
      rate += weight * (Double(claimed) * 1000 / passed - rate)
      if claimed > 0 { delay += min(1, weight * 4) * (min(passed, Self.longestDelay) - delay) }
    }
    lastLook = now
    if ranDry, now - lastGrowth > Self.growthPause {
      factor = min(factor * 2, 64)
      lastGrowth = now
    } else if now - lastGrowth > Self.shrinkPause, factor > 1 {
      factor = max(1, factor / 2)
      lastGrowth = now
    }
  }

  /// The longest time between two looks that is learnt, in milliseconds. A longer one was a stall of
  /// the mount. If ready grew by it, the next turn would be long again.
  private static let longestDelay = 2000.0
  /// The least time between two growths of the factor.
  private static let growthPause = Duration.milliseconds(20)
  /// The least time between a change of the factor and its shrinking.
  private static let shrinkPause = Duration.seconds(10)

  /// Returns the depth, in jobs, for pilots that could run `slots` jobs of the shape at once.
  func depth(slots: Int) -> Int {
    guard slots > 0 else { return Self.floor }
    let wanted = (Double(slots) + 2 * rate * delay / 1000) * factor
    return min(Self.ceiling, max(Self.floor, Int(wanted)))
  }
}
