internal import SpoolModel

/// The decision whether a payload is stuck, by what sweeps of the process table see of it. A pure
/// value (R10).
struct Liveness {
  /// The signs of life: any change of them counts.
  struct Signs: Equatable {
    /// Clock ticks of its processes.
    var cpu: UInt64 = 0
    /// Bytes that it has printed.
    var printed: Int64 = 0
  }

  /// Nanoseconds between two sweeps, beyond which the runner itself stood still, and perhaps the
  /// payload with it: the count begins anew.
  static let longestGap: UInt64 = 5_000_000_000

  /// Nanoseconds; nil: it may do nothing for ever.
  private let limit: UInt64?
  private var signs: Signs?
  private var lastChange: UInt64
  private var lastLook: UInt64

  /// `now` is in monotonic nanoseconds, here and in ``look(_:at:)``.
  init(limit: Duration?, now: UInt64) {
    self.limit = limit?.nanoseconds
    lastChange = now
    lastLook = now
  }

  /// Takes in what a sweep saw. Returns true if the payload is stuck.
  mutating func look(_ seen: Signs, at now: UInt64) -> Bool {
    if seen != signs || now - lastLook > Self.longestGap { lastChange = now }
    signs = seen
    lastLook = now
    guard let limit else { return false }
    return now - lastChange >= limit
  }
}
