public import SpoolModel

/// The end of a watcher: another one owns the spool now, or nobody can tell whose it is (R7).
public struct LeaseLost: Error, CustomStringConvertible {
  /// The epoch of the watcher that ends.
  public var mine: Int
  /// The record of the new owner; nil where `watcher.json` is gone.
  public var theirs: WatcherRecord?

  /// The end in words.
  public var description: String {
    let why =
      theirs.map { "another watcher has taken over (epoch \($0.epoch) on \($0.host))" }
      ?? "watcher.json stays missing, so nobody can tell whose the spool is"
    return "\(why); this one, of epoch \(mine), ends"
  }
}

/// The right to be the one watcher (R7): an exclusive lock, and an epoch.
///
/// The lock tells at once that a watcher has died. It proves nothing else: some network filesystems
/// grant it twice, and a process that is stopped, or hangs, keeps it. So `watcher.json` decides:
/// its owner may act, and an owner that stands still may be replaced, lock or no lock.
public final class WatcherLease {
  /// The outcome of a step towards the lease.
  public enum Step {
    /// Another process holds the lock.
    case standby(WatcherRecord?)
    /// The lock is ours, but the former watcher may still live: it must stand still first, until
    /// this moment.
    case waiting(WatcherRecord, until: Instant)
    /// The holder of the lock stands still. Its place is ours at this moment, if nobody else takes
    /// it.
    case replacing(WatcherRecord?, until: Instant)
    /// The spool is ours.
    case acquired(epoch: Int)

    /// The moment until which this step waits at least, where that is known.
    public var until: Instant? {
      switch self {
      case .waiting(_, let until), .replacing(_, let until): until
      case .standby, .acquired: nil
      }
    }
  }

  /// Bytes of `watcher.json`, which is padded so that one write in place replaces all of it.
  static let recordSize = 1024

  private let spool: Spool
  private let time: any TimeSource
  private var record: WatcherRecord
  /// The question whether a process of this description is gone from this host; nil where that
  /// cannot be known.
  private let isGone: (JSON) -> Bool?
  private var lock: (any OpenFile)?
  private var file: (any OpenFile)?
  private var standstill: Standstill
  /// True where our lock stands in the place of one that another process holds.
  private var hasReplaced = false
  /// The record of the watcher whose place was taken so.
  private var replaced: WatcherRecord?
  /// The moment at which our epoch counts, if it still stands in `watcher.json` then.
  private var confirmAt: Instant?
  /// The moment at which `watcher.json` was last written: nobody who waits for it to stand still
  /// can be through before `deadAfter` from then.
  private var written = Instant(milliseconds: 0)
  /// The time since which `watcher.json` has been missing; nil while it is there.
  private var missingSince: Instant?
  /// The loss that ended this lease; nil while it holds.
  public private(set) var lost: LeaseLost?

  /// Makes a lease that is not acquired. `isGone` tells of a process on this host whether it is
  /// gone; nil where that cannot be known.
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

  /// The epoch of this watcher, once it is acquired.
  public var epoch: Int { record.epoch }

  /// The time between two steps: several fit into the shortest time that is waited for.
  public var interval: Duration {
    max(.milliseconds(1), min(.milliseconds(500), spool.config.deadAfter / 10))
  }

  /// The time for which `watcher.json` must stand still before its place is taken without the lock:
  /// 1.5 × `deadAfter`, because the lock's holder waits 1 × and must win.
  private var patience: Duration { spool.config.deadAfter * 3 / 2 }
  /// The time for which an epoch that was taken without the lock must stand before it counts. By
  /// then another that stood by has written its own, or seen this one. A former watcher that wakes
  /// in this very moment looks again before it changes anything.
  private var settling: Duration { spool.config.deadAfter / 2 }

  // MARK: Acquiring

