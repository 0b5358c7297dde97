internal import Glibc

/// The distribution of whole numbers from 0 on: in go values, out come quantiles and bars. Its memory
/// does not grow with their number. A quantile is right to 0.2 %; the least, the most and the mean are
/// exact.
struct Distribution {
  /// The classes into which a factor of two is divided.
  private static let classes = 256.0

  private var counts: [Int: Int] = [:]
  private var sum = 0.0
  /// The number of values.
  private(set) var count = 0
  private(set) var least = Int.max
  private(set) var most = 0

  mutating func add(_ value: Int) {
    let value = max(0, value)
    counts[Self.place(value), default: 0] += 1
    sum += Double(value)
    count += 1
    least = min(least, value)
    most = max(most, value)
  }

  /// The class of a value: 0 for zero, and one for each 0.27 %.
  private static func place(_ value: Int) -> Int {
    value == 0 ? 0 : 1 + Int(log2(Double(value)) * classes)
  }

  /// The value in the middle of a class.
  private static func value(_ place: Int) -> Int {
    place == 0 ? 0 : Int(min(exp2((Double(place) - 0.5) / classes).rounded(), 0x1p62))
  }

  /// Returns the mean; nil without values.
  var mean: Double? { count == 0 ? nil : sum / Double(count) }

  /// Returns the value that so large a part of the values does not exceed; nil without values.
  func quantile(_ part: Double) -> Int? {
    guard count > 0 else { return nil }
    let rank = max(1, Int((part * Double(count)).rounded(.up)))
    if rank == 1 { return least }
    if rank >= count { return most }
    var seen = 0
    for (place, number) in counts.sorted(by: { $0.key < $1.key }) {
      seen += number
      if seen >= rank { return min(max(Self.value(place), least), most) }
    }
    return most
  }

  /// A bar of a histogram: the values from its first on, up to the next bar's.
  struct Bar: Equatable {
    var from: Int
    var count: Int
  }

  /// Returns the bars of a histogram, some ten, whose first values are round numbers. Where the values
  /// differ widely they are 1, 2, 5, 10 and so on.
  func bars() -> [Bar] {
    guard count > 0 else { return [] }
    let edges = most <= Self.wide * max(1, least) ? evenEdges : wideEdges
    var bars = edges.map { Bar(from: $0, count: 0) }
    for (place, number) in counts {
      let value = min(max(Self.value(place), least), most)
      let index = edges.lastIndex { $0 <= value } ?? 0
      bars[index].count += number
    }
    return bars
  }

  /// The ratio of most and least from which on values differ widely.
  private static let wide = 30

  private var evenEdges: [Int] {
    let step = Self.round(upTo: max(1, (most - least + 9) / 10))
    return Array(stride(from: least / step * step, through: most, by: step))
  }

  private var wideEdges: [Int] {
    var edges = [Self.round(downTo: least)]
    while let last = edges.last, last <= most {
      let next = Self.round(upTo: last.addingReportingOverflow(1).partialValue)
      guard next > last, next <= most else { break }
      edges.append(next)
    }
    return edges
  }

  /// The numbers 1, 2, 5, 10, 20 and so on.
  private static let roundNumbers: [Int] = (0...17).flatMap { exponent in
    let power = (0..<exponent).reduce(1) { product, _ in product * 10 }
    return [power, 2 * power, 5 * power]
  }

  private static func round(upTo value: Int) -> Int {
    roundNumbers.first { $0 >= value } ?? .max
  }

  private static func round(downTo value: Int) -> Int {
    roundNumbers.last { $0 <= value } ?? 0
  }
}
