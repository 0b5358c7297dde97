public import SpoolModel

/// Another watcher owns the spool now: the end of this one (R7).
public struct LeaseLost: Error, CustomStringConvertible {
  public var mine: Int
  public var theirs: WatcherRecord?

  public var description: String {
    let who = theirs.map { "epoch \($0.epoch) on \($0.host)" } ?? "watcher.json is gone"
    return "another watcher has taken over (\(who)); this one, of epoch \(mine), ends"
  }
}

/// The right to be the one watcher (R7): an exclusive lock, and an epoch.
///
/// The lock tells at once that a watcher has died. It proves nothing else: on some network
/// filesystems it is granted twice, and a process that is stopped, or hangs, keeps it. So what counts
/// is `watcher.json`: whose it is may act, and who stands still may be replaced, lock or no lock.
public final class WatcherLease {
  public enum Step {
    /// Another process holds the lock.
    case standby(WatcherRecord?)
    /// The lock is ours, but the former watcher may yet live: it must stand still first.
    case waiting(WatcherRecord, until: Int)
    /// The holder of the lock stands still: its place is being taken, if nobody else does.
    case replacing(WatcherRecord?, until: Int)
    case acquired(epoch: Int)

    /// The moment until which this step waits at least, where that is known.
    public var until: Instant? {
      switch self {
      case .waiting(_, let until), .replacing(_, let until): Instant(milliseconds: until)
      case .standby, .acquired: nil
      }
    }
  }

  static let recordSize = 1024

  private let spool: Spool
  private let time: any TimeSource
  private var record: WatcherRecord
  /// Whether a process of this description is gone from this host; nil where it cannot be known.
  private let isGone: (JSON) -> Bool?
  private var lock: (any OpenFile)?
  private var file: (any OpenFile)?
  private var standstill: Standstill
  /// Whether the lock stands in the place of one that another holds.
  private var hasReplaced = false
  /// The epoch is written, and counts if it still stands there then.
  private var confirmAt: Instant?
  /// The moment at which `watcher.json` was last written: nobody who waits for it to stand still can
  /// be through before `deadAfter` from then.
  private var written = Instant(milliseconds: 0)
  /// What ended it.
  public private(set) var lost: LeaseLost?

  public init(
    _ spool: Spool, _ record: WatcherRecord, time: any TimeSource,
    isGone: @escaping (JSON) -> Bool?
  ) {
    self.spool = spool
    self.record = record
    self.time = time
    self.isGone = isGone
    standstill = Standstill(timeOut: spool.config.deadAfter)
  }

  public var epoch: Int { record.epoch }

  /// The time between two steps: several fit into the shortest time that is waited for.
  public var interval: Duration {
    max(.milliseconds(1), min(.milliseconds(500), spool.config.deadAfter / 10))
  }

  /// ``interval`` in milliseconds.
  public var pace: Int { interval.milliseconds }

  /// Half as long again as who holds the lock must wait: it goes first.
  private var patience: Duration { spool.config.deadAfter * 3 / 2 }
  /// For how long an epoch that was taken without the lock must stand before it counts. Another that
  /// stood by has written its own by then, or seen this one; and a former watcher that woke in this
  /// very moment looks again before it changes anything.
  private var settling: Duration { spool.config.deadAfter / 2 }

  // MARK: Acquiring

  /// Goes as far as it can now; to be called again, every ``pace``, until it has acquired.
  public func step() throws(FileError) -> Step {
    let former = try readRecord()
    standstill.note(former, at: time.instant)
    if let confirmAt { return confirm(former, at: confirmAt) }
    if try !takeLock() {
      guard standstill.lasted(at: time.instant) >= patience else { return .standby(former) }
      try replaceLock()
    }
    guard try isLockOurs() else { return giveUp(former) }
    if let former, let wait = wait(for: former) { return wait }
    try acquire(epoch: (former?.epoch ?? 0) + 1, segment: former?.segment ?? 0)
    guard hasReplaced else { return .acquired(epoch: record.epoch) }
    let moment = written + settling
    confirmAt = moment
    return .replacing(former, until: moment.milliseconds)
  }

  /// The lock alone is not believed: the former watcher is known to have ended, or stands still.
  private func wait(for former: WatcherRecord) -> Step? {
    if isMine(former) || former.isClean || isGone(former.process) == true { return nil }
    let left = spool.config.deadAfter - standstill.lasted(at: time.instant)
    guard left > .zero else { return nil }
    return standstill.hasMoved
      ? .standby(former) : .waiting(former, until: (time.instant + left).milliseconds)
  }

