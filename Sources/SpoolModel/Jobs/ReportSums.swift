/// The sums of the jobs' reports: numbers by name.
public struct ReportSums: Equatable, Sendable {
  /// The largest number of names. Further names are not summed, so that a task's page stays small;
  /// the events always are.
  public static let most = 4096

  /// The sum of each number, by its name.
  public private(set) var sums: [String: ReportNumber] = [:]
  /// How many values of each name are in no sum: what was no number, and what would have made a sum
  /// infinite.
  public private(set) var leftOut: [String: Int] = [:]

  /// Makes sums of no report.
  public init() {}

  /// Adds the numbers of a report; values that are no numbers do not count. `leftOut` names what the
  /// pilot has left out of the report.
  public mutating func add(_ report: JSONObject, leftOut names: [String] = []) {
    for member in report.members {
      guard let value = ReportNumber(member.value) else { continue }
      guard !isFull || sums[member.key] != nil || EventFlow.Key(rawValue: member.key) != nil
      else { continue }
      if let sum = value.added(to: sums[member.key]) {
        sums[member.key] = sum
      } else {
        leaveOut(member.key)
      }
    }
    for name in names { leaveOut(name) }
  }

  /// Takes the numbers of a report out again, which were added before.
  public mutating func subtract(_ report: JSONObject, leftOut names: [String] = []) {
    for member in report.members {
      guard let value = ReportNumber(member.value), let sum = sums[member.key] else { continue }
      sums[member.key] = value.negated.added(to: sum) ?? sum
    }
    for name in names {
      guard let count = leftOut[name] else { continue }
      leftOut[name] = count > 1 ? count - 1 : nil
    }
  }

  private mutating func leaveOut(_ name: String) {
    guard leftOut.count < Self.most || leftOut[name] != nil else { return }
    leftOut[name, default: 0] += 1
  }

  /// True if names may be missing, because there were too many.
  public var isFull: Bool { sums.count >= Self.most }

  /// The sums as pages hold them: the keys sorted, whole numbers without a fraction.
  public var json: JSON {
    .object(
      JSONObject(
        sums.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, $0.value.json) }))
  }

  /// Reads the sums from a page; without an object there are none.
  public init(_ json: JSON?, leftOut: [String: Int] = [:]) {
    for member in json?.object?.members ?? [] {
      sums[member.key] = ReportNumber(member.value) ?? .whole(0)
    }
    self.leftOut = leftOut
  }
}

/// A number of a report, or a sum of such numbers. Whole numbers stay exact as long as 64 bits hold
/// them.
public enum ReportNumber: Equatable, Sendable {
  /// A whole number.
  case whole(Int)
  /// Any other finite number.
  case fraction(Double)

  /// Takes a number; nil for what is none, and for what is not finite.
  public init?(_ json: JSON) {
    switch json {
    case .integer(let value): self = .whole(value)
    case .number(let value) where value.isFinite: self = Self.shortest(value)
    default: return nil
    }
  }

  /// The number, rounded where it has more than 53 bits.
  public var double: Double {
    switch self {
    case .whole(let value): Double(value)
    case .fraction(let value): value
    }
  }

  /// The number as files hold it.
  public var json: JSON {
    switch self {
    case .whole(let value): .integer(value)
    case .fraction(let value): .number(value)
    }
  }

  /// The number with the other sign.
  var negated: ReportNumber {
    switch self {
    case .whole(let value) where value != .min: .whole(-value)
    case .whole, .fraction: .fraction(-double)
    }
  }

  /// Returns the sum of the number and `sum`; nil if that is not finite.
  func added(to sum: ReportNumber?) -> ReportNumber? {
    guard let sum else { return self }
    if case .whole(let left) = self, case .whole(let right) = sum {
      let (total, isOver) = left.addingReportingOverflow(right)
      if !isOver { return .whole(total) }
    }
    let total = sum.double + double
    return total.isFinite ? Self.shortest(total) : nil
  }

  /// Makes a whole number of one that is exactly that, so that a sum that was written and read again
  /// goes on as one that never was.
  private static func shortest(_ value: Double) -> ReportNumber {
    let isExact = value == value.rounded() && value.magnitude < 0x1p53
    return isExact ? .whole(Int(value)) : .fraction(value)
  }
}
