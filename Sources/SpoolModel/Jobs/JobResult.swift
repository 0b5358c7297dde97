/// The result that a pilot adds to a job's file when the attempt has ended (R2).
public struct JobResult: Equatable, Sendable {
  /// The pilot that ran the attempt.
  public var pilot: PilotName
  /// The host of the pilot.
  public var host: String
  /// The time at which the attempt began, on the pilot's clock.
  public var started: Timestamp
  /// The time at which the attempt ended, on the pilot's clock.
  public var ended: Timestamp
  /// The payload's exit code; nil if a signal ended it, or if it never ran.
  public var exit: Int?
  /// The signal that ended the payload.
  public var signal: Int?
  /// The cause of the failure; nil for a success.
  public var cause: Cause?
  /// The CPU time in seconds.
  public var cpu: Double
  /// The peak of memory in bytes.
  public var memory: Int
  /// The outputs that the pilot has staged.
  public var outputs: [StagedOutput]
  /// The payload's report: numbers by name.
  public var report: JSONObject
  /// The reason of the failure in words: the last lines of standard error, or what the pilot found.
  public var reason: String?
  /// The payload's output in the spool.
  public var log: LogExtent?

  /// A range of bytes in a log file.
  public struct LogExtent: Equatable, Sendable {
    /// The path of the file, relative to the spool.
    public var file: String
    /// The place of the first byte.
    public var offset: Int
    /// The number of bytes.
    public var length: Int

    /// Makes a range.
    public init(file: String, offset: Int, length: Int) {
      self.file = file
      self.offset = offset
      self.length = length
    }
  }

  /// Makes a result; the rest is set afterwards.
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

  /// The result as the job's file holds it.
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

  /// Reads a result; nil if the JSON is not what a pilot writes.
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
