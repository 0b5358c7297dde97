internal import SpoolModel
internal import SpoolStore

/// The ledger of a task, read a line at a time; of a packed task, from the archive.
struct LedgerReader {
  let spool: Spool
  let task: Name

  /// Hands over every attempt, in the order in which the watcher judged them; each also as it was
  /// written, with keys that this version does not know.
  func each(_ body: (LedgerLine, JSON) throws -> Void) throws {
    guard let ledger = try spool.openLedger(of: task) else { return }
    defer { ledger.close() }
    var reader = ledger.lines()
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), let attempt = LedgerLine(json) else { continue }
      try body(attempt, json)
    }
  }
}
