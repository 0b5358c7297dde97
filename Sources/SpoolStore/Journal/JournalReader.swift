public import SpoolModel

/// The reason for which the journal cannot be read or written.
public enum JournalError: Error, CustomStringConvertible {
  /// A line is not as it was written.
  case damaged(segment: String, offset: Int)
  /// A segment ends at this byte, before lines that were committed.
  case short(segment: String, offset: Int)
  /// A segment that should be there is not.
  case missing(segment: String)
  /// A checkpoint is not as it was written, in words.
  case badCheckpoint(String)
  /// A record is of a type that this version does not know, or lacks something.
  case unknownRecord(type: String)
  /// A record contradicts those before it. The cause is the error of the one who applied it.
  case contradiction(any Error)
  /// A write failed. Nothing was lost, and it may be tried again.
  case write(FileError)
  /// `fsync` failed. The contents of the disk are unknown, and the watcher must end.
  case sync(FileError)
  /// Another watcher has begun the segment that was to be begun.
  case taken(FileError)

  /// The reason in words, with the place.
  public var description: String {
    switch self {
    case .damaged(let segment, let offset):
      "the journal is damaged: \(segment), byte \(offset): a line's checksum or number is wrong; "
        + Self.wayOut
    case .short(let segment, let offset):
      "the journal is damaged: \(segment) ends at byte \(offset), and more was committed; "
        + Self.wayOut
    case .missing(let segment): "the journal is damaged: it lacks \(segment); \(Self.wayOut)"
    case .badCheckpoint(let text): "the journal is damaged: \(text); \(Self.wayOut)"
    case .unknownRecord(let type):
      "the journal holds a record of the type \(type) that this version cannot read"
    case .contradiction(let cause): "the journal contradicts itself: \(cause); \(Self.wayOut)"
    case .write(let error), .sync(let error), .taken(let error): "\(error)"
    }
  }

  /// The way out of damage.
  private static let wayOut = "\"spool recover\" says what can be had back"

  /// True where the journal's bytes are not what was written, so that trying again is no help.
  public var isDamage: Bool {
    switch self {
    case .damaged, .short, .missing, .badCheckpoint, .contradiction: true
    case .unknownRecord, .write, .sync, .taken: false
    }
  }
}

extension FileError {
  /// Takes the filesystem's answer out of an error; nil where the error is about something else.
  public init?(from error: any Error) {
    switch error {
    case let error as FileError: self = error
    case JournalError.write(let error), JournalError.sync(let error), JournalError.taken(let error):
      self = error
    default: return nil
    }
  }
}

/// A reader of the journal: of the checkpoint, then of every line after it.
public struct JournalReader {
  /// Bytes of a line that is longer than any that is written.
  static let longestLine = 64 << 20

  let spool: Spool

  /// Makes a reader of a spool's journal.
  public init(_ spool: Spool) { self.spool = spool }

  /// The end of the journal, at which a new segment goes on.
  public struct End: Equatable, Sendable {
    /// The last segment that counts; 0 where there is none.
    public var segment = 0
    /// The good bytes of that segment.
    public var bytes = 0
    /// The highest number of a segment that is in use, good or not.
    public var highest = 0
    /// The segment that the last checkpoint belongs to; 0 where there is none.
    public var checkpoint = 0
    /// The sequence number of the last line.
    public var sequence = 0
    /// The number of lines after the checkpoint.
    public var lines = 0

    /// Makes the end of a journal that has no segment yet.
    public init() {}
  }

  /// Hands over the state of the checkpoint, if there is one, and then each record in order, with
  /// the form of the lines that its segment's writer gave to views. Returns the end of the journal.
  public func replay(
    checkpoint: (JSON) throws(JournalError) -> Void,
    record: (JSONObject, ViewFormat) throws(JournalError) -> Void
  ) throws(JournalError) -> End {
    var end = End()
    let found = try segments()
    end.highest = found.numbers.last ?? 0
    let (links, saved) = try chain(found)
    if let saved {
      end.sequence = saved.sequence
      end.checkpoint = saved.segment
      try checkpoint(saved.state)
    }
    for link in links {
      try replay(link, &end, record)
    }
    if let committed = found.committed, committed.segment == end.segment,
      end.bytes < committed.bytes
    {
      throw .short(segment: spool.layout.segment(end.segment), offset: end.bytes)
    }
    return end
  }

