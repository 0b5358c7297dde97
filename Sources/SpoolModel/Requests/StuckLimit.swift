/// For how long a payload may do nothing, neither print nor use a processor, before it is ended.
public enum StuckLimit: Equatable, Sendable {
  case never
  case after(Duration)

  /// Shorter ones the runner, which looks twice a second, could not tell from a pause.
  static let shortest = Duration.seconds(1)

  /// As the job's file has it; nil for never.
  public var duration: Duration? {
    if case .after(let time) = self { time } else { nil }
  }

  /// As a configuration has it.
  public var text: String {
    switch self {
    case .never: "never"
    case .after(let time): "\(time.milliseconds)ms"
    }
  }
}

extension Fields {
  func stuckLimit(_ key: String) throws(RequestError) -> StuckLimit? {
    if object[key]?.string == "never" { return .never }
    let what = "a time as \"30m\", or \"never\""
    guard let time = try duration(key, what) else { return nil }
    guard time >= StuckLimit.shortest, time < .seconds(Limits.wallSeconds) else {
      throw fault(key, "expected from 1s to 1157d, or \"never\"")
    }
    return .after(time)
  }
}
