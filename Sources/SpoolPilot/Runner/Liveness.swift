/// Whether a payload does anything, by what the sweeps of the process table see of it.
struct Liveness {
  /// What shows life: any change of it does.
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

  init(milliseconds: Int64?, now: UInt64) {
    limit = milliseconds.map { UInt64(max(0, min($0, 1 << 40))) * 1_000_000 }
    lastChange = now
    lastLook = now
  }

  /// Takes in what a sweep saw. Whether the payload is stuck.
  mutating func look(_ seen: Signs, at now: UInt64) -> Bool {
    if seen != signs || now - lastLook > Self.longestGap { lastChange = now }
    signs = seen
    lastLook = now
    guard let limit else { return false }
    return now - lastChange >= limit
  }
}