  struct Checkpoint {
    var segment: Int
    var sequence: Int
    var state: JSON
  }

  /// Reads the state before a segment; nil where it was not written down.
  func checkpoint(_ segment: Int) throws(JournalError) -> Checkpoint? {
    let path = spool.layout.checkpoint(segment)
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try spool.files.readIfPresent(path, limit: 1 << 30)
    } catch {
      throw .write(error)
    }
    guard let bytes else { return nil }
    let seal = SealedJSON.check(bytes)
    guard seal != .damaged, let json = try? JSON.parse(bytes),
      json["segment"]?.integer == segment, let format = json["format"]?.integer,
      seal == .intact ? format == 2 : format == 1,
      let sequence = json["sequence"]?.integer, let state = json["state"]
    else { throw .badCheckpoint("the checkpoint \(path) is not as it was written") }
    return Checkpoint(segment: segment, sequence: sequence, state: state)
  }

  /// The segments that a spool has.
  private struct Segments {
    /// Their numbers, ascending.
    var numbers: [Int]
    /// The number that the last one must at least have: that of the last checkpoint, or of the last
    /// segment that was announced. Both come after the segment's own first line.
    var least: Int
    /// The place up to which lines were committed, as far as the watcher could note it.
    var committed: WatcherRecord.Committed?
  }

  /// Finds the segments. A listing may omit entries, even all, and the last number may not be
  /// overlooked: it is looked for from the one that `watcher.json` names.
  private func segments() throws(JournalError) -> Segments {
    do throws(FileError) {
      let watcher = try WatcherRecord.read(spool)
      let known = min(watcher?.segment ?? 0, Self.highest)
      let names = try spool.files.list(spool.layout.journal, fresh: true).names
      var numbers = names.compactMap { Layout.number(of: $0, suffix: ".log") }.sorted()
      let checkpoints = names.compactMap { Layout.number(of: $0, suffix: ".checkpoint.json") }
      let least = max(known, checkpoints.max() ?? 0)
      var next = max((numbers.last ?? 0) + 1, known)
      var last = next + Self.longestGap
      while next <= last {
        if try spool.files.attributesIfPresent(spool.layout.segment(next)) != nil {
          numbers.append(next)
          last = next + Self.longestGap
        }
        next += 1
      }
      return Segments(numbers: numbers, least: least, committed: watcher?.committed)
    } catch {
      throw .write(error)
    }
  }

  /// The most numbers in a row that are in no use: one of a checkpoint that was not announced, and
  /// one that was given up.
  private static let longestGap = 2

  /// A number that no segment ever has: whatever a file says, the next number can be counted.
  private static let highest = 1 << 53

  /// A segment that counts, and the number of its bytes that do: nil for the last, of which all
  /// good lines count.
  private struct Link {
    var segment: Int
    var bytes: Int?
  }

  /// Returns the segments that count, from the last one backwards. Each names the one before it,
  /// down to one that has a checkpoint. Every other segment was left by a watcher that had been
  /// replaced (R7).
  private func chain(_ found: Segments) throws(JournalError) -> ([Link], Checkpoint?) {
    var candidates = found.numbers
    while let last = candidates.last, last > found.least, try header(last) == nil {
      candidates.removeLast()
    }
    guard var number = candidates.last else {
      guard found.least == 0 else { throw .missing(segment: spool.layout.segment(found.least)) }
      return ([], nil)
    }
    guard number >= found.least else {
      throw .missing(segment: spool.layout.segment(found.least))
    }
    var links: [Link] = []
    var bytes: Int?
    while true {
      links.insert(Link(segment: number, bytes: bytes), at: 0)
      guard let header = try header(number) else {
        throw try isPresent(number)
          ? .damaged(segment: spool.layout.segment(number), offset: 0)
          : .missing(segment: spool.layout.segment(number))
      }
      if let saved = try checkpoint(number) { return (links, saved) }
      guard let previous = header.previous else { return (links, nil) }
      number = previous.segment
      bytes = previous.bytes
    }
  }

  private func isPresent(_ number: Int) throws(JournalError) -> Bool {
    do throws(FileError) {
      return try spool.files.attributesIfPresent(spool.layout.segment(number)) != nil
    } catch {
      throw .write(error)
    }
  }

  /// Reads the header of a segment; nil where the segment is not there, or its header was not
  /// finished. A segment that cannot be read now is an error: passed over, all its lines would be
  /// lost.
  func header(_ number: Int) throws(JournalError) -> SegmentHeader? {
    let path = spool.layout.segment(number)
    guard let first = try firstLine(path) else { return nil }
    if let record = JournalLine.decode(first.bytes)?.record { return SegmentHeader(record) }
    guard first.isUnfinished else { throw .damaged(segment: path, offset: 0) }
    return nil
  }

  /// Returns the highest epoch that the first lines of segments name; 0 where none can be read.
  func lastEpoch() throws(FileError) -> Int {
    let names = try spool.files.list(spool.layout.journal, fresh: true).names
    let numbers = names.compactMap { Layout.number(of: $0, suffix: ".log") }
    return numbers.compactMap { (try? header($0))?.epoch }.max() ?? 0
  }

  /// Returns the first line of a segment; nil where there is none.
  private func firstLine(_ path: String) throws(JournalError) -> LineReader.Line? {
    do throws(FileError) {
      let file = try spool.files.open(path, .read)
      defer { try? file.close() }
      var reader = LineReader(file, from: 0, to: 64 << 10, longest: 64 << 10)
      return try reader.next()
    } catch {
      if error.isMissing { return nil }
      throw .write(error)
    }
  }

  private func replay(
    _ link: Link, _ end: inout End, _ body: (JSONObject, ViewFormat) throws(JournalError) -> Void
  ) throws(JournalError) {
    let path = spool.layout.segment(link.segment)
    let file: any OpenFile
    do throws(FileError) {
      file = try spool.files.open(path, .read)
    } catch {
      throw error.isMissing ? .missing(segment: path) : .write(error)
    }
    defer { try? file.close() }
    var reader = LineReader(
      file, from: 0, to: link.bytes ?? Int.max, longest: Self.longestLine)
    end.segment = link.segment
    end.bytes = 0
    var format = ViewFormat.plain
    while let line = try next(&reader) {
      guard let (sequence, record) = JournalLine.decode(line.bytes),
        sequence == end.sequence + 1 || (end.bytes == 0 && sequence > end.sequence)
      else {
        // The end of the last segment may be torn. A good line behind it says that it is not the
        // end.
        if link.bytes == nil, line.isUnfinished, try !findGoodLine(&reader, after: end.sequence) {
          return
        }
        throw .damaged(segment: path, offset: line.offset)
      }
      end.sequence = sequence
      end.bytes = line.next
      end.lines += 1
      if record["type"]?.string == "segment" {
        format = SegmentHeader(record)?.format ?? .plain
      } else {
        try body(record, format)
      }
    }
    if let bytes = link.bytes, end.bytes < bytes { throw .short(segment: path, offset: end.bytes) }
  }

  /// Reads on to a good line. Returns false where there is none up to the end.
  private func findGoodLine(
    _ reader: inout LineReader, after sequence: Int
  ) throws(JournalError) -> Bool {
    while let line = try next(&reader) {
      if let found = JournalLine.decode(line.bytes)?.sequence, found > sequence { return true }
    }
    return false
  }

  private func next(_ reader: inout LineReader) throws(JournalError) -> LineReader.Line? {
    do throws(FileError) {
      return try reader.next()
    } catch {
      throw .write(error)
    }
  }
}
