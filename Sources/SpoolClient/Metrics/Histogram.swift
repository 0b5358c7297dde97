/// A histogram of seconds, with bounds that fit payloads from milliseconds to days.
public struct Histogram: Sendable {
  /// The upper bounds of the buckets, in seconds.
  public static let bounds: [Double] = [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]

  /// The values in each bucket; the last one has those beyond all bounds.
  public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  /// The sum of all values.
  public private(set) var sum = 0.0

  /// Makes a histogram without values.
  public init() {}

  /// Counts a value.
  public mutating func add(_ seconds: Double) {
    let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    counts[place] += 1
    sum += seconds
  }

  /// The number of values.
  public var count: Int { counts.reduce(0, +) }
}
