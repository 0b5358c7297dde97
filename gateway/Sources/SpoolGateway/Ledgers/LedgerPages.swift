internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Pages of a task's ledger: a ledger of any length is read from a cursor on, and never held.
struct LedgerPages {
  private let spool: Spool
  private let task: Name
  private let head: [UInt8]

  /// Bytes that one request reads; then it gives what it has, and a cursor.
  static let mostBytes = 96 << 20

  init(_ spool: Spool, _ task: Name) {
    self.spool = spool
    self.task = task
    head = Array(task.text.utf8)
  }

  /// A line that was asked for.
  struct Line {
    var head: LedgerHead
    var offset: Int
    var json: JSON
  }

  /// Returns lines from an offset on, and where the next page begins; nil for the end.
  func lines(
    from offset: Int, most: Int, where isWanted: (LedgerHead) -> Bool
  ) throws(FileError) -> (lines: [Line], next: Int?) {
    guard let ledger = try spool.openLedger(of: task) else { return ([], nil) }
    defer { ledger.close() }
    var reader = ledger.lines(from: offset)
    var lines: [Line] = []
    while let line = try reader.next() {
      if let read = wanted(line, isWanted) { lines.append(read) }
      if lines.count >= most || line.next - offset > Self.mostBytes {
        let isMore = try reader.next() != nil
        return (lines, isMore ? line.next : nil)
      }
    }
    return (lines, nil)
  }

  /// Returns all attempts of a job.
  func attempts(of job: Int, by index: LedgerIndex) throws(FileError) -> [Line] {
    guard let ledger = try spool.openLedger(of: task) else { return [] }
    defer { ledger.close() }
    var lines: [Line] = []
    for stretch in index.stretches(of: job) {
      var reader = ledger.lines(from: stretch.lowerBound, to: stretch.upperBound)
      while let line = try reader.next() {
        if let read = wanted(line, { $0.index == job }) { lines.append(read) }
      }
    }
    return lines
  }

  /// Returns the line at an offset; nil where none begins there.
  func line(at offset: Int) throws(FileError) -> Line? {
    guard let ledger = try spool.openLedger(of: task) else { return nil }
    defer { ledger.close() }
    var reader = ledger.lines(from: offset)
    return try reader.next().flatMap { wanted($0) { _ in true } }
  }

  private func wanted(_ line: LineReader.Line, _ isWanted: (LedgerHead) -> Bool) -> Line? {
    guard let head = LedgerHead(line.bytes, of: head), isWanted(head),
      let json = try? JSON.parse(line.bytes)
    else { return nil }
    return Line(head: head, offset: line.offset, json: json.unsealed)
  }
}

extension JSON {
  /// The value without the seal of the line or page that it stood in.
  var unsealed: JSON {
    guard var object else { return self }
    object["crc32"] = nil
    return .object(object)
  }
}
