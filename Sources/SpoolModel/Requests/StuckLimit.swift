/// The time for which a payload may do nothing, neither print nor use a processor, before the pilot
/// ends it.
public enum StuckLimit: Equatable, Sendable {
  /// No limit.
  case never
  /// This time.
  case after(Duration)

  /// The shortest limit: the runner looks twice a second, and could not tell a shorter one from a
  /// pause.
  static let shortest = Duration.seconds(1)

  /// The time; nil for no limit.
  public var duration: Duration? {
    if case .after(let time) = self { time } else { nil }
  }

  /// The limit as `spool.json` holds it.
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
