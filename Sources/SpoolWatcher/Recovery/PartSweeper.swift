internal import HeapModule
internal import SpoolModel
internal import SpoolStore

/// Removes the parts that discarded attempts may have left, after the grace period in which their
/// pilots may yet write (R3, R6). In come the parts with their times; out go `swept` records.
final class PartSweeper: Stage {
  /// A part with the time of its removal. The earliest comes first.
  private struct Part: Comparable {
    var due: Instant
    var path: String

    static func < (left: Part, right: Part) -> Bool {
      (left.due, left.path) < (right.due, right.path)
    }
  }

  private let spool: Spool
  private var parts = Heap<Part>()

  /// The largest number of parts that are removed in one turn.
  static let mostPerTurn = 1000
  /// The time until the watcher tries again to remove a part.
  static let again = Duration.seconds(60)

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Takes the parts that the journal knows, after a restart.
  func resume(_ turn: Turn) { for (path, due) in turn.state.litter { add(path, due: due, turn) } }

  /// Takes a part that is to be removed at a time.
  func add(_ path: String, due: Timestamp, _ turn: Turn) {
    parts.insert(Part(due: turn.instant(of: due, atMost: spool.config.partGrace), path: path))
  }

  func nextDue(_ turn: Turn) -> Instant? { parts.min?.due }

  /// Removes the parts whose time has come. Returns true if there were any.
  func run(_ turn: Turn) throws -> Bool {
    let now = turn.now
    guard let next = nextDue(turn), next <= now else { return false }
    try turn.checkLeaseOnce()
    var paths: Set<String> = []
    while paths.count < Self.mostPerTurn, let part = parts.min, part.due <= now {
      _ = parts.popMin()
      if turn.state.litter[part.path] != nil { paths.insert(part.path) }
    }
    let sorted = paths.sorted()
    let budget = turn.budget()
    let spool = spool
    let answers = spool.each(sorted, until: { _ in budget.isOver }) { path in
      Result { () throws(FileError) in try spool.discardPart(path) }
    }
    var swept: [String] = []
    for (path, answer) in zip(sorted, answers) {
      switch answer {
      case .success(true): swept.append(path)
      // A large directory takes several turns.
      case .success(false): parts.insert(Part(due: now, path: path))
      case .failure(let error):
        // A directory that refuses must not hold up the other parts.
        turn.note(error)
        parts.insert(Part(due: now + Self.again, path: path))
      }
    }
    for path in sorted.dropFirst(answers.count) { parts.insert(Part(due: now, path: path)) }
    if !swept.isEmpty { turn.record(.swept(swept)) }
    return true
  }
}
