public import SpoolModel
public import SpoolStore
internal import Synchronization

/// Clocks that stand still until a test moves them.
public final class ManualTime: TimeSource {
  /// Where the epoch clock begins: far from zero, so that the two clocks are never taken for one
  /// another.
  public static let start = 1_796_000_000_000

  private struct Reading {
    var elapsed = 1000
    /// By how much the wall clock was set.
    var offset = 0
  }

  private let reading = Mutex(Reading())

  public init() {}

  public var instant: Instant { Instant(milliseconds: now) }
  public var timestamp: Timestamp { Timestamp(milliseconds: epoch) }

  /// Milliseconds on the monotonic clock, and since 1970 on the wall clock.
  public var now: Int { reading.withLock { $0.elapsed } }
  public var epoch: Int { reading.withLock { Self.start + $0.elapsed + $0.offset } }

  /// Moves both clocks on by some milliseconds.
  public func advance(_ milliseconds: Int) {
    reading.withLock { $0.elapsed += max(0, milliseconds) }
  }

  /// Sets the wall clock by some milliseconds, back where they are negative, as an administrator
  /// does; the monotonic clock does not notice.
  public func setWallClock(by milliseconds: Int) {
    reading.withLock { $0.offset += milliseconds }
  }
}
