internal import SpoolModel

/// A task, from its acceptance until it is packed. Its jobs in work lie beside it, in
/// ``SpoolState/jobs(of:)``, so that a copy of an entry stays small.
struct TaskEntry {
  /// An order to try failed jobs again, with its progress.
  struct Revival: Equatable {
    var order: RetryOrder
    /// The length of the ledger, in bytes, when the order came. The order does not apply to later
    /// failures.
    var until: Int
    /// The place in the ledger, in bytes, from which the watcher looks for further failed jobs.
    var from = 0
  }

  /// The list of a task's groups, as it was recorded.
  struct Groups: Equatable {
    /// The number of bytes of each of its catalogues whose files are in the list.
    var lengths: [Int]
    /// The number of bytes of the list.
    var length: Int
    /// The number of jobs that the list makes.
    var jobs: Int
  }

  var accepted: TaskAccepted { _read { yield request.value } }
  /// The specification in force: the accepted one with the changes that orders made.
  var spec: TaskSpec {
    _read { yield specification.value }
    _modify {
      var changed = specification.value
      defer { specification = Shared(changed) }
      yield &changed
    }
  }
  private let request: Shared<TaskAccepted>
  private var specification: Shared<TaskSpec>
  /// The position in the order of acceptance, which tasks and chains share.
  let number: Int
  /// The chain that it is a step of; nil if it is none.
  var chain: Name?
  /// Active, held or ended. ``Placement`` knows if an active task waits.
  var state: TaskState = .active
  /// The beginning of the next job's inputs, in each of its datasets or in its list.
  var next: [Int]
  /// The list of its groups, of a task that has them; nil before it is made.
  var groups: Groups?
  /// The number of jobs that were formed.
  var formed = 0
  /// The number of jobs that succeeded.
  var done = 0
  /// The number of these whose lines in the ledger say where their inputs lie.
  var placed = 0
  /// The number of jobs that failed for good.
  var failed = 0
  /// The number of attempts that ended.
  var attempts = 0
  /// The number of failed attempts, by cause.
  var causes: [String: Int] = [:]
  /// The number of jobs that failed for good, by the cause of the last attempt.
  var finalCauses: [String: Int] = [:]
  /// The jobs that failed for good, by index.
  var failedJobs = RangeSet<Int>()
  /// The first input file of failed jobs, by index, for a limited number of jobs.
  var failedFiles: [Int: String] = [:]
  /// Jobs that were in work when the task ended early, by index.
  var leftover: [Int: JobEntry] = [:]
  /// The sums of the numbers that payloads reported.
  var sums = ReportSums()
  /// The CPU time of all attempts, in seconds.
  var cpu = 0.0
  /// The peak memory of one attempt, in bytes.
  var peakMemory = 0
  /// The running time of all attempts.
  var wall = Duration.zero
  /// The number of published output files.
  var outputs = 0
  /// The size of the published output files, in bytes.
  var outputBytes = 0
  /// The start of the earliest attempt.
  var started: Timestamp?
  var ended: Timestamp?
  /// True from its end until the site's command has been told of it, where the site wants to be certain.
  var isUntold = false
  /// The reason for the task's end, in words.
  var reason: String?
  /// The number of bytes of the ledger that count.
  var ledgerLength = 0
  /// The time from which the wait for an absent dataset counts.
  var waitsSince: Timestamp
  /// The uid of the person who cancelled it, from the order to the task's end.
  var cancelledBy: Int?
  /// The order to try failed jobs again that is being carried out.
  var revival: Revival?
  /// Datasets that it read and that were forgotten. A dataset of that name is another now.
  var lacks: Set<Name> = []
  /// True while the task only runs failed jobs again, and forms no new ones.
  var isRepair = false
  /// True from an order to try jobs again that are done to the task's end.
  var isAgain = false

  init(_ accepted: TaskAccepted, number: Int) {
    request = Shared(accepted)
    specification = Shared(accepted.spec)
    self.number = number
    waitsSince = accepted.at
    next = Array(repeating: 0, count: accepted.spec.sources)
  }

  var name: Name { accepted.spec.name }
  /// True if it has not ended and is not held.
  var isAtWork: Bool { state != .held && !state.hasEnded }
}

extension TaskEntry {
  private enum Key: String {
    case accepted, number, state, next, formed, done, failed, attempts, causes, finalCauses
    case failedJobs, sums, leftOut, cpu, memory, wall, outputs, outputBytes, ledger, jobs, chain
    case allowIncomplete, failedFiles, leftover, cancelledBy, repair, waitsSince, revival
    case priority, maxRunning, limits, started, ended, reason
    case command, lacks, untold, groups, placed, again
  }

  private enum GroupsKey: String { case lengths, length, jobs }

  private enum LimitKey: String { case memory, wall }

