public import SpoolModel

/// The record of jobs that were formed, with consecutive numbers.
public struct JobsFormed: Sendable {
  /// The task that the jobs belong to.
  public var task: Name
  /// The index of the first job.
  public var first: Int
  /// The number of the dataset, among the task's, that the inputs come from.
  public var source: Int
  /// The beginning of each job's inputs: a byte of the catalogue, or an index of the list.
  public var offsets: [Int]
  /// The number of each job's inputs.
  public var files: [Int]
  /// The beginning of the next job's inputs.
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

/// The record of an accepted result. If it has outputs, the watcher publishes them next (R3).
public struct ResultAccepted: Sendable {
  /// The job that succeeded.
  public var job: JobID
  /// The attempt that succeeded.
  public var attempt: Int
  /// The result as the pilot wrote it.
  public var result: JobResult
  /// The paths of the job's inputs, at most the first hundred.
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

/// The record of a failed attempt, with the decision about the next one (R4).
public struct AttemptFailed: Sendable {
  /// The job that failed.
  public var job: JobID
  /// The attempt that failed.
  public var attempt: Int
  /// The cause of the failure (R10).
  public var cause: Cause
  /// The result that the pilot wrote, if it could.
  public var result: JobResult?
  /// The pilot that had the job, if it is known.
  public var pilot: PilotName?
  /// The reason in words.
  public var reason: String?
  /// The time at which the watcher registered the failure.
  public var at: Timestamp
  /// The time at which the next attempt is due; nil if the job failed for good.
  public var retryAt: Timestamp?
  /// The memory limit of the next attempt in bytes, if it grew.
  public var memory: Int?
  /// Parts that the attempt may have left.
  public var parts: [String]
  /// The first input file of the job, if it failed for good.
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

/// The record of jobs that had failed for good and are in work again, by an order.
public struct JobsRevived: Sendable {
  /// A job, with what the ledger knew of it.
  public struct Job: Sendable {
    /// The job's index in its task.
    public var index: Int
    /// The number of the last attempt that was issued (R4).
    public var attempt: Int
    /// The number of the dataset, among the task's, that its inputs come from.
    public var source: Int
    /// The beginning of its inputs: a byte of the catalogue, or an index of the list.
    public var offset: Int
    /// The number of its inputs.
    public var files: Int
    /// The end of its inputs.
    public var end: Int
    /// The memory limit in bytes, if it had grown beyond the task's.
    public var memory: Int?
    /// The cause of its final failure.
    public var cause: String
  }

  /// The task that the jobs belong to.
  public var task: Name
  /// The jobs that are in work again.
  public var jobs: [Job]
  /// The time of the revival, at which the jobs are due.
  public var at: Timestamp
  /// The place in the ledger, in bytes, from which more jobs are to be revived; nil if these are
  /// all.
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
