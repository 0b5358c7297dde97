internal import SpoolModel
internal import SpoolStore

/// The question whether somebody watches a spool, answered by `watcher.json`.
struct WatcherProbe {
  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// Reads the watcher's record. Returns a warning, with advice, if no watcher is alive; nil if one is.
  func warning() -> String? {
    let advice = "start one with `spool watch` or `spool up`"
    guard let record = spool.watcherRecord() else {
      return "no watcher is alive: \(advice)"
    }
    if record.isClean { return "no watcher is alive: it was stopped; \(advice)" }
    let gone = ProcessIdentity.isGone(record.process)
    if gone == true { return "no watcher is alive: it died on \(record.host); \(advice)" }
    let age = SystemTime().timestamp - record.at
    guard gone == nil, age > spool.config.deadAfter else { return nil }
    return "the watcher on \(record.host) was last heard of \(Units.text(age)) ago; "
      + "if it is dead, \(advice)"
  }
}
