internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The history of the time before the gateway started, from the ends of the ledgers that were written to
/// in that time. What is before that end of a long ledger is not counted.
struct HistorySeed {
  private let spool: Spool
  private let now: Timestamp

  /// Tasks whose ledgers are read, the newest, and bytes of each.
  private static let mostTasks = 64
  private static let mostBytes = 2 << 20

  private static let endedKey = Array(#""ended":"#.utf8)
  private static let registeredKey = Array(#""registered":"#.utf8)

  init(_ spool: Spool, at now: Timestamp) {
    self.spool = spool
    self.now = now
  }

  /// Adds what the ledgers of these tasks say.
  func fill(_ history: inout History, _ tasks: some Sequence<TaskRow>) throws(FileError) {
    let first = now + .seconds(-60 * History.most)
    for row in tasks.filter({ !$0.isChain }).prefix(Self.mostTasks) {
      guard let seen = try spool.attributes(of: .ledger(row.name)), seen.modifiedAt > first,
        let ledger = try spool.openIfPresent(.ledger(row.name))
      else { continue }
      defer { ledger.close() }
      var reader = ledger.lines(from: max(0, seen.size - Self.mostBytes), to: seen.size)
      let name = Array(row.name.text.utf8)
      while let line = try reader.next() {
        guard let head = LedgerHead(line.bytes, of: name), head.isLast else { continue }
        let key = head.isFailure ? Self.registeredKey : Self.endedKey
        guard let time = LineNumbers.value(key, in: line.bytes), time > first.milliseconds,
          time <= now.milliseconds
        else { continue }
        history.addEarlier(
          done: head.isFailure ? 0 : 1, failed: head.isFailure ? 1 : 0,
          at: Timestamp(milliseconds: time))
      }
    }
  }
}