  /// Goes as far as it can now. The caller calls it every ``interval`` until the lease is acquired.
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
    try acquire(after: former)
    guard hasReplaced else { return .acquired(epoch: record.epoch) }
    let moment = written + settling
    confirmAt = moment
    replaced = former
    return .replacing(former, until: moment)
  }

  /// Returns the step of waiting for the former watcher; nil where it is known to have ended, or
  /// stands still. The lock alone is not believed.
  private func wait(for former: WatcherRecord) -> Step? {
    if isMine(former) || former.isClean || isGone(former.process) == true { return nil }
    let left = spool.config.deadAfter - standstill.lasted(at: time.instant)
    guard left > .zero else { return nil }
    return standstill.hasMoved
      ? .standby(former) : .waiting(former, until: time.instant + left)
  }

  /// Confirms an epoch that was taken without the lock. Among several that did so at a time, the
  /// last to write owns the spool.
  private func confirm(_ current: WatcherRecord?, at moment: Instant) -> Step {
    guard let current, isMine(current) else { return giveUp(current) }
    guard time.instant >= moment else {
      return .replacing(replaced, until: moment)
    }
    confirmAt = nil
    return .acquired(epoch: record.epoch)
  }

  /// Goes back to the beginning, since somebody else was faster.
  private func giveUp(_ current: WatcherRecord?) -> Step {
    confirmAt = nil
    hasReplaced = false
    try? file?.close()
    try? lock?.close()
    file = nil
    lock = nil
    return .standby(current)
  }

  /// Takes the lock. Returns false where another holds it, or has put another file in its place.
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

  /// Returns true where the file that is locked is the one that has the name.
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

  /// Writes the epoch into a new file in the place of the old one: so a former watcher's descriptor
  /// writes to nothing.
  private func acquire(after former: WatcherRecord?) throws(FileError) {
    record.epoch = try lastEpoch(former).addingClamped(1)
    record.segment = former?.segment ?? 0
    record.committed = former?.committed
    written = time.instant
    try spool.files.replace(
      spool.layout.watcher, contents(), by: record.id, durable: true)
    file = try spool.files.open(spool.layout.watcher, .update)
  }

  /// Returns the last epoch that was given out. Of a damaged record even the epoch may be wrong: the
  /// journal has it, too.
  private func lastEpoch(_ former: WatcherRecord?) throws(FileError) -> Int {
    guard let former else { return 0 }
    return former.isWhole ? former.epoch : max(former.epoch, try JournalReader(spool).lastEpoch())
  }

  private func contents() -> [UInt8] {
    let text = SealedJSON.encode(record.json)
    return text + repeatElement(32, count: max(0, Self.recordSize - 1 - text.count)) + [10]
  }

  // MARK: Holding

  private func readRecord() throws(FileError) -> WatcherRecord? {
    try WatcherRecord.read(spool)
  }

  private func isMine(_ there: WatcherRecord) -> Bool {
    there.epoch == record.epoch && there.id == record.id
  }

  /// Reads again whose the spool is. The watcher does so before every commit and every batch of
  /// renames, and after the commit. Fails with ``LeaseLost`` where the spool is another's, and with
  /// a ``FileError`` where that cannot be read now.
  public func check() throws {
    if let lost { throw lost }
    var there = try readRecord()
    if let damaged = there, !damaged.isWhole, try isFileOurs() {
      // Nobody else writes into this file, so its contents can be written again.
      try beat()
      there = try readRecord()
    }
    if let there, isMine(there) {
      missingSince = nil
      return
    }
    if there == nil { try confirmMissing() }
    let loss = LeaseLost(mine: record.epoch, theirs: there)
    lost = loss
    throw loss
  }

  /// Returns true where `watcher.json` is the very file that this watcher wrote.
  private func isFileOurs() throws(FileError) -> Bool {
    guard let file else { return false }
    let inode = try file.attributes().inode
    return try spool.files.attributesIfPresent(spool.layout.watcher)?.inode == inode
  }

  /// Confirms that `watcher.json` is gone. A mount, or a part of one, may be away for a while: then
  /// nothing is decided, and the caller tries again. Throws a ``FileError`` until the file has been
  /// missing for ``confirmation`` while the rest of the spool was there.
  private func confirmMissing() throws(FileError) {
    let gone = FileError("read", spool.layout.watcher, Errno.missing)
    guard spool.files.isPresent(spool.layout.config) else {
      missingSince = nil
      throw gone
    }
    let now = time.instant
    let since = missingSince ?? now
    missingSince = since
    guard now - since >= confirmation else { throw gone }
  }

  /// The time for which `watcher.json` must be missing before that is believed.
  private var confirmation: Duration { max(.seconds(5), spool.config.deadAfter) }

  /// Writes a heartbeat: this watcher lives. It is synced because some clients keep what is written
  /// to an open file to themselves for longer than a short `deadAfter` (JuiceFS: 6 s).
  public func beat() throws(FileError) {
    let now = time.instant
    record.counter += 1
    record.at = time.timestamp
    try file?.write(contents(), at: 0)
    try file?.sync()
    written = now
  }

  /// Notes a new segment of the journal, before the older ones are removed. So the next watcher
  /// finds it, whatever a listing omits.
  public func note(segment: Int) throws(FileError) {
    record.segment = segment
    try beat()
  }

  /// Notes up to which place the journal is committed, before anything follows from it. It is not
  /// synced: after a power cut an older place may be there, and never a later one, since the journal
  /// is synced first.
  public func note(committed: WatcherRecord.Committed) throws(FileError) {
    record.committed = committed
    try file?.write(contents(), at: 0)
  }

  /// Notes the time that turns take. It is written with the next heartbeat or commit.
  public func note(turns: WatcherRecord.Turns) { record.turns = turns }

  /// Makes certain before a change that the spool is still ours. A watcher that has not written its
  /// heartbeat for half of `deadAfter` reads `watcher.json` first, and writes a heartbeat. So no
  /// change is made late, and a long turn does not look like a death.
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

  /// Returns the spool as one that changes only as long as it is this watcher's.
  public func guarding(_ spool: Spool) -> Spool {
    Spool(
      files: LeasedFileSystem(spool.files, self), layout: spool.layout, config: spool.config)
  }

  /// Removes files that others who wanted the spool began to write and did not finish. If one of
  /// them still lives, its rename finds nothing.
  public func removeUnfinished() throws(FileError) {
    for name in try spool.files.list(spool.layout.root, fresh: true).names
    where Layout.isLeasePart(name) {
      try spool.files.removeIfPresent("\(spool.layout.root)/\(name)")
    }
  }

  /// Gives the spool up in good order: the next watcher need not wait.
  public func release() {
    record.isClean = true
    try? beat()
    try? file?.close()
    try? lock?.close()
    file = nil
    lock = nil
  }
}
