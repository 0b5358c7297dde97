/// A histogram of seconds, with bounds that fit payloads from milliseconds to days.
struct Histogram: Sendable {
  static let bounds: [Double] = [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]

  private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  private(set) var sum = 0.0

  /// Counts a value.
  mutating func add(_ seconds: Double) {
    let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    counts[place] += 1
    sum += seconds
  }

  var count: Int { counts.reduce(0, +) }
}
