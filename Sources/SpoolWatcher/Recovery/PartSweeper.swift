internal import HeapModule
internal import SpoolModel
internal import SpoolStore

/// Removes parts that discarded attempts may have left, after the grace period in which their pilots
/// may yet write (R3). In come the parts with their times; out go `swept` records.
final class PartSweeper: Stage {
  private struct Part: Comparable {
    var due: Instant
    var path: String

    static func < (left: Part, right: Part) -> Bool {
      (left.due, left.path) < (right.due, right.path)
    }
  }

  private let spool: Spool
  private let turn: Turn
  private var parts = Heap<Part>()

  /// Parts that are removed in one turn.
  static let mostPerTurn = 1000
  /// Time until a part that could not be removed is tried again.
  static let again = Duration.seconds(60)

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  /// Takes up the parts that the journal knows of, after a restart.
  func resume() { for (path, due) in turn.state.litter { add(path, due: due) } }

  func add(_ path: String, due: Timestamp) {
    parts.insert(Part(due: turn.instant(of: due, atMost: spool.config.partGrace), path: path))
  }

  var nextDue: Instant? { parts.min?.due }

  /// Removes the parts whose time has come. Returns whether there were any.
  func run() throws -> Bool {
    let now = turn.now
    guard let next = nextDue, next <= now else { return false }
    try turn.checkLeaseOnce()
    var paths: Set<String> = []
    while paths.count < Self.mostPerTurn, let part = parts.min, part.due <= now {
      _ = parts.popMin()
      if turn.state.litter[part.path] != nil { paths.insert(part.path) }
    }
    var swept: [String] = []
    for path in paths.sorted() {
      do throws(FileError) {
        try spool.discardPart(path)
        swept.append(path)
      } catch {
        // One directory that refuses must not hold up the rest.
        turn.note(error)
        parts.insert(Part(due: now + Self.again, path: path))
      }
    }
    if !swept.isEmpty { turn.record(.swept(swept)) }
    return true
  }
}