  /// Of several that replaced one at a time, the last to write owns the spool.
  private func confirm(_ current: WatcherRecord?, at moment: Instant) -> Step {
    guard let current, isMine(current) else { return giveUp(current) }
    guard time.instant >= moment else {
      return .replacing(current, until: moment.milliseconds)
    }
    confirmAt = nil
    return .acquired(epoch: record.epoch)
  }

  /// Somebody else was faster: back to where it began.
  private func giveUp(_ current: WatcherRecord?) -> Step {
    confirmAt = nil
    hasReplaced = false
    try? file?.close()
    try? lock?.close()
    file = nil
    lock = nil
    return .standby(current)
  }

  /// False where another holds the lock, or has put another file in its place.
  private func takeLock() throws(FileError) -> Bool {
    if lock != nil { return true }
    let file = try spool.files.open(spool.layout.lock, .createLock)
    guard try file.tryLock() else {
      try? file.close()
      return false
    }
    lock = file
    if try isLockOurs() { return true }
    _ = giveUp(nil)
    return false
  }

  /// Whether the file that is locked is the one that has the name.
  private func isLockOurs() throws(FileError) -> Bool {
    guard let lock else { return false }
    let inode = try lock.attributes().inode
    return try spool.files.attributesIfPresent(spool.layout.lock)?.inode == inode
  }

  /// Puts a new file, locked, in the place of the one that another holds.
  private func replaceLock() throws(FileError) {
    let path = spool.layout.newLock(record.id)
    try spool.files.removeIfPresent(path)
    let file = try spool.files.open(path, .createLock)
    guard try file.tryLock() else { throw FileError("lock", path, Errno.tryAgain) }
    try spool.files.rename(path, to: spool.layout.lock)
    lock = file
    hasReplaced = true
  }

  /// A new file in the place of the old: a former watcher's descriptor writes to nothing.
  private func acquire(epoch: Int, segment: Int) throws(FileError) {
    record.epoch = epoch
    record.segment = segment
    written = time.instant
    try spool.files.replace(
      spool.layout.watcher, contents(), by: record.id, durable: true)
    file = try spool.files.open(spool.layout.watcher, .update)
  }

  private func contents() -> [UInt8] {
    let text = record.json.compact
    return text + repeatElement(32, count: max(0, Self.recordSize - 1 - text.count)) + [10]
  }

  // MARK: Holding

  private func readRecord() throws(FileError) -> WatcherRecord? {
    try WatcherRecord.read(spool)
  }

  private func isMine(_ there: WatcherRecord) -> Bool {
    there.epoch == record.epoch && there.id == record.id
  }

  /// Re-reads whose the spool is: before every commit and every batch of renames, and after the
  /// commit. Fails with ``LeaseLost`` where it is another's, and with a ``FileError`` where it cannot
  /// be read now.
  public func check() throws {
    if let lost { throw lost }
    let there = try readRecord()
    if let there, isMine(there) { return }
    let loss = LeaseLost(mine: record.epoch, theirs: there)
    lost = loss
    throw loss
  }

  /// Shows that this watcher lives.
  public func beat() throws(FileError) {
    let now = time.instant
    record.counter += 1
    record.at = time.timestamp
    try file?.write(contents(), at: 0)
    written = now
  }

  /// Notes that a segment of the journal is begun, before those before it are removed: so the next
  /// watcher finds it, whatever a listing omits.
  public func note(segment: Int) throws(FileError) {
    record.segment = segment
    try beat()
    try file?.sync()
  }

  /// Before anything is changed: who has not shown life for half the time after which it may be
  /// replaced looks first whether it was, and shows life. So no change is made late, and a long turn
  /// does not look like a death.
  func beforeChange(_ path: String) throws(FileError) {
    guard lost != nil || time.instant - written >= spool.config.deadAfter / 2 else {
      return
    }
    do {
      try check()
      try beat()
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError("change", path, .leaseLost)
    }
  }

  /// The spool, to be changed only as long as it is this watcher's.
  public func guarding(_ spool: Spool) -> Spool {
    Spool(
      files: LeasedFileSystem(spool.files, self), layout: spool.layout, config: spool.config)
  }

  /// Removes what others that wanted the spool began to write, and did not finish: should one of
  /// them yet live, its rename finds nothing.
  public func removeUnfinished() throws(FileError) {
    for name in try spool.files.list(spool.layout.root, fresh: true).names
    where Layout.isLeasePart(name) {
      try spool.files.removeIfPresent("\(spool.layout.root)/\(name)")
    }
  }

  /// Ends in good order: the next watcher need not wait.
  public func release() {
    record.isClean = true
    try? beat()
    try? file?.sync()
    try? file?.close()
    try? lock?.close()
    file = nil
    lock = nil
  }
}
