internal import SpoolModel
internal import Synchronization

/// The limit on how often a caller may ask: a bucket for each, which fills with time.
final class RateLimit: Sendable {
  private struct Bucket {
    var level: Double
    var at: Instant
  }

  /// Requests a second that a caller may make for long.
  let rate: Double
  /// Requests that a caller may make at once.
  let burst: Double
  private let buckets = Mutex([String: Bucket]())

  /// Callers that are known at a time.
  private static let most = 10_000

  init(rate: Double, burst: Double) {
    self.rate = rate
    self.burst = burst
  }

  /// Takes a request of a caller from the bucket. Returns false where it is empty.
  func allows(_ caller: String, at now: Instant) -> Bool {
    buckets.withLock { buckets in
      if buckets.count >= Self.most, buckets[caller] == nil { drop(&buckets, now) }
      var bucket = buckets[caller] ?? Bucket(level: burst, at: now)
      let passed = Double((now - bucket.at).milliseconds) / 1000
      // The clock has milliseconds: below one, the time is not used up.
      if passed > 0 {
        bucket.level = min(burst, bucket.level + passed * rate)
        bucket.at = now
      }
      let isAllowed = bucket.level >= 1
      if isAllowed { bucket.level -= 1 }
      buckets[caller] = bucket
      return isAllowed
    }
  }

  /// Forgets callers whose buckets are full again, or all where there are none.
  private func drop(_ buckets: inout [String: Bucket], _ now: Instant) {
    let time = burst / rate
    buckets = buckets.filter { Double(($0.value.at - now).milliseconds) / -1000 < time }
    if buckets.count >= Self.most { buckets.removeAll() }
  }
}
