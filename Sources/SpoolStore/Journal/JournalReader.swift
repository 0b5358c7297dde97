public import SpoolModel

/// The reason for which the journal cannot be read or written.
public enum JournalError: Error, CustomStringConvertible {
  /// A line before the journal's end is not as it was written.
  case damaged(segment: String, offset: Int)
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
      "the journal is damaged: \(segment), byte \(offset): a line's checksum or number is wrong"
    case .missing(let segment): "the journal lacks \(segment)"
    case .badCheckpoint(let text): "the journal's checkpoint cannot be read: \(text)"
    case .unknownRecord(let type):
      "the journal holds a record of the type \(type) that this version cannot read"
    case .contradiction(let cause): "the journal contradicts itself: \(cause)"
    case .write(let error), .sync(let error), .taken(let error): "\(error)"
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
    /// The sequence number of the last line.
    public var sequence = 0
    /// The number of lines after the checkpoint.
    public var lines = 0
  }

  /// Hands over the state of the checkpoint, if there is one, and then each record in order.
  /// Returns the end of the journal.
  public func replay(
    checkpoint: (JSON) throws(JournalError) -> Void,
    record: (JSONObject) throws(JournalError) -> Void
  ) throws(JournalError) -> End {
    var end = End()
    let numbers = try segments()
    end.highest = numbers.last ?? 0
    let (links, saved) = try chain(numbers)
    if let saved {
      end.sequence = saved.sequence
      try checkpoint(saved.state)
    }
    for link in links {
      try replay(link, &end, record)
    }
    return end
  }

  private struct Checkpoint {
    var sequence: Int
    var state: JSON
  }

  /// Reads the state before a segment; nil where it was not written down.
  private func checkpoint(_ segment: Int) throws(JournalError) -> Checkpoint? {
    let path = spool.layout.checkpoint(segment)
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try spool.files.readIfPresent(path, limit: 1 << 30)
    } catch {
      throw .write(error)
    }
    guard let bytes else { return nil }
    guard let json = try? JSON.parse(bytes), json["segment"]?.integer == segment,
      let sequence = json["sequence"]?.integer, let state = json["state"]
    else { throw .badCheckpoint("\(path) is not what a watcher writes") }
    return Checkpoint(sequence: sequence, state: state)
  }

  /// Returns the numbers that are in use. A listing may omit entries, even all, and the last number
  /// may not be overlooked: it is looked for from the one that `watcher.json` names.
  private func segments() throws(JournalError) -> [Int] {
    let known: Int
    var numbers: [Int]
    do throws(FileError) {
      known = try WatcherRecord.read(spool)?.segment ?? 0
      numbers = try spool.files.list(spool.layout.journal, fresh: true).names
        .compactMap { $0.hasSuffix(".log") ? Int($0.dropLast(4)) : nil }.sorted()
      var next = max((numbers.last ?? 0) + 1, known)
      var last = next + Self.longestGap
      while next <= last {
        if try spool.files.attributesIfPresent(spool.layout.segment(next)) != nil {
          numbers.append(next)
          last = next + Self.longestGap
        }
        next += 1
      }
    } catch {
      throw .write(error)
    }
    guard numbers.last ?? 0 >= known else {
      throw .missing(segment: spool.layout.segment(known))
    }
    return numbers
  }

  /// The most numbers in a row that are in no use: one of a checkpoint that was not announced, and
  /// one that was given up.
  private static let longestGap = 2

  /// A segment that counts, and the number of its bytes that do: nil for the last, of which all
  /// good lines count.
  private struct Link {
    var segment: Int
    var bytes: Int?
  }

  /// Returns the segments that count, from the last one backwards. Each names the one before it,
  /// down to one that has a checkpoint. Every other segment was left by a watcher that had been
  /// replaced (R7).
  private func chain(_ numbers: [Int]) throws(JournalError) -> ([Link], Checkpoint?) {
    var candidates = numbers
    while let last = candidates.last, try header(last) == nil { candidates.removeLast() }
    guard var number = candidates.last else { return ([], nil) }
    var links: [Link] = []
    var bytes: Int?
    while true {
      links.insert(Link(segment: number, bytes: bytes), at: 0)
      guard let header = try header(number) else {
        throw .missing(segment: spool.layout.segment(number))
      }
      if let saved = try checkpoint(number) { return (links, saved) }
      guard let previous = header.previous else { return (links, nil) }
      number = previous.segment
      bytes = previous.bytes
    }
  }

  /// Reads the header of a segment; nil where the segment is not there, or its header was not
  /// finished. A segment that cannot be read now is an error: passed over, all its lines would be
  /// lost.
  private func header(_ number: Int) throws(JournalError) -> SegmentHeader? {
    let path = spool.layout.segment(number)
    guard let (first, hasMore) = try beginning(path) else { return nil }
    if let record = JournalLine.decode(first)?.record { return SegmentHeader(record) }
    // Nothing follows a header that was not finished. Else it is damaged.
    guard !hasMore else { throw .damaged(segment: path, offset: 0) }
    return nil
  }

  /// Returns the first line of a segment, and true where another follows; nil where there is no
  /// line.
  private func beginning(_ path: String) throws(JournalError) -> (first: [UInt8], hasMore: Bool)? {
    do throws(FileError) {
      let file = try spool.files.open(path, .read)
      defer { try? file.close() }
      var reader = LineReader(file, from: 0, to: 64 << 10, longest: 64 << 10)
      guard let first = try reader.next() else { return nil }
      return (first.bytes, try reader.next() != nil)
    } catch {
      if error.isMissing { return nil }
      throw .write(error)
    }
  }

  private func replay(
    _ link: Link, _ end: inout End, _ body: (JSONObject) throws(JournalError) -> Void
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
    while let line = try next(&reader) {
      guard let (sequence, record) = JournalLine.decode(line.bytes),
        sequence == end.sequence + 1 || (end.bytes == 0 && sequence > end.sequence)
      else {
        // The end of the last segment may be torn. A good line behind it says that it is not the
        // end.
        if link.bytes == nil, try !findGoodLine(&reader, after: end.sequence) { return }
        throw .damaged(segment: path, offset: line.offset)
      }
      end.sequence = sequence
      end.bytes = line.next
      end.lines += 1
      if record["type"]?.string != "segment" { try body(record) }
    }
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
