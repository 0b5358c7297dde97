/// Where a task stands.
public enum TaskState: String, Sendable, Hashable, CaseIterable {
  /// For a dataset that is not there yet.
  case waiting
  case active
  case held
  case done
  case failed
  case cancelled

  public var hasEnded: Bool {
    switch self {
    case .done, .failed, .cancelled: true
    case .waiting, .active, .held: false
    }
  }
}

/// Sums of what jobs reported: numbers by name.
public struct ReportSums: Equatable, Sendable {
  public private(set) var sums: [String: Double] = [:]

  public init() {}

  public mutating func add(_ report: JSONObject) {
    for member in report.members {
      guard let value = member.value.double else { continue }
      sums[member.key, default: 0] += value
    }
  }

  /// Whole numbers are written as such; the keys sorted.
  public var json: JSON {
    .object(
      JSONObject(
        sums.sorted { $0.key < $1.key }.map { key, value in
          let whole = value == value.rounded() && value.magnitude < 9e15
          return JSONObject.Member(key, whole ? .integer(Int(value)) : .number(value))
        }))
  }

  public init(_ json: JSON?) {
    for member in json?.object?.members ?? [] { sums[member.key] = member.value.double ?? 0 }
  }
}
