internal import Glibc
public import SpoolModel

/// The host's own clocks.
public final class SystemTime: TimeSource {
  /// Makes a source of time.
  public init() {}

  /// The moment on the monotonic clock.
  public var instant: Instant { Instant(milliseconds: Self.read(CLOCK_MONOTONIC)) }
  /// The moment on the wall clock.
  public var timestamp: Timestamp { Timestamp(milliseconds: Self.read(CLOCK_REALTIME)) }

  /// Returns what a clock shows, in milliseconds.
  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
