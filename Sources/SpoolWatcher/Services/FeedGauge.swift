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
  private var lastLook: Int?
  private var lastGrowth = 0

  /// What a look into ready showed: how many were claimed since the last, and whether nothing was
  /// left though more could have been put.
  mutating func look(at now: Int, claimed: Int, ranDry: Bool) {
    if let last = lastLook, now > last {
      let weight = min(1, Double(now - last) / 2000)
      rate += weight * (Double(claimed) * 1000 / Double(now - last) - rate)
      if claimed > 0 { delay += min(1, weight * 4) * (Double(now - last) - delay) }
    }
    lastLook = now
    if ranDry, now - lastGrowth > 20 {
      factor = min(factor * 2, 64)
      lastGrowth = now
    } else if now - lastGrowth > 10_000, factor > 1 {
      factor = max(1, factor / 2)
      lastGrowth = now
    }
  }

  /// The depth for pilots that could run `slots` jobs of the shape at once.
  func depth(slots: Int) -> Int {
    guard slots > 0 else { return Self.floor }
    let wanted = (Double(slots) + 2 * rate * delay / 1000) * factor
    return min(Self.ceiling, max(Self.floor, Int(wanted)))
  }
}
