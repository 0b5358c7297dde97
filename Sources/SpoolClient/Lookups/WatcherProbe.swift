internal import SpoolModel
public import SpoolStore

/// The question whether somebody watches a spool, answered by `watcher.json`.
public struct WatcherProbe {
  let spool: Spool

  /// Makes the probe of a spool.
  public init(_ spool: Spool) { self.spool = spool }

  /// Reads the watcher's record. Returns a warning, with advice, if no watcher is alive, or the one that
  /// is shows no sign of life; nil otherwise.
  public func warning() -> String? {
    guard let record = spool.watcherRecord() else { return "no watcher is alive: \(Self.advice)" }
    let now = SystemTime().timestamp
    return Self.warning(
      record, isGone: ProcessIdentity.isGone(record.process), age: now - record.at,
      deadAfter: spool.config.deadAfter)
  }

  private static let advice = "start one with `spool watch` or `spool up`"

  /// Returns the warning about a record that is so old. `isGone` is nil where the process cannot be
  /// asked for. A process of this host and the reader have one clock; other hosts' clocks may differ.
  static func warning(
    _ record: WatcherRecord, isGone: Bool?, age: Duration, deadAfter: Duration
  ) -> String? {
    if record.isClean { return "no watcher is alive: it was stopped; \(advice)" }
    if isGone == true { return "no watcher is alive: it died on \(record.host); \(advice)" }
    guard age > deadAfter else { return nil }
    guard isGone == false else {
      return
        "the watcher on \(record.host) was last heard of \(Units.text(age)) ago; if it is dead, "
        + advice
    }
    let pid = ProcessRecord(record.process).map { " \($0.pid)" } ?? ""
    return "the watcher on \(record.host) has been silent for \(Units.text(age)), though its "
      + "process\(pid) is alive: it is stopped or hangs; a second `spool watch` takes its place"
  }
}
