public import SpoolModel

/// The one durable record (DESIGN 4). Lines are gathered over a turn and written with one `fsync`.
public final class Journal {
  private let spool: Spool
  private let epoch: Int
  private var file: any OpenFile
  /// The number of the segment that is being written.
  public private(set) var segment: Int
  /// Bytes of the segment that are written and synced.
  private var size: Int
  private var pending: [UInt8] = []
  private var sequence: Int
  /// The number of the segment's first line.
  private var begun: Int
  /// The number of the last checkpoint; 0 where there is none.
  private var saved: Int
  /// The number of lines since the checkpoint.
  public private(set) var lines: Int

  /// Begins a new segment after the end that was read. The segment states how much of the older
  /// ones counts (R7).
  public init(_ spool: Spool, epoch: Int, after end: JournalReader.End) throws(JournalError) {
    self.spool = spool
    self.epoch = epoch
    segment = end.highest + 1
    sequence = end.sequence + 1
    begun = sequence
    lines = end.lines
    saved = end.checkpoint
    let previous = end.segment > 0 ? (segment: end.segment, bytes: end.bytes) : nil
    (file, size) = try Self.begin(
      spool, segment, SegmentHeader(epoch: epoch, previous: previous), sequence)
  }

  private static func begin(
    _ spool: Spool, _ segment: Int, _ header: SegmentHeader, _ sequence: Int
  ) throws(JournalError) -> (any OpenFile, Int) {
    let line = JournalLine.encode(header.record, sequence: sequence)
    do throws(FileError) {
      try spool.files.create(spool.layout.segment(segment), line, durable: true)
      try spool.files.syncDirectory(spool.layout.journal)
      return (try spool.files.open(spool.layout.segment(segment), .update), line.count)
    } catch {
      // Somebody else's segment, of which nothing is touched (R7).
      if error.isOccupied { throw .taken(error) }
      try withdraw(spool, segment)
      throw .write(error)
    }
  }

  /// Removes a segment that was begun and is not used. It must not stay, since its header says how
  /// much of the older one counts, which goes on growing. Where it cannot be removed the watcher
  /// must end.
  private static func withdraw(_ spool: Spool, _ segment: Int) throws(JournalError) {
    do throws(FileError) {
      try spool.files.removeIfPresent(spool.layout.segment(segment))
    } catch {
      throw .sync(error)
    }
  }

  /// Adds a record. It counts once `commit` has returned.
  public func append(_ record: JSONObject) {
    sequence += 1
    lines += 1
    pending += JournalLine.encode(record, sequence: sequence)
  }

  /// The place up to which everything is committed.
  public var committed: WatcherRecord.Committed {
    WatcherRecord.Committed(segment: segment, bytes: size)
  }

  /// True where there is something to commit.
  public var isDirty: Bool { !pending.isEmpty }

  /// Writes and syncs the records that were added. After a failed write the segment is cut to its
  /// last good line, and the same lines are written at the next commit.
  public func commit() throws(JournalError) {
    guard !pending.isEmpty else { return }
    do throws(FileError) {
      try file.write(pending, at: size)
    } catch {
      try? file.truncate(to: size)
      throw .write(error)
    }
    do throws(FileError) {
      try file.sync()
    } catch {
      throw .sync(error)
    }
    size += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  /// Writes down a state that holds everything committed, after which older lines need no reading.
  /// It begins a new segment, writes the checkpoint, announces it, and removes what is older than
  /// the checkpoint before: that one and the lines since stay, so that a damaged checkpoint can be
  /// made again from them.
  public func checkpoint(
    _ state: JSON, announce: (Int) throws(FileError) -> Void
  ) throws(JournalError) {
    try commit()
    // A segment that holds nothing yet does as well, as where the checkpoint could not be written.
    if sequence != begun { try beginNext() }
    let contents: JSON = [
      "format": 2, "segment": .integer(segment), "sequence": .integer(begun - 1), "state": state,
    ]
    do throws(FileError) {
      try spool.files.replace(
        spool.layout.checkpoint(segment), SealedJSON.encode(contents) + [10], durable: true)
      try announce(segment)
    } catch {
      throw .write(error)
    }
    lines = 0
    guard saved != segment else { return }
    removeFiles(before: saved)
    saved = segment
  }

  private func beginNext() throws(JournalError) {
    let header = SegmentHeader(epoch: epoch, previous: (segment: segment, bytes: size))
    let next = try Self.begin(spool, segment + 1, header, sequence + 1)
    // Not before: a number that no line has would end the journal for every reader.
    sequence += 1
    begun = sequence
    segment += 1
    try? file.close()
    (file, size) = next
  }

  /// Removes segments and checkpoints that the new one made needless, and those that were begun. A
  /// file that cannot be removed now is removed next time.
  private func removeFiles(before least: Int) {
    guard let listing = try? spool.files.list(spool.layout.journal, fresh: false) else { return }
    for name in listing.names {
      let number =
        Layout.number(of: name, suffix: ".log")
        ?? Layout.number(of: name, suffix: ".checkpoint.json")
      guard let number, number < least else { continue }
      try? spool.files.remove("\(spool.layout.journal)/\(name)")
    }
  }

  /// Closes the segment. An error does not count, since everything that counts is synced.
  public func close() { try? file.close() }
}
