/// An attempt of a job, as a line of `ledger/TASK.jsonl`. The watcher appends the lines in the order
/// in which it judged the attempts.
public struct LedgerLine: Equatable, Sendable {
  /// The watcher's verdict on an attempt.
  public enum Outcome: Equatable, Sendable {
    /// The attempt succeeded.
    case success(JobResult)
    /// The attempt failed.
    case failure(Failure)
  }

  /// An attempt that did not succeed.
  public struct Failure: Equatable, Sendable {
    /// The consequence of a failed attempt.
    public enum Sequel: Equatable, Sendable {
      /// The next attempt is due at this time.
      case retry(Timestamp)
      /// The job failed for good; its inputs are here.
      case final(InputPosition)
    }

    /// The cause of the failure.
    public var cause: Cause
    /// The pilot's result; nil if there is none, as of a pilot that died.
    public var result: JobResult?
    /// The pilot that had the job; nil if no pilot had it.
    public var pilot: PilotName?
    /// The time at which the watcher judged the attempt.
    public var registered: Timestamp
    /// The reason, in words.
    public var reason: String?
    /// The end of the job, or its next attempt.
    public var sequel: Sequel

    /// Makes a failure. `pilot` counts only without a result, which names its own. Without a
    /// `reason`, the result's reason is taken.
    public init(
      cause: Cause, result: JobResult?, pilot: PilotName?, registered: Timestamp, reason: String?,
      sequel: Sequel
    ) {
      self.cause = cause
      self.result = result
      self.pilot = result?.pilot ?? pilot
      self.registered = registered
      self.reason = reason ?? result?.reason
      self.sequel = sequel
    }
  }

  /// The job.
  public var job: JobID
  /// The number of the attempt, from 1.
  public var attempt: Int
  /// The verdict.
  public var outcome: Outcome
  /// The place of the inputs of a job that was done; nil where an earlier version wrote the line.
  public var donePosition: InputPosition?

  /// Makes a line. `position` is for a success: a final failure holds its own.
  public init(job: JobID, attempt: Int, outcome: Outcome, position: InputPosition? = nil) {
    self.job = job
    self.attempt = attempt
    self.outcome = outcome
    if case .success = outcome { donePosition = position }
  }

  /// The pilot's result, if there is one.
  public var result: JobResult? {
    switch outcome {
    case .success(let result): result
    case .failure(let failure): failure.result
    }
  }

  /// The failure; nil for a success.
  public var failure: Failure? {
    if case .failure(let failure) = outcome { failure } else { nil }
  }

  /// The pilot that had the job; nil if no pilot had it.
  public var pilot: PilotName? { failure?.pilot ?? result?.pilot }

  /// The reason, in words, of a failure.
  public var reason: String? { failure.map(\.reason) ?? result?.reason }

  /// True if the job failed for good with this attempt.
  public var isFinalFailure: Bool {
    if case .final? = failure?.sequel { true } else { false }
  }

  /// The time at which the next attempt is due; nil if there is no next attempt.
  public var retryAt: Timestamp? {
    if case .retry(let time)? = failure?.sequel { time } else { nil }
  }

  /// The verdict as the ledger spells it: `ok`, or the cause of the failure.
  public var verdict: String { failure?.cause.description ?? Self.success }

  /// The verdict on a success.
  public static let success = "ok"
}

extension LedgerLine {
  private enum Key: String {
    case job, attempt, outcome, final, pilot, registered, reason, retryAt, position
  }

  /// The line as the ledger holds it.
  public var json: JSON {
    var head = RecordMembers<Key>()
    head[.job] = job
    head[.attempt] = attempt
    head[.outcome] = verdict
    if failure != nil { head[.final] = isFinalFailure }
    if result == nil { head[.pilot] = pilot }
    var tail = RecordMembers<Key>()
    tail[.registered] = failure?.registered
    tail[.reason] = reason
    switch failure?.sequel {
    case .retry(let time): tail[.retryAt] = time
    case .final(let position): tail[.position] = position
    case nil: tail[.position] = donePosition
    }
    return .object(
      JSONObject(head.object.members + resultMembers + tail.object.members))
  }

  /// Returns the JSON of an attempt that has not ended, in the form of a ledger line: for listings that
  /// show it beside the ledger. `outcome` is its state.
  public static func current(
    _ job: JobID, attempt: Int, outcome: String, pilot: PilotName?
  ) -> JSON {
    var line = RecordMembers<Key>()
    line[.job] = job
    line[.attempt] = attempt
    line[.outcome] = outcome
    line[.pilot] = pilot
    return line.json
  }

  /// The pilot's result, without its reason: the watcher's word on that comes after it.
  private var resultMembers: [JSONObject.Member] {
    result?.json.object?.members.filter { $0.key != Key.reason.rawValue } ?? []
  }

  /// Reads a line; nil for the header, and for a line that is no attempt.
  public init?(_ json: JSON) {
    guard let line = RecordMembers<Key>(json), let job: JobID = line[.job],
      let attempt: Int = line[.attempt], let verdict: String = line[.outcome]
    else { return nil }
    let result = JobResult(json: json)
    if verdict == Self.success {
      guard let result else { return nil }
      self.init(
        job: job, attempt: attempt, outcome: .success(result), position: line[.position])
      return
    }
    guard let cause = Cause(verdict), let registered: Timestamp = line[.registered],
      let sequel = Self.sequel(line)
    else { return nil }
    let failure = Failure(
      cause: cause, result: result, pilot: line[.pilot], registered: registered,
      reason: line[.reason], sequel: sequel)
    self.init(job: job, attempt: attempt, outcome: .failure(failure))
  }

  private static func sequel(_ line: RecordMembers<Key>) -> Failure.Sequel? {
    if line[.final] == true {
      let position: InputPosition? = line[.position]
      return position.map { .final($0) }
    }
    let time: Timestamp? = line[.retryAt]
    return time.map { .retry($0) }
  }
}
