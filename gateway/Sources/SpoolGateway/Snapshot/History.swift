internal import SpoolModel

/// The jobs that ended in the last hours, counted by the minute.
struct History: Sendable {
  /// A minute.
  private struct Minute: Sendable {
    /// Minutes since 1970.
    var number: Int
    var done = 0
    var failed = 0
  }

  private var minutes: [Minute] = []
  /// The jobs that ended well in the last seconds, by the second.
  private var seconds: [(second: Int, done: Int)] = []

  /// Minutes that are kept.
  static let most = 360
  /// Seconds over which the rate is taken.
  private static let span = 30

  /// Counts jobs that ended.
  mutating func add(done: Int, failed: Int, at time: Timestamp) {
    guard done > 0 || failed > 0 else { return }
    let second = time.milliseconds / 1000
    seconds.removeAll { $0.second < second - Self.span }
    if seconds.last?.second == second {
      seconds[seconds.count - 1].done += done
    } else {
      seconds.append((second, done))
    }
    count(done: done, failed: failed, minute: second / 60)
  }

  /// Counts jobs that ended in an earlier minute.
  mutating func addEarlier(done: Int, failed: Int, at time: Timestamp) {
    count(done: done, failed: failed, minute: time.milliseconds / 60_000)
  }

  private mutating func count(done: Int, failed: Int, minute number: Int) {
    let place = minutes.lastIndex { $0.number <= number }
    if let place, minutes[place].number == number {
      minutes[place].done += done
      minutes[place].failed += failed
    } else {
      minutes.insert(Minute(number: number, done: done, failed: failed), at: (place ?? -1) + 1)
      if minutes.count > Self.most { minutes.removeFirst(minutes.count - Self.most) }
    }
  }

  /// Returns the jobs a second that ended well lately.
  func rate(at now: Timestamp) -> Double {
    let second = now.milliseconds / 1000
    let done = seconds.filter { $0.second >= second - Self.span }.reduce(0) { $0 + $1.done }
    return Double(done) / Double(Self.span)
  }

  /// Returns the minutes as triples of the time in seconds, the jobs done and the jobs failed.
  func json(at now: Timestamp) -> JSON {
    let first = now.milliseconds / 60_000 - Self.most
    return .array(
      minutes.filter { $0.number > first }.map {
        [.integer($0.number * 60), .integer($0.done), .integer($0.failed)]
      })
  }
}
