internal import SpoolModel
internal import SpoolStore

/// The page of a task for people and commands. While the task is in work it is `running/TASK.json`;
/// after that it is the summary, `done/TASK.json` or `failed/TASK.json`. In comes the state; out
/// goes JSON.
struct TaskPage {
  private let task: TaskEntry
  private let state: SpoolState
  private let placement: Placement
  /// The number of jobs in ready.
  private let ready: Int
  /// True if the page is for the archive.
  private let isPacked: Bool

  init(
    _ task: TaskEntry, _ state: SpoolState, _ placement: Placement, ready: Int,
    isPacked: Bool = false
  ) {
    self.task = task
    self.state = state
    self.placement = placement
    self.ready = ready
    self.isPacked = isPacked
  }

  /// The state as people see it: an active task that lacks a dataset is waiting.
  var status: TaskState { placement.status(of: task) }

  /// The largest number of failed jobs that a page names.
  static let mostFailed = 100

  /// The number of all jobs, as far as it is known now. It may grow while a dataset is open.
  var total: Int {
    switch task.spec.input {
    case .count(let count): return count
    case .values(let values): return values.count
    case .files(let files): return groups(files.count)
    case .datasets(let names):
      let files = names.map { state.datasets[$0]?.files ?? 0 }
      if task.spec.filesPerJob == .all { return files.contains { $0 > 0 } ? 1 : 0 }
      return max(task.formed, files.reduce(0) { $0 + groups($1) })
    }
  }

  private func groups(_ files: Int) -> Int {
    switch task.spec.filesPerJob {
    case .all: min(1, files)
    case .files(let size): (files + size - 1) / size
    }
  }

  /// True if more jobs may come.
  var isOpen: Bool {
    task.spec.inputDatasets.contains { (state.datasets[$0]?.state ?? .open) == .open }
  }

  /// The number of jobs that wait for their next attempt.
  var retrying: Int {
    state.jobs(of: task.name).reduce(0) { count, entry in
      let id = JobID(task: task.name, index: entry.key)
      return switch placement.whereabouts(of: id, entry.value) {
      case .waiting, .issued(.parked): count + 1
      case .issued, .publishing: count
      }
    }
  }

  /// The page without the request, which never changes.
  var head: [UInt8] { JSON.object(object).pretty }

  /// The whole page.
  var json: JSON {
    var object = object
    object["request"] = .object(task.spec.source)
    return .object(object)
  }

  private var object: JSONObject {
    var object = JSONObject([
      .init("format", 1), .init("kind", "summary"), .init("task", .string(task.name.text)),
      .init("state", .string(status.rawValue)),
    ])
    if isPacked { object["packed"] = true }
    if let reason = task.reason { object["reason"] = .string(reason) }
    if let missing = placement.missing(for: task.name) {
      object["waitsFor"] = .string(missing.text)
      object["waitsSince"] = task.waitsSince.json
    }
    if let lacking = placement.lacking(for: task.name), !task.state.hasEnded {
      object["lacks"] = .string(lacking.text)
    }
    if let chain = task.chain { object["chain"] = .string(chain.text) }
    object["jobs"] = jobs
    object["attempts"] = .integer(task.attempts)
    if !task.causes.isEmpty { object["failedAttempts"] = TaskEntry.json(task.causes) }
    if !task.finalCauses.isEmpty { object["failures"] = TaskEntry.json(task.finalCauses) }
    if !task.failedJobs.isEmpty {
      object["failedJobs"] = .array(
        task.failedJobs.ranges.lazy.flatMap { $0 }.prefix(Self.mostFailed).map {
          .string(JobID(task: task.name, index: $0).description)
        })
    }
    object["report"] = task.sums.json
    object["cpu"] = .number(Self.rounded(task.cpu))
    object["runTime"] = .number(Self.rounded(Double(task.wall.milliseconds) / 1000))
    object["peakMemory"] = .integer(task.peakMemory)
    object["outputs"] = ["files": .integer(task.outputs), "bytes": .integer(task.outputBytes)]
    object["accepted"] = task.accepted.at.json
    if let started = task.started { object["started"] = started.json }
    if let ended = task.ended { object["ended"] = ended.json }
    object["priority"] = .integer(task.spec.priority)
    object["queue"] = .string(task.spec.queue.rawValue)
    object["resources"] = task.spec.resources.json
    object["owner"] = .integer(task.accepted.owner)
    object["incarnation"] = .string(task.accepted.incarnation)
    return object
  }

  /// The first of the jobs that failed for good, each with its first input file if that is known.
  var failures: JSON {
    .array(
      task.failedJobs.ranges.lazy.flatMap { $0 }.prefix(Self.mostFailed).map { index in
        var object = JSONObject([
          .init("job", .string(JobID(task: task.name, index: index).description))
        ])
        if let file = task.failedFiles[index] { object["input"] = .string(file) }
        return .object(object)
      })
  }

  /// Returns a number rounded to three decimals.
  static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  /// The numbers of the task's jobs, by state.
  var jobs: JSON {
    var object = JSONObject([
      .init("total", .integer(total)), .init("done", .integer(task.done)),
      .init("failed", .integer(task.failed)),
    ])
    guard !task.state.hasEnded else { return .object(object) }
    let retrying = retrying
    object["open"] = .bool(isOpen)
    object["ready"] = .integer(ready)
    object["running"] = .integer(max(0, state.jobs(of: task.name).count - ready - retrying))
    object["retrying"] = .integer(retrying)
    return .object(object)
  }

  /// Returns the whole page, made of the page without the request and the request's text.
  static func text(_ head: [UInt8], request: [UInt8]) -> [UInt8] {
    let end = Array("\n}\n".utf8)
    guard head.suffix(end.count) == end[...] else { return head }
    return head.dropLast(end.count) + Array(",\n  \"request\": ".utf8) + request + end
  }
}
