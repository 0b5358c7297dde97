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
  /// The time at which the job was put into ready, on the watcher's clock; nil where an earlier
  /// version of the watcher or the pilot had the job.
  public var readyAt: Timestamp?
  /// The time at which the pilot began to stage the outputs, or the checkpoint, on its clock: from
  /// there to the end the attempt took for that. Nil if there was nothing to stage.
  public var stagingAt: Timestamp?
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
  /// What the pilot left out of the report, because it is no number that can be summed: the text by
  /// name.
  public var reportLeftOut: JSONObject
  /// The reason of the failure in words: the last lines of standard error, or what the pilot found.
  public var reason: String?
  /// The checkpoint that was kept, if the job is to go on later.
  public var checkpoint: KeptCheckpoint?
  /// The payload's output in the spool.
  public var log: LogExtent?

  /// The paths that are to be removed if the outputs do not count, each once.
  public var remains: [String] {
    var seen: Set<String> = []
    return outputs.map(\.remains).filter { seen.insert($0).inserted }
  }

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
    self.reportLeftOut = JSONObject()
  }
}

extension JobResult: JSONValue {
  private enum Key: String {
    case pilot, host, started, ended, readyAt, stagingAt, exit, signal, `class`, cause, cpu, memory
    case outputs, report, reportLeftOut, reason, checkpoint, log
  }

  /// The class of a success; that of a failure is the kind of its cause.
  private static let success = "ok"

  /// The largest number of names in a report: more than the pilot's limit of 64 KiB has room for.
  private static let mostReported = 1 << 14

  /// The milliseconds that a result may name: sums of them do not overflow.
  private static let times = 0...(1 << 53)

  /// Returns a time if a result may name it.
  private static func time(_ time: Timestamp?) -> Timestamp? {
    time.flatMap { times.contains($0.milliseconds) ? $0 : nil }
  }

  /// The result as the job's file holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.pilot] = pilot
    members[.host] = host
    members[.started] = started
    members[.ended] = ended
    members[.readyAt] = readyAt
    members[.stagingAt] = stagingAt
    members[.exit] = exit
    members[.signal] = signal
    members[.class] = cause?.kind.rawValue ?? Self.success
    members[.cause] = cause
    members[.cpu] = cpu
    members[.memory] = memory
    if !outputs.isEmpty { members[.outputs] = outputs }
    if !report.members.isEmpty { members[.report] = report }
    if !reportLeftOut.members.isEmpty { members[.reportLeftOut] = reportLeftOut }
    members[.reason] = reason
    members[.checkpoint] = checkpoint
    members[.log] = log
    return members.json
  }

  /// Reads a result; nil if the JSON is not what a pilot writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let pilot: PilotName = members[.pilot],
      let host: String = members[.host], let started: Timestamp = members[.started],
      let ended: Timestamp = members[.ended], let kind: String = members[.class],
      Self.times.contains(started.milliseconds), Self.times.contains(ended.milliseconds)
    else { return nil }
    let cause: Cause? = members[.cause]
    guard (cause == nil) == (kind == Self.success) else { return nil }
    self.init(pilot: pilot, host: host, started: started, ended: ended, cause: cause)
    readyAt = Self.time(members[.readyAt])
    stagingAt = Self.time(members[.stagingAt])
    exit = members[.exit]
    signal = members[.signal]
    cpu = min(max(members[.cpu] ?? 0, 0), 1e12)
    memory = min(max(members[.memory] ?? 0, 0), 1 << 60)
    let list: [JSON] = members[.outputs] ?? []
    outputs = list.compactMap { StagedOutput(json: $0) }
    guard outputs.count == list.count, list.count <= Limits.stagedOutputs else { return nil }
    report = members[.report] ?? JSONObject()
    reportLeftOut = members[.reportLeftOut] ?? JSONObject()
    guard report.members.count + reportLeftOut.members.count <= Self.mostReported else {
      return nil
    }
    reason = members[.reason]
    checkpoint = members[.checkpoint]
    log = members[.log]
  }
}

extension JobResult.LogExtent: JSONValue {
  private enum Key: String { case file, offset, length }

  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.file] = file
    members[.offset] = offset
    members[.length] = length
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let file: String = members[.file],
      let offset: Int = members[.offset], let length: Int = members[.length],
      (0...(1 << 53)).contains(offset), (0...(1 << 30)).contains(length)
    else { return nil }
    self.init(file: file, offset: offset, length: length)
  }
}
