internal import SpoolModel
internal import SpoolStore

/// The time that the turns of this watcher take. In come turns; out go their number, their sum, and the
/// longest of the last minute. Jobs wait for the next turn, so a long one is felt by all tasks.
struct TurnGauge {
  private var count = 0
  private var sum = Duration.zero
  /// The longest turn of each ten seconds, the latest last.
  private var spans: [(number: Int, longest: Duration)] = []

  /// A span, in milliseconds, and the number of spans that are kept.
  private static let span = 10_000
  private static let mostSpans = 6

  /// Takes in a turn.
  mutating func note(from begin: Instant, to end: Instant) {
    let taken = max(.zero, end - begin)
    count += 1
    sum += taken
    let number = end.milliseconds / Self.span
    if let last = spans.last, last.number == number {
      spans[spans.count - 1].longest = max(last.longest, taken)
    } else {
      spans.append((number, taken))
      spans.removeAll { $0.number <= number - Self.mostSpans }
    }
  }

  /// The turns so far.
  var turns: WatcherRecord.Turns {
    WatcherRecord.Turns(count: count, time: sum, longest: spans.map(\.longest).max() ?? .zero)
  }
}
