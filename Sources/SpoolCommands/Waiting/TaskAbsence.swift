internal import SpoolModel

/// The patience with a task of which nothing is to be seen: no page, and no request.
struct TaskAbsence {
  /// The wait for a task that was never seen. Its request may be on the way.
  private let patience: Duration
  private var since: Instant?
  private var wasSeen = false

  /// The wait on a disk of this host's own.
  static let short = Duration.seconds(3)
  /// The wait on a filesystem where another host's changes take some seconds to be seen.
  static let long = Duration.seconds(10)
  /// The wait for a task that was seen: its page follows its request by a turn of the watcher, which
  /// takes long on a slow mount.
  static let seen = Duration.seconds(60)

  init(isShared: Bool) { patience = isShared ? Self.long : Self.short }

  /// Notes that the task has a page, or its request lies there.
  mutating func noteSeen() {
    since = nil
    wasSeen = true
  }

  /// Notes that nothing is to be seen. Returns true if that has been so for too long. While the
  /// filesystem is out of order the time does not count.
  mutating func isLong(at now: Instant, isUnreachable: Bool) -> Bool {
    if isUnreachable {
      since = nil
      return false
    }
    let first = since ?? now
    since = first
    return now - first > (wasSeen ? Self.seen : patience)
  }
}
