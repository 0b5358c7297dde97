/// The time for which the files of a dataset are kept.
public enum Retention: Equatable, Sendable {
  /// The files are kept for ever.
  case forever
  /// Each file is kept until every task that reads it has succeeded with it.
  case step
  /// The files are kept until the chain is done.
  case chain
  /// The files are kept for this time after their task, or its chain, has ended.
  case time(Duration)

  /// Returns the retention that keeps longer.
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

  /// Reads a retention as requests spell it; nil for any other text.
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

  /// The retention as requests spell it.
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
