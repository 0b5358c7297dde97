internal import Glibc
internal import SpoolClient
internal import Synchronization

/// What the gateway has counted since it started.
final class Counters: Sendable {
  struct Values: Sendable {
    /// What the ledgers of tasks in work have told.
    var attempts = AttemptCounts()
    /// Requests answered, by the class of the status.
    var answers: [Int: Int] = [:]
    var answerTime = Histogram()
    /// Requests dropped into the spool, by kind.
    var dropped: [String: Int] = [:]
    /// Looks at the spool, and the time they took.
    var looks = 0
    var lookTime = 0.0
    /// Requests refused for their rate.
    var throttled = 0
  }

  private let values = Mutex(Values())
  private let writers = Mutex(0)

  /// Requests after which a number may come again, by which one of a millisecond is told from others.
  private static let mostWriters = 1_000_000

  var current: Values { values.withLock { $0 } }

  /// Returns a number for a request, which no other of this process has in the same millisecond.
  func nextWriter() -> Int {
    writers.withLock { writers in
      writers = (writers + 1) % Self.mostWriters
      return Int(getpid()) * Self.mostWriters + writers
    }
  }

  /// Changes the counts.
  func count(_ body: (inout Values) -> Void) { values.withLock { body(&$0) } }
}
