/// A moment on this host's monotonic clock. It means nothing on another host or after a boot, so it
/// is never written to a file; every wait and every time-out is counted in instants.
public struct Instant: Hashable, Comparable, Sendable {
  /// Milliseconds since an arbitrary moment.
  public var milliseconds: Int

  /// Makes an instant from a reading of the clock.
  public init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// An instant before all that a clock gives.
  public static let distantPast = Instant(milliseconds: Int.min / 4)
  /// An instant after all that a clock gives.
  public static let distantFuture = Instant(milliseconds: Int.max / 4)

  /// Returns true if the left instant is earlier.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Returns the instant after a duration.
  public static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(milliseconds: instant.milliseconds.addingClamped(duration.milliseconds))
  }

  /// Returns the instant before a duration.
  public static func - (instant: Instant, duration: Duration) -> Instant {
    Instant(milliseconds: instant.milliseconds.subtractingClamped(duration.milliseconds))
  }

  /// The time from the right instant to the left one.
  public static func - (left: Instant, right: Instant) -> Duration {
    .milliseconds(left.milliseconds.subtractingClamped(right.milliseconds))
  }
}
