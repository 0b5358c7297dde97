/// What a pilot adds to a job's file when the attempt has ended (R2).
public struct JobResult: Equatable, Sendable {
  public var pilot: PilotName
  public var host: String
  /// When the attempt began and ended, on the pilot's clock.
  public var started: Timestamp
  public var ended: Timestamp
  /// The payload's exit code, or the signal that ended it; neither where it never ran.
  public var exit: Int?
  public var signal: Int?
  /// Nil for a success.
  public var cause: Cause?
  /// Seconds.
  public var cpu: Double
  /// Peak, bytes.
  public var memory: Int
  public var outputs: [StagedOutput]
  /// What the payload reported: numbers by name.
  public var report: JSONObject
  /// Why it failed, in words: the last lines of standard error, or what the pilot found.
  public var reason: String?
  /// Where its output lies in the spool.
  public var log: LogExtent?

  /// A range of bytes in a log file, its path relative to the spool.
  public struct LogExtent: Equatable, Sendable {
    public var file: String
    public var offset: Int
    public var length: Int

    public init(file: String, offset: Int, length: Int) {
      self.file = file
      self.offset = offset
      self.length = length
    }
  }

  public init(pilot: PilotName, host: String, started: Timestamp, ended: Timestamp, cause: Cause?) {
    self.pilot = pilot
    self.host = host
    self.started = started
    self.ended = ended
    self.cause = cause
    self.cpu = 0
    self.memory = 0
    self.outputs = []
    self.report = JSONObject()
  }

  public var json: JSON {
    var object = JSONObject([
      .init("pilot", .string(pilot.text)), .init("host", .string(host)),
      .init("started", started.json), .init("ended", ended.json),
    ])
    if let exit { object["exit"] = .integer(exit) }
    if let signal { object["signal"] = .integer(signal) }
    object["class"] = .string(cause?.kind.rawValue ?? "ok")
    if let cause { object["cause"] = .string(cause.description) }
    object["cpu"] = .number(cpu)
    object["memory"] = .integer(memory)
    if !outputs.isEmpty { object["outputs"] = .array(outputs.map(\.json)) }
    if !report.members.isEmpty { object["report"] = .object(report) }
    if let reason { object["reason"] = .string(reason) }
    if let log {
      object["log"] = [
        "file": .string(log.file), "offset": .integer(log.offset), "length": .integer(log.length),
      ]
    }
    return .object(object)
  }

  /// The milliseconds that a result may name: sums of them do not overflow.
  private static let times = 0...(1 << 53)

  /// Nil where it is not what a pilot writes.
  public init?(_ json: JSON) {
    guard let pilot = json["pilot"]?.string.flatMap({ PilotName($0) }),
      let host = json["host"]?.string, let started = json["started"]?.timestamp,
      let ended = json["ended"]?.timestamp, let outcome = json["class"]?.string,
      Self.times.contains(started.milliseconds),
      Self.times.contains(ended.milliseconds)
    else { return nil }
    let cause = json["cause"]?.string.flatMap { Cause($0) }
    guard (cause == nil) == (outcome == "ok") else { return nil }
    self.init(pilot: pilot, host: host, started: started, ended: ended, cause: cause)
    exit = json["exit"]?.integer
    signal = json["signal"]?.integer
    cpu = min(max(json["cpu"]?.double ?? 0, 0), 1e12)
    memory = min(max(json["memory"]?.integer ?? 0, 0), 1 << 60)
    outputs = (json["outputs"]?.array ?? []).compactMap { StagedOutput($0) }
    guard outputs.count == json["outputs"]?.array?.count ?? 0 else { return nil }
    report = json["report"]?.object ?? JSONObject()
    reason = json["reason"]?.string
    log = json["log"].flatMap { LogExtent($0) }
  }
}

extension JobResult.LogExtent {
  init?(_ json: JSON) {
    guard let file = json["file"]?.string, let offset = json["offset"]?.integer,
      let length = json["length"]?.integer
    else { return nil }
    self.init(file: file, offset: offset, length: length)
  }
}
