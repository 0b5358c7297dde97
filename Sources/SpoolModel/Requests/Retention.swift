/// How long the files of a dataset that a task fills are kept.
public enum Retention: Equatable, Sendable {
  case forever
  /// Each file until every task that reads it has succeeded with it.
  case step
  /// Until the chain is done.
  case chain
  /// So long after the task, or its chain, has ended.
  case time(Duration)

  /// The one that keeps longer.
  public func longer(_ other: Retention) -> Retention {
    switch (self, other) {
    case (.forever, _), (_, .forever): .forever
    case (.time(let one), .time(let another)): .time(max(one, another))
    case (.time, _), (.chain, .step): self
    case (_, .time), (.step, .chain): other
    default: self
    }
  }

  static let expected = "\"step\", \"chain\", \"forever\" or a time as \"7d\""

  public init?(_ text: String) {
    switch text {
    case "forever": self = .forever
    case "step": self = .step
    case "chain": self = .chain
    default:
      guard let time = Units.milliseconds(text), time > 0 else { return nil }
      self = .time(.milliseconds(time))
    }
  }

  public var text: String {
    switch self {
    case .forever: "forever"
    case .step: "step"
    case .chain: "chain"
    case .time(let time): "\(time.milliseconds)ms"
    }
  }
}

extension Fields {
  func retention(_ key: String) throws(RequestError) -> Retention? {
    guard let value = object[key] else { return nil }
    guard let retention = value.string.flatMap({ Retention($0) }) else {
      throw fault(key, "expected \(Retention.expected), found \(value.kindName)")
    }
    return retention
  }
}
