/// The clocks, as a seam: the core asks, and owns none.
public protocol TimeSource: AnyObject, Sendable {
  /// Milliseconds on this host's monotonic clock, which stands still with the host. For every
  /// duration and time-out; means nothing elsewhere.
  var now: Int { get }
  /// Milliseconds since the epoch, for people and files; never compared with another host's.
  var epoch: Int { get }
}
