internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The jobs of a task whose last attempt failed, by their number. A ledger is read once, and then from
/// where it ended.
struct FailureIndex: Sendable {
  /// The last attempt of a job.
  struct Entry: Sendable {
    var offset: Int
    var cause: String
    /// True if the job failed for good.
    var isLast: Bool
  }

  private(set) var entries: [Int: Entry] = [:]
  /// True where more jobs failed than are kept.
  private(set) var isCut = false
  private var offset = 0

  /// Jobs that are kept.
  static let most = 200_000

  /// Reads what the ledger has got since the last time. A ledger that is shorter is another's.
  mutating func update(_ task: Name, _ spool: Spool) throws(FileError) {
    guard let ledger = try spool.openLedger(of: task) else {
      self = FailureIndex()
      return
    }
    defer { ledger.close() }
    let size = try ledger.size()
    if size < offset { self = FailureIndex() }
    guard size > offset else { return }
    let name = Array(task.text.utf8)
    var reader = ledger.lines(from: offset, to: size)
    while let line = try reader.next(), line.next > line.offset + line.bytes.count {
      offset = line.next
      guard let head = LedgerHead(line.bytes, of: name) else { continue }
      if !head.isFailure {
        if !entries.isEmpty { entries[head.index] = nil }
      } else if entries.count < Self.most || entries[head.index] != nil {
        entries[head.index] = Entry(offset: line.offset, cause: head.outcome, isLast: head.isLast)
      } else {
        isCut = true
      }
    }
  }
}

/// The failures of the tasks that were asked for last.
final class FailureIndexes: Sendable {
  private struct State {
    var indexes: [Name: FailureIndex] = [:]
    /// The names, the last used last.
    var order: [Name] = []
  }

  private let state = Mutex(State())

  /// Tasks that are kept.
  private static let most = 8

  /// Returns the failures of a task, as its ledger has them now.
  func index(_ task: Name, _ spool: Spool) throws(FileError) -> FailureIndex {
    var index = state.withLock { $0.indexes[task] } ?? FailureIndex()
    try index.update(task, spool)
    let updated = index
    state.withLock { state in
      state.order.removeAll { $0 == task }
      state.order.append(task)
      state.indexes[task] = updated
      if state.order.count > Self.most { state.indexes[state.order.removeFirst()] = nil }
    }
    return index
  }
}
