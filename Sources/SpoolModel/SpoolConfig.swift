/// The configuration `spool.json`: the format of a spool and the policy of its site.
public struct SpoolConfig: Equatable, Sendable {
  /// The directory from which relative paths of dropped requests are taken; itself relative to the
  /// directory that holds the spool.
  public var dataRoot = "."
  /// The directories in which all outputs must lie, relative ones taken as `dataRoot`; none:
  /// anywhere.
  public var dataRoots: [String] = []
  /// The time between two heartbeats of a pilot.
  public var heartbeat = Duration.seconds(5)
  /// The time without a heartbeat after which a pilot or a watcher is dead (R5, R7).
  public var deadAfter = Duration.seconds(60)
  /// The number of job files of a task that stay in `done/TASK/`, and in `failed/TASK/`.
  public var keepJobFiles = 1000
  /// The time for which a task waits for a dataset that is not there.
  public var datasetWait = Duration.seconds(3600)
  /// The time for which a job over everything waits for a decision, if files are lacking.
  public var verdictWait = Duration.seconds(7 * 86_400)
  /// The number of attempts of a job that may fail through no fault of its own.
  public var infrastructureAttempts = 10
  /// The number of pilots that may die while they run one job.
  public var lostPilots = 3
  /// The number of times that a job may be given back.
  public var returns = 100
  /// The time before the watcher removes the parts of a discarded attempt: its pilot may yet write.
  public var partGrace = Duration.seconds(120)
  /// The high mark, in percent of the filesystem of a task's outputs: above it, only tasks that
  /// free space are fed, until it is below the low mark. Nil for no marks.
  public var highWater: Int?
  /// The low mark, in percent; nil for 5 less than the high mark.
  public var lowWater: Int?
  /// Journal lines between two checkpoints.
  public var checkpointEvery = 20_000
  /// The time for which payloads may do nothing, if their task does not say.
  public var stuckAfter = StuckLimit.after(.seconds(1800))
  /// The shares of owners, by user name, by uid, or `*` for everybody else: whoever has twice as much
  /// as another gets twice the cores, if both have jobs that wait. Without one it is 1.
  public var shares: [String: Double] = [:]
  /// The number of each token: jobs of tasks that need one hold it while they are in ready or run.
  public var tokens: [String: Int] = [:]
  /// The command that is told when a task has ended, or a pilot was lost.
  public var onEnd: NoticeCommand?
  /// The variables that payloads get of which their task says nothing.
  public var environment: [EnvironmentVariable] = []
  /// The script that is sourced before a payload whose task names none.
  public var setup: SetupScript?
  /// The container of tasks that name none.
  public var container: ContainerChoice?
  /// The age at which the remains of a task are packed into `archive/`.
  public var packAfter = AgeLimit.after(.seconds(30 * 86_400))
  /// The age at which the remains of a task are removed.
  public var removeAfter = AgeLimit.never

  /// Makes the usual configuration.
  public init() {}

  /// True if the command of ``onEnd`` is to be told of each end at least once.
  public var isToldAtLeastOnce: Bool { onEnd?.isAtLeastOnce ?? false }

  /// A share that an owner may have.
  public static let shareRange = 0.01...1000.0

  static let keys = [
    "format", "dataRoot", "dataRoots", "heartbeat", "deadAfter", "keepJobFiles", "datasetWait",
    "verdictWait", "highWater", "lowWater",
    "infrastructureAttempts", "lostPilots", "returns", "partGrace", "checkpointEvery",
    "stuckAfter", "packAfter", "removeAfter", "shares", "tokens", "onEnd", "environment", "setup",
    "container",
  ]