  /// The entry as a checkpoint holds it, with its jobs in work. Times are milliseconds.
  func json(_ jobs: [Int: JobEntry]) -> JSON {
    let limits: RecordMembers<LimitKey> = [
      .memory: spec.resources.memory.json, .wall: spec.resources.wall.milliseconds.json,
    ]
    let members: RecordMembers<Key> = [
      .accepted: accepted.line.json, .number: number.json, .state: state.json, .next: next.json,
      .formed: formed.json, .done: done.json, .failed: failed.json, .attempts: attempts.json,
      .causes: causes.json, .finalCauses: finalCauses.json, .failedJobs: failedJobs.json,
      .sums: sums.json, .leftOut: sums.leftOut.isEmpty ? nil : sums.leftOut.json, .cpu: cpu.json,
      .memory: peakMemory.json, .wall: wall.milliseconds.json,
      .outputs: outputs.json, .outputBytes: outputBytes.json, .ledger: ledgerLength.json,
      .jobs: JobEntry.json(jobs), .chain: chain?.json,
      .allowIncomplete: spec.allowsIncomplete ? true : nil,
      .failedFiles: failedFiles.isEmpty ? nil : failedFiles.json,
      .leftover: leftover.isEmpty ? nil : JobEntry.json(leftover), .cancelledBy: cancelledBy?.json,
      .repair: isRepair ? true : nil, .again: isAgain ? true : nil,
      .waitsSince: waitsSince == accepted.at ? nil : waitsSince.json,
      .revival: revival?.json(of: name), .priority: spec.priority.json,
      .maxRunning: spec.maxRunning == accepted.spec.maxRunning
        ? nil : ControlRequest(task: name, action: .limit(spec.maxRunning)).json["maxRunning"],
      .limits: limits.json,
      .command: spec.command == accepted.spec.command
        ? nil : .array(spec.command.map { .string($0.text) }),
      .lacks: lacks.isEmpty ? nil : lacks.json, .untold: isUntold ? true : nil,
      .groups: groups.map(Self.groupsJSON), .placed: placed > 0 ? placed.json : nil,
      .started: started?.json, .ended: ended?.json, .reason: reason?.json,
    ]
    return members.json
  }

  /// Reads an entry and its jobs in work from a checkpoint. Returns nil if the JSON is not what a
  /// watcher writes.
  static func read(_ json: JSON) -> (TaskEntry, jobs: [Int: JobEntry])? {
    guard let members = RecordMembers<Key>(json), let task = TaskEntry(members),
      let jobs = JobEntry.jobs(members[.jobs])
    else { return nil }
    return (task, jobs)
  }

  private init?(_ members: RecordMembers<Key>) {
    guard let line: RecordLine = members[.accepted], let accepted = TaskAccepted(line),
      let number: Int = members[.number], let state: TaskState = members[.state],
      let next: [Int] = members[.next], next.count == accepted.spec.sources,
      let leftover = JobEntry.jobs(members[.leftover])
    else { return nil }
    self.init(accepted, number: number)
    // An earlier version wrote that a task waits. This version finds that out again.
    self.state = state == .waiting ? .active : state
    self.next = next
    self.leftover = leftover
    formed = members[.formed] ?? 0
    done = members[.done] ?? 0
    placed = members[.placed] ?? 0
    failed = members[.failed] ?? 0
    attempts = members[.attempts] ?? 0
    causes = members[.causes] ?? [:]
    finalCauses = members[.finalCauses] ?? [:]
    failedJobs = members[.failedJobs] ?? RangeSet()
    failedFiles = members[.failedFiles] ?? [:]
    chain = members[.chain]
    sums = ReportSums(members[.sums], leftOut: members[.leftOut] ?? [:])
    cpu = members[.cpu] ?? 0
    peakMemory = members[.memory] ?? 0
    wall = .milliseconds(members[.wall] ?? 0)
    outputs = members[.outputs] ?? 0
    outputBytes = members[.outputBytes] ?? 0
    ledgerLength = members[.ledger] ?? 0
    started = members[.started]
    ended = members[.ended]
    reason = members[.reason]
    cancelledBy = members[.cancelledBy]
    isRepair = members[.repair] ?? false
    isAgain = members[.again] ?? false
    waitsSince = members[.waitsSince] ?? accepted.at
    revival = members[.revival].flatMap { Revival($0) }
    lacks = members[.lacks] ?? []
    isUntold = members[.untold] ?? false
    groups = Self.groups(members[.groups])
    readChanges(members)
  }

  private static func groupsJSON(_ groups: Groups) -> JSON {
    let members: RecordMembers<GroupsKey> = [
      .lengths: groups.lengths.json, .length: groups.length.json, .jobs: groups.jobs.json,
    ]
    return members.json
  }

  private static func groups(_ members: RecordMembers<GroupsKey>?) -> Groups? {
    guard let members, let lengths: [Int] = members[.lengths], let length: Int = members[.length],
      let jobs: Int = members[.jobs]
    else { return nil }
    return Groups(lengths: lengths, length: length, jobs: jobs)
  }

  /// Reads what orders changed in the specification.
  private mutating func readChanges(_ members: RecordMembers<Key>) {
    spec.allowsIncomplete = members[.allowIncomplete] ?? spec.allowsIncomplete
    spec.priority = members[.priority] ?? spec.priority
    if let limit: JSON = members[.maxRunning] { spec.maxRunning = limit.integer }
    if let command: [String] = members[.command] {
      spec.command = command.compactMap { try? Template($0) }
    }
    guard let limits: RecordMembers<LimitKey> = members[.limits] else { return }
    spec.resources.memory = limits[.memory] ?? spec.resources.memory
    spec.resources.wall = .milliseconds(limits[.wall] ?? spec.resources.wall.milliseconds)
  }
}

extension TaskEntry.Revival {
  private enum Key: String { case from, until, request }

  /// The order and its progress as a checkpoint holds them.
  func json(of task: Name) -> JSON {
    let request = ControlRequest(task: task, action: .retry(order))
    let members: RecordMembers<Key> = [
      .from: from.json, .until: until.json, .request: .object(request.json),
    ]
    return members.json
  }

  init?(_ json: JSON) {
    guard let members = RecordMembers<Key>(json), let from: Int = members[.from],
      let until: Int = members[.until], let request: JSON = members[.request],
      case .control(let control)? = try? Request(request, root: "/"),
      case .retry(let order) = control.action
    else { return nil }
    self.init(order: order, until: until, from: from)
  }
}

/// A large value that copies of its holder share, so that a copy costs one reference.
private final class Shared<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }
}
