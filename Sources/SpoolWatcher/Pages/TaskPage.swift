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
  /// What holds up the jobs that wait, in words.
  private let waits: [String]

  init(
    _ task: TaskEntry, _ state: SpoolState, _ placement: Placement, ready: Int,
    waits: [String] = [], isPacked: Bool = false
  ) {
    self.task = task
    self.state = state
    self.placement = placement
    self.ready = ready
    self.waits = waits
    self.isPacked = isPacked
  }

  /// True if jobs are yet to be formed, or wait for their next attempt, or for a pilot.
  var hasBacklog: Bool {
    status == .active && (ready > 0 || isOpen || task.formed < total || retrying > 0)
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
    case .files(let files):
      return max(task.formed, task.spec.groupBy == nil ? groups(files.count) : task.spec.listedJobs)
    case .datasets(let names):
      if task.spec.groupBy != nil { return max(task.formed, task.groups?.jobs ?? 0) }
      let files = names.map { state.datasets[$0]?.files ?? 0 }
      if task.spec.filesPerJob == .all {
        return max(task.formed, files.contains { $0 > 0 } ? 1 : 0)
      }
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

  /// The page without the request, which does not change.
  var head: [UInt8] { summary.json.pretty }

  /// The whole page.
  var json: JSON {
    var summary = summary
    summary.request = task.spec.source
    return summary.json
  }

  private var summary: TaskSummary {
    let missing = placement.awaited(by: task.name)
    return TaskSummary(
      task: task.name, state: status, isPacked: isPacked, reason: task.reason,
      waitsFor: missing, waitsSince: missing == nil ? nil : task.waitsSince, lacks: lacks,
      waits: (placement.obstacle(to: task.name).map { [$0.words] } ?? []) + waits,
      chain: task.chain, jobs: jobs, attempts: task.attempts,
      failedAttempts: task.causes,
      failures: task.finalCauses, failedJobs: failedJobs, totals: totals,
      accepted: task.accepted.at, started: task.started, ended: task.ended,
      priority: task.spec.priority, maxRunning: task.spec.maxRunning, queue: task.spec.queue,
      resources: task.spec.resources,
      owner: task.accepted.owner, incarnation: task.accepted.incarnation)
  }

  private var lacks: Name? {
    task.state.hasEnded ? nil : placement.incomplete(for: task.name)
  }

  /// The first jobs that failed for good.
  private var failedJobs: [JobID] {
    task.failedJobs.ranges.lazy.flatMap { $0 }.prefix(Self.mostFailed).map {
      JobID(task: task.name, index: $0)
    }
  }

  private var totals: JobTotals {
    JobTotals(
      report: task.sums, cpu: Duration(inSeconds: task.cpu), runTime: task.wall,
      peakMemory: task.peakMemory,
      outputs: FileTotals(files: task.outputs, bytes: task.outputBytes))
  }

  /// The jobs by their state.
  var jobs: JobCounts {
    var counts = JobCounts(total: total, done: task.done, failed: task.failed)
    guard !task.state.hasEnded else { return counts }
    let retrying = retrying
    let inWork = state.jobs(of: task.name).count
    counts.live = JobCounts.Live(
      isOpen: isOpen, ready: ready, running: max(0, inWork - ready - retrying), retrying: retrying)
    return counts
  }

  /// Returns the task as a step on the page of its chain.
  func step(named name: String) -> ChainSummary.Step {
    ChainSummary.Step(
      name: name, task: task.name, state: status, reason: task.reason,
      waitsFor: placement.awaited(by: task.name), lacks: lacks, jobs: jobs,
      attempts: task.attempts, failedAttempts: task.causes,
      failedJobs: failedJobs.map { job in
        ChainSummary.Step.FailedJob(job: job, input: task.failedFiles[job.index])
      },
      totals: totals, started: task.started, ended: task.ended)
  }

  /// Returns the whole page, made of the page without the request and the request's text.
  static func text(_ head: [UInt8], request: [UInt8]) -> [UInt8] {
    let end = Array("\n}\n".utf8)
    guard head.suffix(end.count) == end[...] else { return head }
    return head.dropLast(end.count) + Array(",\n  \"request\": ".utf8) + request + end
  }
}