  /// Reads `spool.json`; fails with the line and the key that are wrong.
  public init(_ bytes: [UInt8]) throws(RequestError) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      throw RequestError(error)
    }
    let fields = try Fields(json, keys: Self.keys, formats: 1...SpoolFormat.current)
    guard fields.object["format"] != nil else {
      throw RequestError(key: "format", "missing: this is no spool's spool.json")
    }
    dataRoot = try fields.string("dataRoot") ?? dataRoot
    dataRoots = try Self.roots(fields)
    heartbeat = try Self.time(fields, "heartbeat", heartbeat)
    deadAfter = try Self.time(fields, "deadAfter", deadAfter)
    keepJobFiles = try fields.integer("keepJobFiles", in: 0...1_000_000) ?? keepJobFiles
    datasetWait = try Self.time(fields, "datasetWait", datasetWait)
    verdictWait = try Self.time(fields, "verdictWait", verdictWait)
    infrastructureAttempts =
      try fields.integer("infrastructureAttempts", in: 1...1000) ?? infrastructureAttempts
    lostPilots = try fields.integer("lostPilots", in: 1...1000) ?? lostPilots
    returns = try fields.integer("returns", in: 1...1_000_000) ?? returns
    partGrace = try Self.time(fields, "partGrace", partGrace)
    highWater = try fields.integer("highWater", in: 1...99)
    lowWater = try fields.integer("lowWater", in: 1...99)
    if let lowWater, lowWater > highWater ?? 0 {
      throw fields.fault("lowWater", "expected at most highWater")
    }
    checkpointEvery =
      try fields.integer("checkpointEvery", in: 100...10_000_000) ?? checkpointEvery
    stuckAfter = try fields.stuckLimit("stuckAfter") ?? stuckAfter
    shares = try fields.shares("shares") ?? shares
    tokens = try fields.tokens("tokens", in: 0...Limits.tokens) ?? tokens
    environment = try Self.environment(fields)
    setup = try fields.setup("setup", root: nil)
    container = try fields.container("container", root: nil)
    if let json = fields.object["onEnd"] {
      onEnd = try NoticeCommand(json, line: fields.lineOf("onEnd"))
    }
    guard deadAfter >= heartbeat * 3 else {
      throw fields.fault("deadAfter", "expected at least three times heartbeat")
    }
    packAfter = try fields.ageLimit("packAfter") ?? packAfter
    removeAfter = try fields.ageLimit("removeAfter") ?? removeAfter
    guard !removeAfter.isShorter(than: packAfter) else {
      throw fields.fault("removeAfter", "expected at least packAfter (\(packAfter.text))")
    }
  }

  /// Reads the variables. They are for jobs of all kinds, so what only some jobs have is no value.
  private static func environment(
    _ fields: Fields
  ) throws(RequestError) -> [EnvironmentVariable] {
    let environment = try fields.environment("environment")
    let common: [Template.Placeholder] = [.index, .task, .job, .attempt, .report, .scratch]
    for entry in environment
    where entry.value.placeholders.contains(where: { !common.contains($0) }) {
      throw fields.fault(
        "environment.\(entry.name)", at: "environment",
        "not all jobs have this: expected {index} {task} {job} {attempt} {report} {scratch}")
    }
    return environment
  }

  private static func roots(_ fields: Fields) throws(RequestError) -> [String] {
    let roots = try fields.strings("dataRoots") ?? []
    for (index, root) in roots.enumerated()
    where root.isEmpty || root.utf8.split(separator: 47).contains(where: { Substring($0) == ".." })
    {
      throw fields.fault(
        "dataRoots[\(index)]", at: "dataRoots", "expected a directory without \"..\"")
    }
    return roots
  }

  private static func time(
    _ fields: Fields, _ key: String, _ fallback: Duration
  ) throws(RequestError) -> Duration {
    let value = try fields.duration(key, "a time as \"5s\" or \"1m\"")
    guard value ?? fallback > .zero else { throw fields.fault(key, "expected at least 1ms") }
    return value ?? fallback
  }

  /// The configuration as `spool.json` holds it.
  public var json: JSON {
    var object = JSONObject([
      .init("format", .integer(SpoolFormat.current)), .init("dataRoot", .string(dataRoot)),
    ])
    if !dataRoots.isEmpty { object["dataRoots"] = .array(dataRoots.map { .string($0) }) }
    object["heartbeat"] = heartbeat.json
    object["deadAfter"] = deadAfter.json
    object["keepJobFiles"] = .integer(keepJobFiles)
    object["datasetWait"] = datasetWait.json
    object["verdictWait"] = verdictWait.json
    object["infrastructureAttempts"] = .integer(infrastructureAttempts)
    object["lostPilots"] = .integer(lostPilots)
    object["returns"] = .integer(returns)
    object["partGrace"] = partGrace.json
    object["checkpointEvery"] = .integer(checkpointEvery)
    if let highWater { object["highWater"] = .integer(highWater) }
    if let lowWater { object["lowWater"] = .integer(lowWater) }
    object["stuckAfter"] = .string(stuckAfter.text)
    object["packAfter"] = .string(packAfter.text)
    object["removeAfter"] = .string(removeAfter.text)
    if !shares.isEmpty { object["shares"] = shares.json }
    if !tokens.isEmpty { object["tokens"] = tokens.json }
    if let onEnd { object["onEnd"] = onEnd.json }
    if !environment.isEmpty { object["environment"] = environment.json }
    if let setup { object["setup"] = .string(setup.text) }
    if let container { object["container"] = container.json }
    return .object(object)
  }
}
