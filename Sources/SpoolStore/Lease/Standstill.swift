internal import SpoolModel

/// The time for which `watcher.json` has stood still, on the own monotonic clock (R7). Only watched
/// time counts. The count begins anew where two looks lie further apart than a third of the
/// time-out: after a pause of the own, or while nothing could be read.
struct Standstill {
  let timeOut: Duration
  private var record: WatcherRecord?
  private var since: Instant?
  private var last = Instant(milliseconds: 0)
  /// True once the record was seen to change: who writes it lives, or lived a moment ago.
  private(set) var hasMoved = false

  init(timeOut: Duration) { self.timeOut = timeOut }

  /// Notes the finding of one look.
  mutating func note(_ record: WatcherRecord?, at now: Instant) {
    if since != nil, record != self.record { hasMoved = true }
    if since == nil || record != self.record || now - last > timeOut / 3 { since = now }
    self.record = record
    last = now
  }

  /// Returns the time for which the record has stood still by now.
  func lasted(at now: Instant) -> Duration { since.map { now - $0 } ?? .zero }
}
