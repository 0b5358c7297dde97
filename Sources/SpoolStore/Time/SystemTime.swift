internal import Glibc

/// The host's own clocks.
public final class SystemTime: TimeSource {
  /// Makes a source of time.
  public init() {}

  /// Milliseconds on the monotonic clock.
  public var now: Int { Self.read(CLOCK_MONOTONIC) }
  /// Milliseconds since 1970 on the wall clock.
  public var epoch: Int { Self.read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
