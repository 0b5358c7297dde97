/// One attempt of a job as a pilot reads it, with the placeholders that only the pilot can fill.
public struct JobDocument: Equatable, Sendable {
  /// The job.
  public var job: JobID
  /// The random id of the task's life under its name, by which a result of an earlier task of that
  /// name is known as such (R6).
  public var incarnation: String
  /// The number of the attempt, from 1.
  public var attempt: Int
  /// The uid that dropped the task.
  public var owner: Int
  /// The files that the job reads.
  public var inputs: [InputFile]
  /// The stretches of catalogues that hold the files, where they are too many to be listed.
  public var stretches: [InputStretch]
  /// The order of the files in the stretches; nil for that in which they stand there.
  public var order: InputOrder?
  /// The numbers of bytes that count of the lists of replaced files, of the datasets that have one.
  public var replaced: [Name: Int] = [:]
  /// True if the pilot checks inputs by checksum, not by size alone.
  public var verifiesChecksum: Bool
  /// The program and its arguments.
  public var command: [Template]
  /// The directory in which the payload runs, absolute; nil for the pilot's scratch.
  public var directory: String?
  /// The files that the job writes.
  public var outputs: [JobOutput]
  /// The variables that the payload gets beside the pilot's own.
  public var environment: [EnvironmentVariable]
  /// The script that is sourced before the payload, absolute; nil for none.
  public var setup: String?
  /// The container that the payload runs in; nil for none.
  public var container: Container?
  /// The longest time that the payload may run.
  public var wall: Duration
  /// The memory limit in bytes.
  public var memory: Int
  /// The longest time that the payload may do nothing; nil for no limit.
  public var stuck: Duration?
  /// The way in which the payload is told to end; nil: by TERM, and KILL soon after.
  public var stop: StopPolicy?
  /// The checkpoint by which the job may go on later; nil: it has none.
  public var checkpoint: JobCheckpoint?
  /// The time at which the watcher made the file, to put it into ready, on the watcher's clock; nil
  /// where an earlier version made it.
  public var readyAt: Timestamp?

  /// Makes the document of an attempt.
  public init(
    job: JobID, incarnation: String, attempt: Int, owner: Int, inputs: [InputFile],
    stretches: [InputStretch] = [], order: InputOrder? = nil, verifiesChecksum: Bool,
    command: [Template], directory: String? = nil, outputs: [JobOutput],
    environment: [EnvironmentVariable], setup: String? = nil, wall: Duration, memory: Int,
    stuck: Duration? = nil, stop: StopPolicy? = nil, checkpoint: JobCheckpoint? = nil
  ) {
    self.job = job
    self.incarnation = incarnation
    self.attempt = attempt
    self.owner = owner
    self.inputs = inputs
    self.stretches = stretches
    self.order = order
    self.verifiesChecksum = verifiesChecksum
    self.command = command
    self.directory = directory
    self.outputs = outputs
    self.environment = environment
    self.setup = setup
    self.wall = wall
    self.memory = memory
    self.stuck = stuck
    self.stop = stop
    self.checkpoint = checkpoint
  }

  /// Returns true if both are written as the same file.
  public static func == (left: JobDocument, right: JobDocument) -> Bool { left.json == right.json }

  /// The document as the job's file holds it.
  public var json: JSON {
    var object = JSONObject([
      .init("format", .integer(JobFile.format(of: self))), .init("job", .string(job.description)),
      .init("incarnation", .string(incarnation)), .init("attempt", .integer(attempt)),
      .init("owner", .integer(owner)),
    ])
    if !inputs.isEmpty { object["inputs"] = .array(inputs.map(\.json)) }
    if !stretches.isEmpty { object["inputsFrom"] = stretches.json }
    if let order { object["order"] = .string(order.rawValue) }
    if !replaced.isEmpty { object["replaced"] = replaced.json }
    if verifiesChecksum { object["verify"] = "checksum" }
    object["command"] = .array(command.map { .string($0.text) })
    if let directory { object["directory"] = .string(directory) }
    if !outputs.isEmpty { object["outputs"] = .array(outputs.map(\.json)) }
    object["environment"] = environment.json
    if let setup { object["setup"] = .string(setup) }
    if let container { object["container"] = container.json }
    object["limits"] = limits
    if let stop { object["stop"] = stop.json }
    if let checkpoint { object["checkpoint"] = checkpoint.json }
    if let readyAt { object["readyAt"] = readyAt.json }
    return .object(object)
  }

  private var limits: JSON {
    var object = JSONObject([
      .init("wall", wall.secondsJSON), .init("memory", .integer(memory)),
    ])
    if let stuck { object["stuck"] = stuck.secondsJSON }
    return .object(object)
  }

