internal import SpoolModel

/// How many jobs of one shape should lie in ready (DESIGN 6): enough that no pilot runs dry, never
/// the backlog.
struct FeedGauge {
  /// Every shape with a backlog shows at least its next 64 jobs.
  static let floor = 64
  static let ceiling = 8192

  /// Jobs claimed a second, smoothed; milliseconds between looks, and so until what was claimed is
  /// put again, smoothed. (Not the time from put to claim: that grows with what lies there.)
  private(set) var rate = 0.0
  private(set) var delay = 0.0
  /// Grows whenever it ran dry with a backlog, and shrinks again.
  private(set) var factor = 1.0
  private var lastLook: Instant?
  private var lastGrowth = Instant.distantPast

  /// Learns from a look into ready: how many jobs were claimed since the last one, and whether
  /// nothing was left though more could have been put.
  mutating func look(at now: Instant, claimed: Int, ranDry: Bool) {
    if let last = lastLook, now > last {
      let passed = Double((now - last).milliseconds)
      let weight = min(1, passed / 2000)
      rate += weight * (Double(claimed) * 1000 / passed - rate)
      if claimed > 0 { delay += min(1, weight * 4) * (passed - delay) }
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

  /// The least time between two growths of the factor, and before it shrinks.
  private static let growthPause = Duration.milliseconds(20)
  private static let shrinkPause = Duration.seconds(10)

  /// The depth for pilots that could run `slots` jobs of the shape at once.
  func depth(slots: Int) -> Int {
    guard slots > 0 else { return Self.floor }
    let wanted = (Double(slots) + 2 * rate * delay / 1000) * factor
    return min(Self.ceiling, max(Self.floor, Int(wanted)))
  }
}
