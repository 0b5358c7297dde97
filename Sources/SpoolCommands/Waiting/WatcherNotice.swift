internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The warning that the watcher has gone away while somebody waits: no task ends without one.
struct WatcherNotice {
  /// The time between two looks.
  private static let interval = Duration.seconds(2)
  private let probe: WatcherProbe
  private var lastLook: Instant
  private var isTold: Bool

  /// Begins with what the verb has told already, at its beginning.
  init(_ spool: Spool, at now: Instant) {
    probe = WatcherProbe(spool)
    lastLook = now
    isTold = probe.warning() != nil
  }

  /// Looks, if the last look was long enough ago, and warns the user once.
  mutating func look(at now: Instant) {
    guard now - lastLook >= Self.interval else { return }
    lastLook = now
    let warning = probe.warning()
    if let warning, !isTold { Terminal.note("spool: \(warning)") }
    isTold = warning != nil
  }
}