  /// The bytes of a new file: the object with its seal (``SealedJSON``) and a line end. A result is
  /// later written over its last brace (R2).
  public var fileContents: [UInt8] { SealedJSON.encode(json) + [10] }
}

extension JobDocument {
  /// Reads the job part of a job's file, and leaves a result in it alone; fails with the key that
  /// is missing or wrong.
  public init(_ json: JSON) throws(RequestError) {
    guard let text = json["job"]?.string, let job = JobID(text) else { throw Self.fault("job") }
    guard let incarnation = json["incarnation"]?.string else { throw Self.fault("incarnation") }
    guard let attempt = json["attempt"]?.integer, attempt > 0 else { throw Self.fault("attempt") }
    guard let owner = json["owner"]?.integer else { throw Self.fault("owner") }
    guard let command = json["command"]?.array, !command.isEmpty else {
      throw Self.fault("command")
    }
    guard let wall = try Self.time(json, "wall") else { throw Self.fault("limits.wall") }
    guard let memory = json["limits"]?["memory"]?.integer else { throw Self.fault("limits.memory") }
    self.init(
      job: job, incarnation: incarnation, attempt: attempt, owner: owner,
      inputs: try Self.inputs(json), stretches: try Self.stretches(json),
      order: json["order"]?.string.flatMap { InputOrder(rawValue: $0) },
      verifiesChecksum: json["verify"]?.string == "checksum",
      command: try Self.templates(command, "command"), directory: try Self.path(json, "directory"),
      outputs: try Self.outputs(json),
      environment: try Self.environment(json), setup: try Self.path(json, "setup"), wall: wall,
      memory: memory,
      stuck: try Self.time(json, "stuck"), stop: try Self.value(json, "stop", StopPolicy.init),
      checkpoint: try Self.value(json, "checkpoint", JobCheckpoint.init))
    replaced = try Self.value(json, "replaced", [Name: Int].init(json:)) ?? [:]
    // It is for metrics alone: no job fails for it.
    readyAt = json["readyAt"]?.timestamp
    container = try Self.value(json, "container", Container.init)
  }

  private static func value<Value>(
    _ json: JSON, _ key: String, _ read: (JSON) -> Value?
  ) throws(RequestError) -> Value? {
    guard let member = json[key] else { return nil }
    guard let value = read(member) else { throw fault(key) }
    return value
  }

  private static func path(_ json: JSON, _ key: String) throws(RequestError) -> String? {
    guard let value = json[key] else { return nil }
    guard let path = value.string, path.utf8.first == UInt8(ascii: "/") else {
      throw fault(key)
    }
    return path
  }

  /// Reads a limit, which the file holds in seconds.
  private static func time(_ json: JSON, _ key: String) throws(RequestError) -> Duration? {
    guard let value = json["limits"]?[key] else { return nil }
    guard let seconds = value.double, seconds > 0, seconds < 1e9 else {
      throw fault("limits.\(key)")
    }
    return Duration(inSeconds: seconds)
  }

  private static func fault(_ key: String) -> RequestError {
    RequestError(key: key, "missing in the job's file, or not as it should be")
  }

  private static func inputs(_ json: JSON) throws(RequestError) -> [InputFile] {
    var files: [InputFile] = []
    for value in json["inputs"]?.array ?? [] {
      guard let file = InputFile(json: value) else { throw fault("inputs") }
      files.append(file)
    }
    return files
  }

  private static func stretches(_ json: JSON) throws(RequestError) -> [InputStretch] {
    guard let value = json["inputsFrom"] else { return [] }
    guard let stretches = [InputStretch](json: value), stretches.count == value.array?.count else {
      throw fault("inputsFrom")
    }
    return stretches
  }

  private static func outputs(_ json: JSON) throws(RequestError) -> [JobOutput] {
    var outputs: [JobOutput] = []
    for value in json["outputs"]?.array ?? [] { outputs.append(try JobOutput(value)) }
    return outputs
  }

  private static func templates(
    _ values: [JSON], _ key: String
  ) throws(RequestError) -> [Template] {
    var templates: [Template] = []
    for value in values {
      guard let text = value.string else { throw fault(key) }
      templates.append(try Template(text))
    }
    return templates
  }

  private static func environment(
    _ json: JSON
  ) throws(RequestError) -> [EnvironmentVariable] {
    var environment: [EnvironmentVariable] = []
    for member in json["environment"]?.object?.members ?? [] {
      guard let text = member.value.string else { throw fault("environment") }
      environment.append(EnvironmentVariable(member.key, try Template(text)))
    }
    return environment
  }
}
