/// The way in which payloads of a task are told to end: `"stop"` of a task or a chain.
public struct StopPolicy: Equatable, Sendable {
  /// The signals that a task may choose.
  public enum Signal: String, CaseIterable, Sendable {
    case hup = "HUP"
    case int = "INT"
    case quit = "QUIT"
    case usr1 = "USR1"
    case usr2 = "USR2"
    case alrm = "ALRM"
    case term = "TERM"
    case xcpu = "XCPU"

    /// Reads a name with or without `SIG`, in any case; nil for any other text.
    public init?(name: String) {
      let upper = name.uppercased()
      self.init(rawValue: upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper)
    }

    /// The names, for messages.
    public static let names = allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// The first signal. TERM follows after the grace, and KILL.
  public var signal = Signal.term
  /// The time before the end of the wall time at which the signal comes; nil: it comes only when the
  /// job is given back.
  public var before: Duration?
  /// The time that a payload has after the signal when its job is given back.
  public var grace = Self.usualGrace

  /// The grace of a task that says nothing.
  public static let usualGrace = Duration.seconds(2)
  /// The longest grace: a pilot that leaves waits for it.
  public static let longestGrace = Duration.seconds(3600)

  /// Makes the policy of a task that says nothing.
  public init() {}
}

extension StopPolicy {
  /// The policy as a job's file holds it, its times in seconds.
  var json: JSON {
    var object = JSONObject([.init("signal", .string(signal.rawValue))])
    if let before { object["before"] = before.secondsJSON }
    object["grace"] = grace.secondsJSON
    return .object(object)
  }

  /// Reads the policy of a job's file; nil if the JSON is not what a watcher writes.
  init?(json: JSON) {
    guard let signal = json["signal"]?.string.flatMap(Signal.init(rawValue:)),
      let grace = json["grace"]?.double, (0...Self.longestGrace.inSeconds).contains(grace)
    else { return nil }
    self.signal = signal
    self.grace = Duration(inSeconds: grace)
    guard let before = json["before"] else { return }
    guard let seconds = before.double, seconds > 0, seconds < 1e9 else { return nil }
    self.before = Duration(inSeconds: seconds)
  }

  fileprivate init(_ fields: Fields) throws(RequestError) {
    if let name = try fields.string("signal") {
      guard let signal = Signal(name: name) else {
        throw fields.fault("signal", "expected one of \(Signal.names), found \"\(name)\"")
      }
      self.signal = signal
    }
    before = try fields.duration("before", "a time as \"5m\"")
    if let before, before < .seconds(1) {
      throw fields.fault("before", "expected at least 1s")
    }
    grace = try fields.duration("grace", "a time as \"30s\"") ?? grace
    guard grace <= Self.longestGrace else {
      throw fields.fault("grace", "expected at most 1h: a pilot that leaves waits for it")
    }
  }
}

extension Fields {
  /// Reads a policy, as `{"signal": "USR1", "before": "5m", "grace": "30s"}`.
  func stop(_ key: String) throws(RequestError) -> StopPolicy? {
    guard let json = object[key] else { return nil }
    return try StopPolicy(
      Fields(json, path: full(key), line: lineOf(key), keys: ["signal", "before", "grace"]))
  }
}
