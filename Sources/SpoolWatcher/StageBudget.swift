internal import SpoolModel
internal import SpoolStore

/// The time that a stage may spend on files in a turn. On a slow mount it ends before the limit of
/// a turn's work does. A stage does at least one piece of its work, asks after each piece, leaves
/// the rest for the next turn, and wants that turn at once.
struct StageBudget: Sendable {
  private let time: any TimeSource
  /// Nil for a stage that may take as long as it needs, as at the watcher's end.
  private let end: Instant?

  /// The time that a stage has in a turn. Few stages are busy in one turn, so it takes less than a
  /// second.
  static let usual = Duration.milliseconds(200)
  /// The time that a stage has in a turn that answered a request, so that people see the answer
  /// soon.
  static let hurried = Duration.milliseconds(20)

  init(_ time: any TimeSource, _ duration: Duration?) {
    self.time = time
    end = duration.map { time.instant + $0 }
  }

  /// True once the time is over.
  var isOver: Bool { end.map { time.instant >= $0 } ?? false }
}

extension Array where Element: Comparable {
  /// Returns sorted elements in the order that begins after `last`, so that a stage that ran out of
  /// time goes on where it was, and what fails slowly holds up nothing else for long.
  func rotated(after last: Element?) -> [Element] {
    guard let last, let start = firstIndex(where: { $0 > last }) else { return self }
    return Array(self[start...] + self[..<start])
  }
}
