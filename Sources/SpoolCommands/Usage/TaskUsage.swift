internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// What a task's jobs used, beside what the task asked for: in goes the ledger, an attempt at a time.
struct TaskUsage {
  let page: TaskSummary

  /// Of the attempts that ended well: wall and processor time in milliseconds, peak memory in bytes, and
  /// processor time per mille of the time on all cores.
  private(set) var time = Distribution()
  private(set) var cpu = Distribution()
  private(set) var memory = Distribution()
  private(set) var efficiency = Distribution()

  /// Attempts that came to nothing.
  struct Waste: Equatable {
    var attempts = 0
    /// Of those that ended with a result.
    var time = Duration.zero
    var cpu = Duration.zero
  }

  /// The attempts that came to nothing, by their cause.
  private(set) var waste: [String: Waste] = [:]
  /// The wall time of the jobs that ended well.
  private(set) var goodTime = Duration.zero
  /// What jobs in work have done so far that go on from a checkpoint: no waste, unless they fail.
  private var pieces: [JobID: Waste] = [:]
  /// True if jobs went on from checkpoints: the time of a job is then that of several attempts.
  private(set) var hasPieces = false

  init(_ page: TaskSummary) { self.page = page }

  /// Reads a task's ledger.
  init(_ page: TaskSummary, in spool: Spool) throws {
    self.init(page)
    try LedgerReader(spool: spool, task: page.task).each { attempt, _ in add(attempt) }
  }

  /// Takes in an attempt.
  mutating func add(_ attempt: LedgerLine) {
    var run = attempt.result?.runTime ?? .zero
    var used = Duration(inSeconds: attempt.result?.cpu ?? 0)
    if attempt.failure?.cause == .unfinished {
      hasPieces = true
      pieces[attempt.job, default: Waste()].time += run
      pieces[attempt.job, default: Waste()].cpu += used
      return
    }
    // A failed attempt between two pieces has lost only its own part.
    if attempt.failure == nil || attempt.isFinalFailure {
      let before = pieces.removeValue(forKey: attempt.job) ?? Waste()
      run += before.time
      used += before.cpu
    }
    guard attempt.failure == nil, let result = attempt.result else {
      return addWaste(attempt, run, used)
    }
    goodTime += run
    time.add(run.milliseconds)
    cpu.add(used.milliseconds)
    memory.add(result.memory)
    if run > .zero {
      efficiency.add(
        Int((used.inSeconds / run.inSeconds / Double(asked.cpus) * 1000).rounded()))
    }
  }

  private mutating func addWaste(_ attempt: LedgerLine, _ time: Duration, _ cpu: Duration) {
    waste[attempt.verdict, default: Waste()].attempts += 1
    waste[attempt.verdict, default: Waste()].time += time
    waste[attempt.verdict, default: Waste()].cpu += cpu
  }

  /// What each job asks for.
  var asked: Resources { page.resources }
  /// The number of attempts that ended well.
  var good: Int { time.count }
  /// The number of attempts that came to nothing.
  var wasted: Int { waste.values.reduce(0) { $0 + $1.attempts } }
  /// The wall time of the attempts that came to nothing.
  var wastedTime: Duration { waste.values.reduce(.zero) { $0 + $1.time } }

  /// The quantiles that a report shows.
  static let parts: [(name: String, part: Double)] = [
    ("median", 0.5), ("p90", 0.9), ("p99", 0.99),
  ]
}

extension TaskUsage {
  /// The report for programs: times in seconds, memory in bytes, efficiency from 0 to 1.
  var json: JSON {
    var object = JSONObject([
      .init("task", .string(page.task.text)), .init("state", .string(page.state.rawValue)),
      .init("good", .integer(good)), .init("wasted", .integer(wasted)),
      .init(
        "asked",
        .object(
          JSONObject([
            .init("cpus", .integer(asked.cpus)), .init("gpus", .integer(asked.gpus)),
            .init("memory", .integer(asked.memory)), .init("wall", .number(asked.wall.inSeconds)),
          ]))),
    ])
    if good > 0 {
      object["time"] = Self.json(time) { .number(Double($0) / 1000) }
      object["cpu"] = Self.json(cpu) { .number(Double($0) / 1000) }
      object["memory"] = Self.json(memory) { .integer($0) }
      object["efficiency"] = Self.json(efficiency) { .number(Double($0) / 1000) }
    }
    object["waste"] = .array(
      waste.sorted { $0.key < $1.key }.map { cause, waste in
        .object(
          JSONObject([
            .init("cause", .string(cause)), .init("attempts", .integer(waste.attempts)),
            .init("time", .number(waste.time.inSeconds)),
            .init("cpu", .number(waste.cpu.inSeconds)),
          ]))
      })
    object["advice"] = .array(UsageAdvice(self).lines.map { .string($0) })
    return .object(object)
  }

  private static func json(_ values: Distribution, _ number: (Int) -> JSON) -> JSON {
    guard values.count > 0 else { return .object(JSONObject()) }
    var object = JSONObject([.init("least", number(values.least))])
    for (name, part) in parts { object[name] = values.quantile(part).map(number) }
    object["most"] = number(values.most)
    return .object(object)
  }
}
