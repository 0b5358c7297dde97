/// Numbers of jobs as people write them: `3-7,19`.
public struct JobNumbers: Equatable, Sendable {
  /// The numbers.
  public let all: RangeSet<Int>
  /// The numbers as text: in order, and each once.
  public var text: String {
    all.ranges.map { range in
      range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound - 1)"
    }.joined(separator: ",")
  }

  /// The rule for the text, for messages.
  public static let rule = "numbers of jobs as \"3-7,19\", each from 0 to \(Limits.jobsPerTask)"

  /// Reads numbers and ranges of numbers; nil for any other text.
  public init?(_ text: String) {
    var set = RangeSet<Int>()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      guard let first = ends.first.flatMap({ Self.number($0) }),
        let last = ends.count == 1 ? first : ends.count == 2 ? Self.number(ends[1]) : nil,
        first <= last
      else { return nil }
      set.insert(contentsOf: first..<last + 1)
    }
    all = set
  }

  /// Reads a number, with or without the zeros in front that a job's name has.
  private static func number(_ text: Substring) -> Int? {
    guard (1...8).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// Returns true if a job's number is among these.
  public func contains(_ index: Int) -> Bool { all.contains(index) }
}
