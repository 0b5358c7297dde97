public import SpoolModel
public import SpoolStore

/// The ends of the ledgers of tasks in work: what was judged since the last look.
public struct LedgerTails {
  private var offsets: [Name: Int] = [:]

  /// Makes tails of no ledger.
  public init() {}

  /// The tasks whose ledgers are followed.
  public var tasks: [Name] { offsets.keys.sorted() }

  /// Lines that a look reads, of all ledgers together. What is beyond waits for the next look.
  public static let mostLines = 5000
  /// Bytes that a ledger may be behind; what is before is passed over.
  public static let mostBehind = 64 << 20

  /// Begins to follow a ledger: from its end, or from its beginning for a task that has just come.
  private mutating func begin(_ task: Name, fromStart: Bool, _ spool: Spool) {
    guard offsets[task] == nil else { return }
    let size = fromStart ? 0 : ((try? spool.attributes(of: .ledger(task))) ?? nil)?.size ?? 0
    offsets[task] = size
  }

  /// Hands over the new lines of a ledger. Returns the number of them. A ledger that is shorter than it
  /// was is another's.
  public mutating func read(
    _ task: Name, _ spool: Spool, most: Int, _ body: (_ line: [UInt8]) -> Void
  ) throws(FileError) -> Int {
    guard var offset = offsets[task], let size = try spool.attributes(of: .ledger(task))?.size
    else {
      return 0
    }
    if size < offset { offset = 0 }
    guard size > offset, let ledger = try spool.openIfPresent(.ledger(task)) else { return 0 }
    defer { ledger.close() }
    var isCut = false
    if size - offset > Self.mostBehind {
      offset = size - Self.mostBehind
      isCut = true
    }
    var reader = ledger.lines(from: offset, to: size)
    var count = 0
    while count < most, let line = try reader.next(), line.next > line.offset + line.bytes.count {
      offset = line.next
      if isCut {
        isCut = false
        continue
      }
      body(line.bytes)
      count += 1
    }
    offsets[task] = offset
    return count
  }

  /// Follows these ledgers, and no others: of tasks in work, and of those whose pages have changed, since
  /// one that has just ended is read to its end. At the first look what the ledgers hold is passed over.
  public mutating func follow(
    inWork: [Name], changed: [Name], isFirst: Bool, _ spool: Spool
  ) {
    for task in inWork { begin(task, fromStart: !isFirst, spool) }
    if !isFirst { for task in changed { begin(task, fromStart: true, spool) } }
    keep(Set(inWork + changed))
  }

  /// Ends the following of all but these.
  private mutating func keep(_ tasks: Set<Name>) {
    offsets = offsets.filter { tasks.contains($0.key) }
  }
}
