public import SpoolModel

/// The journal cannot be read or written.
public enum JournalError: Error, CustomStringConvertible {
  /// It holds a line that is not what was written, before its end.
  case damaged(segment: String, offset: Int)
  /// A segment that should be there is not.
  case missing(segment: String)
  case badCheckpoint(String)
  /// A record contradicts those before it.
  case impossible(String)
  /// A write failed; nothing was lost, and it may be tried again.
  case write(FileError)
  /// `fsync` failed: what is on the disk is unknown, and the watcher must end.
  case sync(FileError)
  /// Another watcher has begun the segment that was to be begun.
  case taken(FileError)

  public var description: String {
    switch self {
    case .damaged(let segment, let offset):
      "the journal is damaged: \(segment), byte \(offset): a line's checksum or number is wrong"
    case .missing(let segment): "the journal lacks \(segment)"
    case .badCheckpoint(let text): "the journal's checkpoint cannot be read: \(text)"
    case .impossible(let text): "the journal contradicts itself: \(text)"
    case .write(let error), .sync(let error), .taken(let error): "\(error)"
    }
  }
}

extension FileError {
  /// What the filesystem answered, where that is what an error is about.
  public init?(from error: any Error) {
    switch error {
    case let error as FileError: self = error
    case JournalError.write(let error), JournalError.sync(let error), JournalError.taken(let error):
      self = error
    default: return nil
    }
  }
}

/// Reads the journal: the checkpoint, then every line after it.
public struct JournalReader {
  /// Longer than any line that is written.
  static let longestLine = 64 << 20

  let spool: Spool

  public init(_ spool: Spool) { self.spool = spool }

  /// Where the journal ends, and so where a new segment goes on.
  public struct End: Equatable, Sendable {
    /// The last segment that counts, 0 where there is none, and its good bytes.
    public var segment = 0
    public var bytes = 0
    /// The highest number that is in use, good or not.
    public var highest = 0
    /// The last line's sequence number.
    public var sequence = 0
    /// Lines after the checkpoint.
    public var lines = 0
  }

  /// Hands over the checkpointed state, if there is one, and then each record in order.
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

  /// The state before a segment, where it was written down.
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

  /// The numbers that are in use. A listing may omit entries, even all; of these, the last may not be
  /// overlooked: so it is looked for from where `watcher.json` says that there was one.
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

  /// How many numbers after one may be in no use: of a checkpoint that was not announced, and of one
  /// that was given up.
  private static let longestGap = 2

  /// A segment that counts, and how much of it: all that is good where it is the last.
  private struct Link {
    var segment: Int
    var bytes: Int?
  }

  /// The segments that count, found from the last one backwards, each naming the one before it, down
  /// to one whose beginning was written down as a checkpoint. What else lies there a watcher left
  /// that had been replaced (R7).
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

  /// Nil where the segment is not there, or was begun and its header not finished. One that cannot
  /// be read now is an error: passed over, all that it holds would be lost.
  private func header(_ number: Int) throws(JournalError) -> SegmentHeader? {
    let path = spool.layout.segment(number)
    guard let (first, hasMore) = try beginning(path) else { return nil }
    if let record = JournalLine.decode(first)?.record { return SegmentHeader(record) }
    // Begun and not finished there is nothing behind it; else it is damaged.
    guard !hasMore else { throw .damaged(segment: path, offset: 0) }
    return nil
  }

  /// The first line of a segment, and whether there is another; nil where there is none at all.
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
        // The end of the last segment may be torn; a good line behind it says that it is not the end.
        if link.bytes == nil, try !hasGoodLine(&reader, after: end.sequence) { return }
        throw .damaged(segment: path, offset: line.offset)
      }
      end.sequence = sequence
      end.bytes = line.next
      end.lines += 1
      if record["type"]?.string != "segment" { try body(record) }
    }
  }

  private func hasGoodLine(
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
