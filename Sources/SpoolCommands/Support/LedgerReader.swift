internal import SpoolModel
internal import SpoolStore

/// Reads a task's ledger, a line at a time.
struct LedgerReader {
  let spool: Spool
  let task: Name

  /// Hands over every attempt, in the order in which they ended.
  func each(_ body: (JSON) throws -> Void) throws {
    let places = [spool.layout.ledger(task)] + spool.archivePlaces(task, .ledger)
    guard let path = places.first(where: spool.files.isPresent) else { return }
    let file = try spool.files.open(path, .read)
    defer { try? file.close() }
    var reader = LineReader(file, from: 0, to: Int.max, longest: 64 << 20)
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), json["job"] != nil else { continue }
      try body(json)
    }
  }
}
