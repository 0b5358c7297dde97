public import SpoolModel

/// `watcher.json`: who owns the spool.
public struct WatcherRecord: Equatable, Sendable {
  public var epoch: Int
  public var host: String
  public var version: String
  public var counter: Int
  /// As in ``PilotRecord``.
  public var process: JSON
  /// Whether the watcher has ended in good order.
  public var isClean: Bool
  /// Epoch milliseconds of the last beat, on the watcher's clock: for people.
  public var at: Int

  public var json: JSON {
    [
      "format": 1, "epoch": .integer(epoch), "host": .string(host), "version": .string(version),
      "counter": .integer(counter), "at": .integer(at), "clean": .bool(isClean),
      "process": process,
    ]
  }

  public init(epoch: Int, host: String, version: String, process: JSON, at: Int) {
    self.epoch = epoch
    self.host = host
    self.version = version
    self.counter = 0
    self.process = process
    self.isClean = false
    self.at = at
  }

  public init?(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes), let epoch = json["epoch"]?.integer,
      let host = json["host"]?.string, let version = json["version"]?.string,
      let counter = json["counter"]?.integer, let clean = json["clean"]?.bool,
      let process = json["process"]
    else { return nil }
    self.init(
      epoch: epoch, host: host, version: version, process: process, at: json["at"]?.integer ?? 0)
    self.counter = counter
    isClean = clean
  }
}

extension WatcherRecord {
  /// A record that was torn: its writer may live, and its epoch must not be given out again. The
  /// epoch stands before all that a heartbeat changes, so it can be read.
  init(damaged bytes: [UInt8]) {
    let key = Array("\"epoch\":".utf8)
    let start = bytes.indices.first { bytes[$0...].starts(with: key) }.map { $0 + key.count }
    let digits = bytes[(start ?? bytes.count)...].prefix { (48...57).contains($0) }
    self.init(
      epoch: Int(String(decoding: digits, as: UTF8.self)) ?? 0, host: "?", version: "?",
      process: JSON.null, at: 0)
    counter = Int(CRC32.hex(bytes), radix: 16) ?? 0
  }
}

/// Another watcher owns the spool now: the end of this one (R7).
public struct LeaseLost: Error, CustomStringConvertible {
  public var mine: Int
  public var theirs: WatcherRecord?

  public var description: String {
    let who = theirs.map { "epoch \($0.epoch) on \($0.host)" } ?? "watcher.json is gone"
    return "another watcher has taken over (\(who)); this one, of epoch \(mine), ends"
  }
}

/// The right to be the one watcher (R7): an exclusive lock, and an epoch, since locks lie on some
/// network filesystems.
public final class WatcherLease {
  public enum Step {
    /// Another process holds the lock.
    case standby(WatcherRecord?)
    /// The lock is ours, but the former watcher may yet live: it must stand still first.
    case waiting(WatcherRecord, until: Int)
    case acquired(epoch: Int)
  }

  static let recordSize = 1024

  private let spool: Spool
  private var record: WatcherRecord
  /// Whether a process of this description is gone from this host; nil where it cannot be known.
  private let isGone: (JSON) -> Bool?
  private var lock: (any OpenFile)?
  private var file: (any OpenFile)?
  private var seen: (record: WatcherRecord, since: Int)?

  public init(_ spool: Spool, _ record: WatcherRecord, isGone: @escaping (JSON) -> Bool?) {
    self.spool = spool
    self.record = record
    self.isGone = isGone
  }

  public var epoch: Int { record.epoch }

  /// Goes as far as it can now; to be called again until it has acquired. `now` is monotonic
  /// milliseconds.
  public func step(now: Int) throws(FileError) -> Step {
    guard try takeLock() else { return .standby(current()) }
    let former = try spool.files.readIfPresent(spool.layout.watcher, limit: 64 << 10)
      .flatMap { WatcherRecord($0) ?? WatcherRecord(damaged: $0) }
    if let former, !former.isClean, isGone(former.process) != true {
      if seen?.record != former { seen = (former, now) }
      let until = (seen?.since ?? now) + spool.config.deadAfter
      guard now >= until else { return .waiting(former, until: until) }
    }
    try acquire(epoch: (former?.epoch ?? 0) + 1)
    return .acquired(epoch: record.epoch)
  }

  private func takeLock() throws(FileError) -> Bool {
    if lock != nil { return true }
    let file = try spool.files.open(spool.layout.lock, .create)
    guard try file.tryLock() else {
      try? file.close()
      return false
    }
    lock = file
    return true
  }

  /// A new file in the place of the old: a former watcher's descriptor writes to nothing.
  private func acquire(epoch: Int) throws(FileError) {
    record.epoch = epoch
    try spool.files.replace(spool.layout.watcher, contents(), durable: true)
    file = try spool.files.open(spool.layout.watcher, .update)
  }

  private func contents() -> [UInt8] {
    let text = record.json.compact
    return text + repeatElement(32, count: max(0, Self.recordSize - 1 - text.count)) + [10]
  }

  /// What `watcher.json` says now.
  public func current() -> WatcherRecord? {
    (try? spool.files.read(spool.layout.watcher, limit: 64 << 10)).flatMap { WatcherRecord($0) }
  }

  /// Re-reads the epoch: before every commit and every batch of renames. Fails with ``LeaseLost``
  /// where it is another's, and with a ``FileError`` where it cannot be read now.
  public func check() throws {
    let there = try spool.files.readIfPresent(spool.layout.watcher, limit: 64 << 10)
      .flatMap { WatcherRecord($0) }
    guard there?.epoch == record.epoch else { throw LeaseLost(mine: record.epoch, theirs: there) }
  }

  /// Shows that this watcher lives. `at` is epoch milliseconds.
  public func beat(at: Int) throws(FileError) {
    record.counter += 1
    record.at = at
    try file?.write(contents(), at: 0)
  }

  /// Ends in good order: the next watcher need not wait.
  public func release(at: Int) {
    record.isClean = true
    try? beat(at: at)
    try? file?.sync()
    try? file?.close()
    try? lock?.close()
    file = nil
    lock = nil
  }
}
