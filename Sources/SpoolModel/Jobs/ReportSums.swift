/// The sums of the jobs' reports: numbers by name.
public struct ReportSums: Equatable, Sendable {
  /// The largest number of names. Further names are not summed, so that a task's page stays small;
  /// the events always are.
  public static let most = 4096

  /// The sum of each number, by its name.
  public private(set) var sums: [String: Double] = [:]

  /// Makes sums of no report.
  public init() {}

  /// Adds the numbers of a report; values that are no numbers do not count.
  public mutating func add(_ report: JSONObject) {
    for member in report.members {
      guard let value = member.value.double else { continue }
      guard !isFull || sums[member.key] != nil || EventFlow.Key(rawValue: member.key) != nil
      else { continue }
      sums[member.key, default: 0] += value
    }
  }

  /// True if names may be missing, because there were too many.
  public var isFull: Bool { sums.count >= Self.most }

  /// The sums as pages hold them: the keys sorted, whole numbers without a fraction.
  public var json: JSON {
    .object(
      JSONObject(
        sums.sorted { $0.key < $1.key }.map { key, value in
          let whole = value == value.rounded() && value.magnitude < 9e15
          return JSONObject.Member(key, whole ? .integer(Int(value)) : .number(value))
        }))
  }

  /// Reads the sums from a page; without an object there are none.
  public init(_ json: JSON?) {
    for member in json?.object?.members ?? [] { sums[member.key] = member.value.double ?? 0 }
  }
}
