internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// What is in a task's ledger, so that a question about one job reads a piece of it: which jobs each
/// piece is of, and the jobs whose last attempt failed. A ledger is read once, and then from where it
/// ended.
struct LedgerIndex: Sendable {
  /// The last attempt of a job that failed.
  struct Failure: Sendable {
    var offset: Int
    var cause: String
    /// True if the job failed for good.
    var isLast: Bool
  }

  /// A stretch of lines. Jobs end roughly in the order of their numbers, so few pieces hold a number.
  private struct Piece: Sendable {
    var offset: Int
    var end: Int
    var lowest: Int
    var highest: Int
  }

  /// The failures, by the job's number.
  private(set) var failures: [Int: Failure] = [:]
  /// True where more jobs failed than are kept.
  private(set) var isCut = false
  private var pieces: [Piece] = []
  private var offset = 0

  /// Failures that are kept.
  static let most = 200_000
  /// Bytes of a piece.
  static let pieceSize = 64 << 10

  /// Reads what the ledger has got since the last time. A ledger that is shorter is another's.
  mutating func update(_ task: Name, _ spool: Spool) throws(FileError) {
    guard let ledger = try spool.openLedger(of: task) else {
      self = LedgerIndex()
      return
    }
    defer { ledger.close() }
    let size = try ledger.size()
    if size < offset { self = LedgerIndex() }
    guard size > offset else { return }
    let name = Array(task.text.utf8)
    var reader = ledger.lines(from: offset, to: size)
    var isWhole = true
    while isWhole,
      try reader.read({ bytes, offset, next in
        isWhole = next > offset + bytes.count
        if isWhole { note(LedgerHead(bytes, of: name), at: offset, next: next) }
      })
    {}
  }

  private mutating func note(_ head: LedgerHead?, at start: Int, next: Int) {
    offset = next
    guard let head else { return }
    extend(by: head.index, start, next)
    if !head.isFailure {
      if !failures.isEmpty { failures[head.index] = nil }
    } else if failures.count < Self.most || failures[head.index] != nil {
      failures[head.index] = Failure(offset: start, cause: head.outcome, isLast: head.isLast)
    } else {
      isCut = true
    }
  }

  private mutating func extend(by index: Int, _ start: Int, _ next: Int) {
    if let last = pieces.last, next - last.offset <= Self.pieceSize {
      pieces[pieces.count - 1].end = next
      pieces[pieces.count - 1].lowest = min(last.lowest, index)
      pieces[pieces.count - 1].highest = max(last.highest, index)
    } else {
      pieces.append(Piece(offset: start, end: next, lowest: index, highest: index))
    }
  }

  /// Returns the stretches of bytes that may hold lines of a job, in their order.
  func stretches(of index: Int) -> [Range<Int>] {
    pieces.filter { ($0.lowest...$0.highest).contains(index) }.map { $0.offset..<$0.end }
  }
}

/// The indexes of the ledgers that were asked for last.
final class LedgerIndexes: Sendable {
  /// The index of one ledger. Of several that ask for it at once, one reads.
  private final class Entry: Sendable {
    let index = Mutex(LedgerIndex())
  }

  private struct State {
    var entries: [Name: Entry] = [:]
    /// The names, the last used last.
    var order: [Name] = []
  }

  private let state = Mutex(State())

  /// Tasks that are kept.
  private static let most = 8

  /// Returns the index of a task's ledger as it is now.
  func index(_ task: Name, _ spool: Spool) throws(FileError) -> LedgerIndex {
    let entry = entry(of: task)
    return try entry.index.withLock { index throws(FileError) in
      try index.update(task, spool)
      return index
    }
  }

  private func entry(of task: Name) -> Entry {
    state.withLock { state in
      state.order.removeAll { $0 == task }
      state.order.append(task)
      let entry = state.entries[task] ?? Entry()
      state.entries[task] = entry
      if state.order.count > Self.most { state.entries[state.order.removeFirst()] = nil }
      return entry
    }
  }
}
