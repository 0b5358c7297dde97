internal import SpoolModel
package import SpoolStore

extension Waker {
  /// Sleeps until woken, or for a time. It may come back early without either, after a signal.
  package func wait(for time: Duration) { wait(until: Self.deadline(in: time)) }

  /// Returns the deadline after a time from now, as `wait(until:)` takes it.
  package static func deadline(in time: Duration) -> UInt64 { deadline(time, after: now()) }

  /// Returns the deadline after a time from a moment of `now()`. A wait of centuries, as a file may ask
  /// for, becomes one of decades.
  package static func deadline(_ time: Duration, after begin: UInt64) -> UInt64 {
    begin + UInt64(max(0, min(time.milliseconds, 1 << 40))) * 1_000_000
  }
}

extension Duration {
  /// The duration without its fraction of a second, for people.
  package var wholeSeconds: Duration { .seconds(milliseconds / 1000) }
}
