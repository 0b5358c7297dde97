/// How long ago a task has ended when something is done about what is kept of it.
public enum AgeLimit: Equatable, Sendable {
  case never
  /// Milliseconds.
  case after(Int)

  /// Nil for never.
  public var milliseconds: Int? {
    if case .after(let time) = self { time } else { nil }
  }

  /// As a configuration has it.
  public var text: String {
    switch self {
    case .never: "never"
    case .after(let time): "\(time)ms"
    }
  }

  /// Whether something that ended then (both epoch milliseconds) is of that age.
  public func isReached(by ended: Int, at now: Int) -> Bool {
    milliseconds.map { now - ended >= $0 } ?? false
  }

  func isShorter(than other: AgeLimit) -> Bool {
    guard let time = milliseconds else { return false }
    return time < other.milliseconds ?? Int.max
  }
}

extension Fields {
  func ageLimit(_ key: String) throws(RequestError) -> AgeLimit? {
    if object[key]?.string == "never" { return .never }
    let what = "a time as \"30d\", or \"never\""
    guard let time = try quantity(key, what, Units.milliseconds) else { return nil }
    guard time >= 1 else { throw fault(key, "expected at least 1ms, or \"never\"") }
    return .after(time)
  }
}
