public import SpoolModel

/// The clocks, as a seam: the core asks, and owns none.
public protocol TimeSource: AnyObject, Sendable {
  /// Milliseconds on this host's monotonic clock, which stands still with the host. For every
  /// duration and time-out; means nothing elsewhere.
  var now: Int { get }
  /// Milliseconds since the epoch, for people and files; never compared with another host's.
  var epoch: Int { get }
}

extension TimeSource {
  /// The moment on the monotonic clock.
  public var instant: Instant { Instant(milliseconds: now) }
  /// The moment on the wall clock.
  public var timestamp: Timestamp { Timestamp(milliseconds: epoch) }

  /// Returns when a journalled due time has come, on the monotonic clock: what must survive a
  /// restart is recorded as a timestamp and waited for as an instant. A wall clock that was set
  /// makes the wait neither negative nor longer than `longest`.
  public func instant(of due: Timestamp, atMost longest: Duration) -> Instant {
    instant + max(.zero, min(longest, due - timestamp))
  }
}
