/// For how long `watcher.json` has stood still, on the own monotonic clock (R7).
///
/// Only what was watched counts: where two looks lie further apart than a third of the time-out, as
/// after a pause of the own, or while nothing could be read, the count begins anew.
struct Standstill {
  let timeOut: Int
  private var record: WatcherRecord?
  private var since: Int?
  private var last = 0
  /// Whether it was seen to change: who writes it lives, or lived a moment ago.
  private(set) var hasMoved = false

  init(timeOut: Int) { self.timeOut = timeOut }

  mutating func note(_ record: WatcherRecord?, at now: Int) {
    if since != nil, record != self.record { hasMoved = true }
    if since == nil || record != self.record || now - last > timeOut / 3 { since = now }
    self.record = record
    last = now
  }

  /// Milliseconds.
  func lasted(at now: Int) -> Int { since.map { now - $0 } ?? 0 }
}
