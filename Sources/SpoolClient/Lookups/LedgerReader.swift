public import SpoolModel
public import SpoolStore

/// The ledger of a task, read a line at a time; of a packed task, from the archive.
public struct LedgerReader {
  private let spool: Spool
  private let task: Name

  /// Makes the reader of a task.
  public init(spool: Spool, task: Name) {
    self.spool = spool
    self.task = task
  }

  /// Hands over every attempt, in the order in which the watcher judged them; each also as it was
  /// written, with keys that this version does not know.
  public func each(_ body: (LedgerLine, JSON) throws -> Void) throws {
    guard let ledger = try spool.openLedger(of: task) else { return }
    defer { ledger.close() }
    var reader = ledger.lines()
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), let attempt = LedgerLine(json) else { continue }
      try body(attempt, json)
    }
  }
}
