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
  /// The number of jobs that were formed.
  var formed = 0
  /// The number of jobs that succeeded.
  var done = 0
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
  /// True while the task only runs failed jobs again, and forms no new ones.
  var isRepair = false

  init(_ accepted: TaskAccepted, number: Int) {
    request = Shared(accepted)
    specification = Shared(accepted.spec)
    self.number = number
    waitsSince = accepted.at
    next = Array(repeating: 0, count: accepted.spec.sources)
  }

  var name: Name { accepted.spec.name }
}

extension TaskEntry {
  /// The entry as a checkpoint holds it, with its jobs in work.
  func json(_ jobs: [Int: JobEntry]) -> JSON {
    var object = JSONObject([
      .init("accepted", .object(accepted.json)), .init("number", .integer(number)),
      .init("state", .string(state.rawValue)), .init("next", .array(next.map { .integer($0) })),
      .init("formed", .integer(formed)),
      .init("done", .integer(done)), .init("failed", .integer(failed)),
      .init("attempts", .integer(attempts)), .init("causes", Self.json(causes)),
      .init("finalCauses", Self.json(finalCauses)),
      .init("failedJobs", failedJobs.json), .init("sums", sums.json),
      .init("cpu", .number(cpu)), .init("memory", .integer(peakMemory)),
      .init("wall", .integer(wall.milliseconds)), .init("outputs", .integer(outputs)),
      .init("outputBytes", .integer(outputBytes)), .init("ledger", .integer(ledgerLength)),
      .init("jobs", Self.json(jobs)),
    ])
    if let chain { object["chain"] = .string(chain.text) }
    if spec.allowsIncomplete { object["allowIncomplete"] = true }
    if !failedFiles.isEmpty {
      object["failedFiles"] = .object(
        JSONObject(failedFiles.sorted { $0.key < $1.key }.map { .init("\($0)", .string($1)) }))
    }
    if !leftover.isEmpty { object["leftover"] = Self.json(leftover) }
    if let cancelledBy { object["cancelledBy"] = .integer(cancelledBy) }
    if isRepair { object["repair"] = true }
    if waitsSince != accepted.at { object["waitsSince"] = waitsSince.json }
    if let revival { object["revival"] = revival.json(of: name) }
    object["priority"] = .integer(spec.priority)
    object["limits"] = [
      "memory": .integer(spec.resources.memory), "wall": .integer(spec.resources.wall.milliseconds),
    ]
    if let started { object["started"] = started.json }
    if let ended { object["ended"] = ended.json }
    if let reason { object["reason"] = .string(reason) }
    return .object(object)
  }

  static func json(_ counts: [String: Int]) -> JSON {
    .object(JSONObject(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }))
  }

  private static func json(_ jobs: [Int: JobEntry]) -> JSON {
    .array(jobs.sorted { $0.key < $1.key }.map { $1.json(index: $0) })
  }

  static func jobs(_ json: JSON?) -> [Int: JobEntry]? {
    var jobs: [Int: JobEntry] = [:]
    for value in json?.array ?? [] {
      guard let index = value["index"]?.integer, let job = JobEntry(value) else { return nil }
      jobs[index] = job
    }
    return jobs
  }

  private static func counts(_ json: JSON?) -> [String: Int] {
    var counts: [String: Int] = [:]
    for member in json?.object?.members ?? [] { counts[member.key] = member.value.integer }
    return counts
  }

  /// Reads the entry from a checkpoint, without its jobs. Returns nil if the JSON is not what a
  /// watcher writes.
  init?(_ json: JSON) {
    guard let accepted = json["accepted"]?.object.flatMap({ TaskAccepted($0) }),
      let number = json["number"]?.integer,
      let state = json["state"]?.string.flatMap({ TaskState(rawValue: $0) })
    else { return nil }
    self.init(accepted, number: number)
    // An earlier version wrote that a task waits. This version finds that out again.
    self.state = state == .waiting ? .active : state
    next = (json["next"]?.array ?? []).compactMap(\.integer)
    guard next.count == spec.sources else { return nil }
    formed = json["formed"]?.integer ?? 0
    done = json["done"]?.integer ?? 0
    failed = json["failed"]?.integer ?? 0
    attempts = json["attempts"]?.integer ?? 0
    causes = Self.counts(json["causes"])
    finalCauses = Self.counts(json["finalCauses"])
    failedJobs = RangeSet(json["failedJobs"])
    for member in json["failedFiles"]?.object?.members ?? [] {
      if let index = Int(member.key) { failedFiles[index] = member.value.string }
    }
    chain = json["chain"]?.string.flatMap { Name($0) }
    sums = ReportSums(json["sums"])
    cpu = json["cpu"]?.double ?? 0
    peakMemory = json["memory"]?.integer ?? 0
    wall = .milliseconds(json["wall"]?.integer ?? 0)
    outputs = json["outputs"]?.integer ?? 0
    outputBytes = json["outputBytes"]?.integer ?? 0
    ledgerLength = json["ledger"]?.integer ?? 0
    started = json["started"]?.timestamp
    ended = json["ended"]?.timestamp
    reason = json["reason"]?.string
    guard let leftover = Self.jobs(json["leftover"]) else { return nil }
    self.leftover = leftover
    cancelledBy = json["cancelledBy"]?.integer
    isRepair = json["repair"]?.bool ?? false
    waitsSince = json["waitsSince"]?.timestamp ?? accepted.at
    revival = json["revival"].flatMap { Revival($0) }
    spec.allowsIncomplete = json["allowIncomplete"]?.bool ?? spec.allowsIncomplete
    spec.priority = json["priority"]?.integer ?? spec.priority
    spec.resources.memory = json["limits"]?["memory"]?.integer ?? spec.resources.memory
    spec.resources.wall =
      json["limits"]?["wall"]?.integer.map { .milliseconds($0) } ?? spec.resources.wall
  }
}

extension TaskEntry.Revival {
  /// The order and its progress as a checkpoint holds them.
  func json(of task: Name) -> JSON {
    let request = ControlRequest(task: task, action: .retry(order))
    return [
      "from": .integer(from), "until": .integer(until), "request": .object(request.json),
    ]
  }

  init?(_ json: JSON) {
    guard let from = json["from"]?.integer, let until = json["until"]?.integer,
      let request = json["request"],
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
