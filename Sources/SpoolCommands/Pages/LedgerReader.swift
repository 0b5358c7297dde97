internal import SpoolModel
internal import SpoolStore

/// The ledger of a task, read a line at a time; of a packed task, from the archive.
struct LedgerReader {
  let spool: Spool
  let task: Name

  /// Bytes of the longest line.
  private static let longestLine = 64 << 20

  /// Hands over every attempt, in the order in which the watcher judged them; each also as it was
  /// written, with keys that this version does not know.
  func each(_ body: (LedgerLine, JSON) throws -> Void) throws {
    let places = [spool.layout.ledger(task)] + spool.archivePlaces(task, .ledger)
    guard let path = places.first(where: spool.files.isPresent) else { return }
    let file = try spool.files.open(path, .read)
    defer { try? file.close() }
    var reader = LineReader(file, from: 0, to: Int.max, longest: Self.longestLine)
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), let attempt = LedgerLine(json) else { continue }
      try body(attempt, json)
    }
  }
}
