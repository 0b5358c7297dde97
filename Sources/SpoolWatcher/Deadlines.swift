internal import SpoolModel

/// Due times that are recorded on the wall clock, by key. In come times; out go the keys whose time
/// has come. Each is waited for on the monotonic clock, from the moment at which it was noted, so
/// setting the wall clock changes no wait.
struct Deadlines<Key: Hashable> {
  private var known: [Key: (due: Timestamp, instant: Instant)] = [:]

  /// Notes a due time, unless it is known already. The wait is at most `longest`.
  mutating func note(_ due: Timestamp, for key: Key, atMost longest: Duration, _ turn: Turn) {
    guard known[key]?.due != due else { return }
    known[key] = (due, turn.instant(of: due, atMost: longest))
  }

  /// Returns true if a noted due time has come.
  func hasCome(_ due: Timestamp, for key: Key, at now: Instant) -> Bool {
    guard let found = known[key], found.due == due else { return false }
    return found.instant <= now
  }

  /// Removes a key's due time.
  mutating func remove(_ key: Key) { known[key] = nil }

  /// Removes all keys except those for which `isKept` returns true.
  mutating func keep(_ isKept: (Key) -> Bool) {
    if known.keys.contains(where: { !isKept($0) }) { known = known.filter { isKept($0.key) } }
  }

  /// The earliest of the times, on the monotonic clock.
  var next: Instant? { known.values.map(\.instant).min() }

  /// Returns the keys whose time has come.
  func come(at now: Instant) -> [Key] { known.filter { $0.value.instant <= now }.map(\.key) }
}
