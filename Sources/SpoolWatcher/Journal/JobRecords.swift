public import SpoolModel

public struct JobsFormed: Sendable {
  public var task: Name
  public var first: Int
  /// Which of the task's datasets they are of.
  public var source: Int
  /// Where the inputs of each begin: a byte of the catalogue, or an index of the list.
  public var offsets: [Int]
  /// How many inputs each has.
  public var files: [Int]
  /// Where the next job's inputs begin.
  public var next: Int
}

extension JobsFormed {
  var json: JSONObject {
    JSONObject(
      "formed",
      [
        ("task", .string(task.text)), ("first", .integer(first)), ("source", .integer(source)),
        ("offsets", .array(offsets.map { .integer($0) })),
        ("files", files.allSatisfy { $0 == 1 } ? nil : .array(files.map { .integer($0) })),
        ("next", .integer(next)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let task = json.name("task"), let first = json["first"]?.integer,
      let source = json["source"]?.integer, let next = json["next"]?.integer,
      let offsets = json["offsets"]?.array?.compactMap(\.integer)
    else { return nil }
    let files =
      json["files"]?.array?.compactMap(\.integer) ?? Array(repeating: 1, count: offsets.count)
    guard files.count == offsets.count else { return nil }
    self.init(
      task: task, first: first, source: source, offsets: offsets, files: files, next: next)
  }
}

public struct ResultAccepted: Sendable {
  public var job: JobID
  public var attempt: Int
  public var result: JobResult
  /// The paths of its inputs, the first hundred.
  public var parents: [String]
}

extension ResultAccepted {
  var json: JSONObject {
    JSONObject(
      "accepted",
      [
        ("job", .string(job.description)), ("attempt", .integer(attempt)),
        ("parents", parents.isEmpty ? nil : .array(parents.map { .string($0) })),
        ("result", result.json),
      ])
  }

  init?(_ json: JSONObject) {
    guard let job = json.job, let attempt = json["attempt"]?.integer,
      let result = json["result"].flatMap({ JobResult($0) })
    else { return nil }
    self.init(
      job: job, attempt: attempt, result: result,
      parents: json["parents"]?.array?.compactMap(\.string) ?? [])
  }
}

public struct AttemptFailed: Sendable {
  public var job: JobID
  public var attempt: Int
  public var cause: Cause
  /// What the pilot wrote, if it could.
  public var result: JobResult?
  public var pilot: PilotName?
  public var reason: String?
  /// When it was registered.
  public var at: Timestamp
  /// When the next attempt is due; nil if there is none.
  public var retryAt: Timestamp?
  /// The memory limit of the next attempt, if it grew.
  public var memory: Int?
  /// Parts that it may have left.
  public var parts: [String]
  /// The first file that the job was to read, where it failed for good.
  public var input: String?
}

extension AttemptFailed {
  var json: JSONObject {
    JSONObject(
      "failed",
      [
        ("job", .string(job.description)), ("attempt", .integer(attempt)),
        ("cause", .string(cause.description)), ("at", at.json),
        ("pilot", pilot.map { .string($0.text) }), ("reason", reason.map { .string($0) }),
        ("retryAt", retryAt?.json), ("memory", memory.map { .integer($0) }),
        ("input", input.map { .string($0) }),
        ("parts", parts.isEmpty ? nil : .array(parts.map { .string($0) })),
        ("result", result?.json),
      ])
  }

  init?(_ json: JSONObject) {
    guard let job = json.job, let attempt = json["attempt"]?.integer,
      let cause = json["cause"]?.string.flatMap({ Cause($0) }), let at = json["at"]?.timestamp
    else { return nil }
    self.init(
      job: job, attempt: attempt, cause: cause, result: json["result"].flatMap { JobResult($0) },
      pilot: json["pilot"]?.string.flatMap { PilotName($0) }, reason: json["reason"]?.string,
      at: at, retryAt: json["retryAt"]?.timestamp, memory: json["memory"]?.integer,
      parts: json["parts"]?.array?.compactMap(\.string) ?? [], input: json["input"]?.string)
  }
}

public struct JobsRevived: Sendable {
  public struct Job: Sendable {
    public var index: Int
    /// The last that was issued.
    public var attempt: Int
    /// As in ``JobEntry``.
    public var source: Int
    public var offset: Int
    public var files: Int
    public var end: Int
    public var memory: Int?
    /// What it had failed of.
    public var cause: String
  }

  public var task: Name
  public var jobs: [Job]
  /// When it was accepted.
  public var at: Timestamp
  /// Where in the ledger those begin that the order is also for; nil where these are all.
  public var next: Int?
}

extension JobsRevived {
  var json: JSONObject {
    JSONObject(
      "revived",
      [
        ("task", .string(task.text)), ("at", at.json), ("next", next.map { .integer($0) }),
        ("jobs", .array(jobs.map(\.json))),
      ])
  }

  init?(_ json: JSONObject) {
    guard let task = json.name("task"), let at = json["at"]?.timestamp,
      let values = json["jobs"]?.array
    else { return nil }
    var jobs: [Job] = []
    for value in values {
      guard let job = Job(value) else { return nil }
      jobs.append(job)
    }
    self.init(task: task, jobs: jobs, at: at, next: json["next"]?.integer)
  }
}

extension JobsRevived.Job {
  var json: JSON {
    var object = JSONObject([
      .init("index", .integer(index)), .init("attempt", .integer(attempt)),
      .init("cause", .string(cause)), .init("source", .integer(source)),
      .init("offset", .integer(offset)), .init("files", .integer(files)),
      .init("end", .integer(end)),
    ])
    if let memory { object["memory"] = .integer(memory) }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let index = json["index"]?.integer, let attempt = json["attempt"]?.integer,
      let cause = json["cause"]?.string, let source = json["source"]?.integer,
      let offset = json["offset"]?.integer, let files = json["files"]?.integer,
      let end = json["end"]?.integer
    else { return nil }
    self.init(
      index: index, attempt: attempt, source: source, offset: offset, files: files,
      end: end, memory: json["memory"]?.integer, cause: cause)
  }
}
