public import SpoolModel

/// The clocks, as a seam: the core asks for the time, and owns no clock.
public protocol TimeSource: AnyObject, Sendable {
  /// The moment on this host's monotonic clock, which stands still with the host. It is for every
  /// wait and time-out, and means nothing elsewhere.
  var instant: Instant { get }
  /// The moment on the wall clock, for people and files. It is never waited for, nor compared with
  /// another host's.
  var timestamp: Timestamp { get }
}

extension TimeSource {
  /// Returns the instant of a due time from the journal. A time that must survive a restart is
  /// recorded as a timestamp and waited for as an instant. A wall clock that was set makes the wait
  /// neither negative nor longer than `longest`.
  public func instant(of due: Timestamp, atMost longest: Duration) -> Instant {
    instant + max(.zero, min(longest, due - timestamp))
  }
}
