internal import SpoolModel
internal import SpoolStore

/// The look for something whose request may have been dropped a moment ago. The watcher shows what it
/// has accepted once a second, and removes the request before.
struct FreshLook {
  let spool: Spool

  /// The longest wait.
  static let patience = Duration.seconds(3)
  /// The time between two looks.
  static let interval = Duration.milliseconds(50)

  init(_ spool: Spool) { self.spool = spool }

  /// Returns what `find` gives, once `isThere` is true of it; or what it gives in the end.
  func result<Found>(_ find: () -> Found, isThere: (Found) -> Bool) throws -> Found {
    var found = find()
    guard !isThere(found), spool.hasFreshRequests(), WatcherProbe(spool).warning() == nil else {
      return found
    }
    let waker = try Waker()
    let time = SystemTime()
    let end = time.instant + Self.patience
    while !isThere(found), time.instant < end {
      waker.wait(for: Self.interval)
      found = find()
    }
    return found
  }
}
