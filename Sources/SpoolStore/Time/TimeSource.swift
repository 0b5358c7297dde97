public import SpoolModel

/// The clocks, as a seam: the core asks for the time, and owns no clock.
public protocol TimeSource: AnyObject, Sendable {
  /// Milliseconds on this host's monotonic clock, which stands still with the host. It is for every
  /// duration and time-out, and means nothing elsewhere.
  var now: Int { get }
  /// Milliseconds since 1970, for people and files. They are never compared with another host's.
  var epoch: Int { get }
}

extension TimeSource {
  /// The moment on the monotonic clock.
  public var instant: Instant { Instant(milliseconds: now) }
  /// The moment on the wall clock.
  public var timestamp: Timestamp { Timestamp(milliseconds: epoch) }

  /// Returns the instant of a due time from the journal. A time that must survive a restart is
  /// recorded as a timestamp and waited for as an instant. A wall clock that was set makes the wait
  /// neither negative nor longer than `longest`.
  public func instant(of due: Timestamp, atMost longest: Duration) -> Instant {
    instant + max(.zero, min(longest, due - timestamp))
  }
}
