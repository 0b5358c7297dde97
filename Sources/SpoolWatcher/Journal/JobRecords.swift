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
  /// The ``CatalogueLine/root`` of each job's first input: its offset where no job made it.
  public var roots: [Int]
  /// The beginning of the next job's inputs.
  public var next: Int
}

extension JobsFormed {
  var line: RecordLine {
    [
      .type: RecordType.formed.json, .task: task.json, .first: first.json, .source: source.json,
      .offsets: offsets.json, .files: files.allSatisfy { $0 == 1 } ? nil : files.json,
      .roots: roots == offsets ? nil : roots.json, .next: next.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let task: Name = line[.task], let first: Int = line[.first],
      let source: Int = line[.source], let next: Int = line[.next],
      let offsets: [Int] = line[.offsets]
    else { return nil }
    let files: [Int] = line[.files] ?? Array(repeating: 1, count: offsets.count)
    let roots: [Int] = line[.roots] ?? offsets
    guard files.count == offsets.count, roots.count == offsets.count else { return nil }
    self.init(
      task: task, first: first, source: source, offsets: offsets, files: files, roots: roots,
      next: next)
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
  var line: RecordLine {
    [
      .type: RecordType.accepted.json, .job: job.json, .attempt: attempt.json,
      .parents: parents.isEmpty ? nil : parents.json, .result: result.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let job: JobID = line[.job], let attempt: Int = line[.attempt],
      let result: JobResult = line[.result]
    else { return nil }
    self.init(job: job, attempt: attempt, result: result, parents: line[.parents] ?? [])
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
  /// The wall time of the next attempt, if it grew.
  public var wall: Duration?
  /// Parts that the attempt may have left.
  public var parts: [String]
  /// The first input file of the job, if it failed for good.
  public var input: String?
}

extension AttemptFailed {
  var line: RecordLine {
    [
      .type: RecordType.failed.json, .job: job.json, .attempt: attempt.json, .cause: cause.json,
      .at: at.json, .pilot: pilot?.json, .reason: reason?.json, .retryAt: retryAt?.json,
      .memory: memory?.json, .wall: wall?.milliseconds.json, .input: input?.json,
      .parts: parts.isEmpty ? nil : parts.json,
      .result: result?.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let job: JobID = line[.job], let attempt: Int = line[.attempt],
      let cause: Cause = line[.cause], let at: Timestamp = line[.at]
    else { return nil }
    self.init(
      job: job, attempt: attempt, cause: cause, result: line[.result], pilot: line[.pilot],
      reason: line[.reason], at: at, retryAt: line[.retryAt], memory: line[.memory],
      wall: (line[.wall] as Int?).map { .milliseconds($0) }, parts: line[.parts] ?? [],
      input: line[.input])
  }
}

/// The record of jobs that had failed for good, or were done, and are in work again, by an order.
public struct JobsRevived: Sendable {
  /// A job, with what the ledger knew of it.
  public struct Job: Sendable {
    /// The job's index in its task.
    public var index: Int
    /// The number of the last attempt that was issued (R4).
    public var attempt: Int
    /// The place of its inputs.
    public var position: InputPosition
    /// The cause of its final failure; `ok` if it was done.
    public var cause: String
    /// What it reported when it was done, which is taken out of the sums.
    public var report = JSONObject()
    /// The names of what was left out of that report.
    public var leftOut: [String] = []

    /// True if it was done.
    var wasDone: Bool { cause == LedgerLine.success }
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
  /// True if those of several files are to be split.
  public var splits = false
}

extension JobsRevived {
  var line: RecordLine {
    [
      .type: RecordType.revived.json, .task: task.json, .at: at.json, .next: next?.json,
      .split: splits ? true : nil, .jobs: jobs.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let task: Name = line[.task], let at: Timestamp = line[.at],
      let jobs: [Job] = line[.jobs]
    else { return nil }
    self.init(task: task, jobs: jobs, at: at, next: line[.next], splits: line[.split] ?? false)
  }
}

extension JobsRevived.Job: JSONValue {
  private enum Key: String { case index, attempt, cause, report, leftOut }

  /// The job as the record holds it: the position's members follow its own.
  public var json: JSON {
    let members: RecordMembers<Key> = [
      .index: index.json, .attempt: attempt.json, .cause: cause.json,
      .report: report.members.isEmpty ? nil : report.json,
      .leftOut: leftOut.isEmpty ? nil : leftOut.json,
    ]
    return .object(
      JSONObject(members.object.members + (position.json.object?.members ?? [])))
  }

  /// Reads a job of the record.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let index: Int = members[.index],
      let attempt: Int = members[.attempt], let cause: String = members[.cause],
      let position = InputPosition(json: json)
    else { return nil }
    self.init(
      index: index, attempt: attempt, position: position, cause: cause,
      report: members[.report] ?? JSONObject(), leftOut: members[.leftOut] ?? [])
  }
}
