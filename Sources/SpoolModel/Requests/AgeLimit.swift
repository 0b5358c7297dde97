/// The age, counted from a task's end, at which its remains are packed or removed.
public enum AgeLimit: Equatable, Sendable {
  /// The remains are kept for ever.
  case never
  /// The remains are kept for this time.
  case after(Duration)

  /// The age; nil for never.
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

  func isShorter(than other: AgeLimit) -> Bool {
    guard let time = duration else { return false }
    return other.duration.map { time < $0 } ?? true
  }
}

extension Fields {
  func ageLimit(_ key: String) throws(RequestError) -> AgeLimit? {
    if object[key]?.string == "never" { return .never }
    let what = "a time as \"30d\", or \"never\""
    guard let time = try duration(key, what) else { return nil }
    guard time > .zero else { throw fault(key, "expected at least 1ms, or \"never\"") }
    return .after(time)
  }
}
