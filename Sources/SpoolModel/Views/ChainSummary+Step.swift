extension ChainSummary {
  /// A step on the page of its chain.
  public struct Step: Equatable, Sendable {
    /// A job that failed for good.
    public struct FailedJob: Equatable, Sendable {
      /// The job.
      public var job: JobID
      /// A file that the job was to read.
      public var input: String?

      /// Makes a failed job.
      public init(job: JobID, input: String? = nil) {
        self.job = job
        self.input = input
      }
    }

    /// The name of the step in its chain.
    public var name: String
    /// The task of the step.
    public var task: Name
    /// The state of the task.
    public var state: TaskState
    /// The reason of the state, in words.
    public var reason: String?
    /// The dataset that is not there yet.
    public var waitsFor: Name?
    /// The dataset that lacks files, of a step whose job is to have all of them.
    public var lacks: Name?
    /// The jobs by their state.
    public var jobs: JobCounts
    /// All attempts that ended.
    public var attempts: Int
    /// Attempts that failed, by cause.
    public var failedAttempts: [String: Int]
    /// The first jobs that failed for good.
    public var failedJobs: [FailedJob]
    /// The sums over the jobs.
    public var totals: JobTotals
    /// The time at which the first attempt began.
    public var started: Timestamp?
    /// The time at which the task ended.
    public var ended: Timestamp?

    /// Makes a step.
    public init(
      name: String, task: Name, state: TaskState, reason: String? = nil, waitsFor: Name? = nil,
      lacks: Name? = nil, jobs: JobCounts, attempts: Int, failedAttempts: [String: Int] = [:],
      failedJobs: [FailedJob] = [], totals: JobTotals, started: Timestamp? = nil,
      ended: Timestamp? = nil
    ) {
      self.name = name
      self.task = task
      self.state = state
      self.reason = reason
      self.waitsFor = waitsFor
      self.lacks = lacks
      self.jobs = jobs
      self.attempts = attempts
      self.failedAttempts = failedAttempts
      self.failedJobs = failedJobs
      self.totals = totals
      self.started = started
      self.ended = ended
    }
  }
}

extension ChainSummary.Step: JSONValue {
  private enum Key: String {
    case name, task, state, reason, waitsFor, lacks, jobs, attempts, failedAttempts, failedJobs
    case started, ended
  }

  public var json: JSON {
    var head = RecordMembers<Key>()
    head[.name] = name
    head[.task] = task
    head[.state] = state
    head[.reason] = reason
    head[.waitsFor] = waitsFor
    head[.lacks] = lacks
    head[.jobs] = jobs
    head[.attempts] = attempts
    if !failedAttempts.isEmpty { head[.failedAttempts] = failedAttempts }
    if !failedJobs.isEmpty { head[.failedJobs] = failedJobs }
    var tail = RecordMembers<Key>()
    tail[.started] = started
    tail[.ended] = ended
    return .object(
      JSONObject(head.object.members + totals.members + tail.object.members))
  }

  public init?(json: JSON) {
    guard let step = RecordMembers<Key>(json), let name: String = step[.name],
      let task: Name = step[.task], let state: TaskState = step[.state],
      let jobs: JobCounts = step[.jobs], let attempts: Int = step[.attempts],
      let totals = JobTotals(page: json)
    else { return nil }
    self.init(
      name: name, task: task, state: state, reason: step[.reason], waitsFor: step[.waitsFor],
      lacks: step[.lacks], jobs: jobs, attempts: attempts,
      failedAttempts: step[.failedAttempts] ?? [:], failedJobs: step[.failedJobs] ?? [],
      totals: totals, started: step[.started], ended: step[.ended])
  }
}

extension ChainSummary.Step.FailedJob: JSONValue {
  private enum Key: String { case job, input }

  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.job] = job
    members[.input] = input
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let job: JobID = members[.job] else {
      return nil
    }
    self.init(job: job, input: members[.input])
  }
}
