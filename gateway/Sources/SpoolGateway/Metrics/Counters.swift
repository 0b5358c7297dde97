internal import Synchronization

/// What the gateway has counted since it started.
final class Counters: Sendable {
  struct Values: Sendable {
    /// Attempts that ended, by their verdict.
    var attempts: [String: Int] = [:]
    /// The time that payloads ran.
    var run = Histogram()
    /// The time from the end of a payload to the watcher's verdict, of attempts that failed.
    var verdict = Histogram()
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

  var current: Values { values.withLock { $0 } }

  /// Changes the counts.
  func count(_ body: (inout Values) -> Void) { values.withLock { body(&$0) } }
}
