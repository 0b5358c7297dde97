public import SpoolModel

/// What can still be read of a damaged journal. It reads, and changes nothing.
///
/// It begins with the newest checkpoint that is as it was written; the one before the last is kept
/// for this. Then comes every good line after it, in order. Whatever is not as it was written is
/// named, with its place.
public struct JournalSalvage {
  /// A damaged place.
  public struct Damage: Sendable, Equatable {
    /// The file, relative to the spool, and the byte.
    public var place: String
    /// The damage in words.
    public var message: String
  }

  /// A record that can be read.
  public struct Line: Sendable {
    /// The record.
    public var record: JSONObject
    /// The form of the lines that it adds to views.
    public var format: ViewFormat
    /// Its place: the file, relative to the spool, and the byte.
    public var place: String
  }

  /// The damage, in the order in which it was found.
  public private(set) var damages: [Damage] = []
  /// The state of the newest good checkpoint; nil where there is none.
  public private(set) var checkpoint: JSON?
  /// The good lines after that checkpoint.
  public private(set) var lines: [Line] = []
  /// The end of the journal, for the segment that is to follow.
  public private(set) var end = JournalReader.End()
  /// The names of files in `journal/` that are damaged.
  private var damagedFiles: Set<String> = []

  private let spool: Spool

  /// Reads the journal of a spool. Throws if a file cannot be read now.
  public init(_ spool: Spool) throws(JournalError) {
    self.spool = spool
    let names: [String]
    let committed: WatcherRecord.Committed?
    do throws(FileError) {
      names = try spool.files.list(spool.layout.journal, fresh: true).names
      committed = try WatcherRecord.read(spool)?.committed
    } catch {
      throw .write(error)
    }
    let checkpoints = names.compactMap { Layout.number(of: $0, suffix: ".checkpoint.json") }
    let segments = names.compactMap { Layout.number(of: $0, suffix: ".log") }.sorted()
    end.highest = max(segments.last ?? 0, checkpoints.max() ?? 0)
    let first = try readCheckpoint(among: checkpoints.sorted(by: >))
    var counted = segments.filter { $0 >= first }
    if counted.isEmpty, first > 0 {
      note(spool.layout.segment(first), "is not there")
    }
    counted = try chain(counted)
    for number in counted { try read(number, isLast: number == counted.last) }
    if let committed, committed.segment == end.segment, end.bytes < committed.bytes {
      note(
        spool.layout.segment(end.segment),
        "ends at byte \(end.bytes); \(committed.bytes) bytes were committed")
    }
  }

  /// Finds the newest good checkpoint. Returns its segment's number; 0 where there is none.
  private mutating func readCheckpoint(among numbers: [Int]) throws(JournalError) -> Int {
    for number in numbers {
      do throws(JournalError) {
        guard let saved = try JournalReader(spool).checkpoint(number) else { continue }
        checkpoint = saved.state
        end.sequence = saved.sequence
        return number
      } catch {
        guard case .badCheckpoint = error else { throw error }
        note(spool.layout.checkpoint(number), "is not as it was written")
      }
    }
    return 0
  }

  /// The segments that count, and for each the number of its bytes that do (R7).
  private var limits: [Int: Int] = [:]

  /// Returns the segments that count: from the last one back, each names the one before. A segment
  /// whose first line is damaged is taken to follow the one before it.
  private mutating func chain(_ numbers: [Int]) throws(JournalError) -> [Int] {
    var chain: [Int] = []
    var next = numbers.last
    while let number = next {
      chain.insert(number, at: 0)
      let before = numbers.last { $0 < number }
      do throws(JournalError) {
        guard let header = try JournalReader(spool).header(number) else {
          next = before
          if chain.count > 1 { note(spool.layout.segment(number), "its first line is not whole") }
          continue
        }
        guard let previous = header.previous else { break }
        limits[previous.segment] = previous.bytes
        next = numbers.contains(previous.segment) ? previous.segment : nil
        if next == nil, checkpoint == nil {
          note(spool.layout.segment(previous.segment), "is not there")
        }
      } catch {
        guard error.isDamage else { throw error }
        next = before
      }
    }
    return chain
  }

  private mutating func read(_ number: Int, isLast: Bool) throws(JournalError) {
    let path = spool.layout.segment(number)
    do throws(FileError) {
      let file = try spool.files.open(path, .read)
      defer { try? file.close() }
      var reader = LineReader(
        file, from: 0, to: limits[number] ?? .max, longest: JournalReader.longestLine)
      var format = ViewFormat.placed
      end.segment = number
      end.bytes = 0
      while let line = try reader.next() {
        guard let (sequence, record) = JournalLine.decode(line.bytes), sequence > end.sequence
        else {
          if isLast, line.isUnfinished { continue }
          note(path, "byte \(line.offset): a line is not as it was written", isWhole: false)
          continue
        }
        end.sequence = sequence
        end.bytes = line.next
        if record["type"]?.string == "segment" {
          format = SegmentHeader(record)?.format ?? .sealed
        } else {
          lines.append(
            Line(
              record: record, format: format, place: "\(spool.relative(path)), byte \(line.offset)")
          )
        }
      }
    } catch {
      guard error.isMissing else { throw .write(error) }
      note(path, "is not there")
    }
  }

  private mutating func note(_ path: String, _ message: String, isWhole: Bool = true) {
    damagedFiles.insert(String(path.dropFirst(spool.layout.journal.utf8.count + 1)))
    damages.append(Damage(place: spool.relative(path), message: message))
  }

  /// Sets the damaged files aside, into `journal/aside/`: nothing that cannot be read is thrown
  /// away. Returns their new places. Call it once the state is written down anew.
  public func setAside() throws(FileError) -> [String] {
    let directory = spool.layout.journal + "/aside"
    var places: [String] = []
    for name in damagedFiles.sorted() {
      let path = "\(spool.layout.journal)/\(name)"
      guard spool.files.isPresent(path) else { continue }
      try spool.files.ensureDirectory(directory)
      var target = "\(directory)/\(name)"
      var number = 1
      while spool.files.isPresent(target) {
        number += 1
        target = "\(directory)/\(name).\(number)"
      }
      try spool.files.renameExclusively(path, to: target)
      places.append(spool.relative(target))
    }
    return places
  }
}
