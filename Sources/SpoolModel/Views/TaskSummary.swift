/// The page of a task: `running/TASK.json` while it is in work, `done/TASK.json` or
/// `failed/TASK.json` when it has ended. The watcher writes it; people, commands and notices read it.
public struct TaskSummary: Equatable, Sendable {
  /// The task.
  public var task: Name
  /// The state of the task.
  public var state: TaskState
  /// True for the page of a task in the archive.
  public var isPacked: Bool
  /// The reason of the state, in words.
  public var reason: String?
  /// The dataset that is not there yet.
  public var waitsFor: Name?
  /// The time since when the task waits for the dataset.
  public var waitsSince: Timestamp?
  /// The dataset that lacks files, of a task whose job is to have all of them.
  public var lacks: Name?
  /// What holds up the jobs that wait, in words.
  public var waits: [String]
  /// The chain of which the task is a step.
  public var chain: Name?
  /// The jobs by their state.
  public var jobs: JobCounts
  /// The number of attempts that ended.
  public var attempts: Int
  /// Attempts that failed, by cause.
  public var failedAttempts: [String: Int]
  /// Jobs that failed for good, by cause.
  public var failures: [String: Int]
  /// The first jobs that failed for good.
  public var failedJobs: [JobID]
  /// The sums over the jobs.
  public var totals: JobTotals
  /// The time at which the watcher accepted the request.
  public var accepted: Timestamp
  /// The time at which the first attempt began.
  public var started: Timestamp?
  /// The time at which the task ended.
  public var ended: Timestamp?
  /// The priority that holds now, 0 to 9; 0 is first.
  public var priority: Int
  /// The most jobs that are in ready or run at once, as it holds now; nil for no limit.
  public var maxRunning: Int?
  /// The queue of the jobs.
  public var queue: Queue
  /// The resources that hold now.
  public var resources: Resources
  /// The uid that dropped the request.
  public var owner: Int
  /// The random id of the task's life under its name (R6).
  public var incarnation: String
  /// The request as it was accepted. A page always has one; nil leaves it out, for a writer that adds
  /// the text of the request itself.
  public var request: JSONObject?

  /// Makes a page.
  public init(
    task: Name, state: TaskState, isPacked: Bool = false, reason: String? = nil,
    waitsFor: Name? = nil, waitsSince: Timestamp? = nil, lacks: Name? = nil, waits: [String] = [],
    chain: Name? = nil, jobs: JobCounts, attempts: Int, failedAttempts: [String: Int] = [:],
    failures: [String: Int] = [:], failedJobs: [JobID] = [], totals: JobTotals,
    accepted: Timestamp, started: Timestamp? = nil, ended: Timestamp? = nil, priority: Int,
    maxRunning: Int? = nil, queue: Queue, resources: Resources, owner: Int, incarnation: String,
    request: JSONObject? = nil
  ) {
    self.task = task
    self.state = state
    self.isPacked = isPacked
    self.reason = reason
    self.waitsFor = waitsFor
    self.waitsSince = waitsSince
    self.lacks = lacks
    self.waits = waits
    self.chain = chain
    self.jobs = jobs
    self.attempts = attempts
    self.failedAttempts = failedAttempts
    self.failures = failures
    self.failedJobs = failedJobs
    self.totals = totals
    self.accepted = accepted
    self.started = started
    self.ended = ended
    self.priority = priority
    self.maxRunning = maxRunning
    self.queue = queue
    self.resources = resources
    self.owner = owner
    self.incarnation = incarnation
    self.request = request
  }
}

extension TaskSummary {
  private enum Key: String {
    case format, kind, task, state, packed, reason, waitsFor, waitsSince, lacks, waits, chain, jobs
    case attempts, failedAttempts, failures, failedJobs, accepted, started, ended, priority
    case maxRunning, queue, resources, owner, incarnation, request
  }

  private static let kind = "summary"

  /// The page.
  public var json: JSON { .object(object) }

  /// The members of the page, in their order.
  public var object: JSONObject {
    var head = RecordMembers<Key>()
    head[.format] = 1
    head[.kind] = Self.kind
    head[.task] = task
    head[.state] = state
    if isPacked { head[.packed] = true }
    head[.reason] = reason
    head[.waitsFor] = waitsFor
    head[.waitsSince] = waitsSince
    head[.lacks] = lacks
    if !waits.isEmpty { head[.waits] = waits }
    head[.chain] = chain
    head[.jobs] = jobs
    head[.attempts] = attempts
    if !failedAttempts.isEmpty { head[.failedAttempts] = failedAttempts }
    if !failures.isEmpty { head[.failures] = failures }
    if !failedJobs.isEmpty { head[.failedJobs] = failedJobs }
    var tail = RecordMembers<Key>()
    tail[.accepted] = accepted
    tail[.started] = started
    tail[.ended] = ended
    tail[.priority] = priority
    tail[.maxRunning] = maxRunning
    tail[.queue] = queue
    tail[.resources] = resources
    tail[.owner] = owner
    tail[.incarnation] = incarnation
    tail[.request] = request
    return JSONObject(head.object.members + totals.members + tail.object.members)
  }

  /// Reads a page; nil if it is none of a task. Keys that this version does not know are passed over.
  public init?(_ json: JSON) {
    guard let page = RecordMembers<Key>(json), page[.kind] == Self.kind,
      let task: Name = page[.task], let state: TaskState = page[.state],
      let jobs: JobCounts = page[.jobs], let attempts: Int = page[.attempts],
      let totals = JobTotals(page: json), let accepted: Timestamp = page[.accepted],
      let priority: Int = page[.priority], let queue: Queue = page[.queue],
      let resources: Resources = page[.resources], let owner: Int = page[.owner],
      let incarnation: String = page[.incarnation]
    else { return nil }
    self.init(
      task: task, state: state, isPacked: page[.packed] ?? false, reason: page[.reason],
      waitsFor: page[.waitsFor], waitsSince: page[.waitsSince], lacks: page[.lacks],
      waits: page[.waits] ?? [], chain: page[.chain], jobs: jobs, attempts: attempts,
      failedAttempts: page[.failedAttempts] ?? [:], failures: page[.failures] ?? [:],
      failedJobs: page[.failedJobs] ?? [], totals: totals, accepted: accepted,
      started: page[.started], ended: page[.ended], priority: priority,
      maxRunning: page[.maxRunning], queue: queue, resources: resources, owner: owner,
      incarnation: incarnation, request: page[.request])
  }
}

extension Resources: JSONValue {
  private enum Key: String { case cpus, gpus, memory, wall, tags, tokens }

  /// The resources as pages show them: bytes, and seconds.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.cpus] = cpus
    members[.gpus] = gpus
    members[.memory] = memory
    members[.wall] = wall.inSeconds
    members[.tags] = tags
    if !tokens.isEmpty { members[.tokens] = tokens }
    return members.json
  }

  /// Reads the resources of a page; a request has other units.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let cpus: Int = members[.cpus],
      let gpus: Int = members[.gpus], let memory: Int = members[.memory],
      let wall: Double = members[.wall], let tags: [String] = members[.tags]
    else { return nil }
    self.init()
    self.cpus = cpus
    self.gpus = gpus
    self.memory = memory
    self.wall = Duration(inSeconds: wall)
    self.tags = tags
    tokens = members[.tokens] ?? [:]
  }
}
