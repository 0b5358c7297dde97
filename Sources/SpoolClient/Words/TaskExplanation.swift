public import SpoolModel
public import SpoolStore

/// The reasons for the state of a task, and advice, in words.
public struct TaskExplanation {
  let spool: Spool
  let task: TaskSummary
  private let page: TaskPage
  private let now = SystemTime().timestamp

  /// The number of causes, and of pilots, that are named.
  public static let mostNamed = 5

  /// Makes the explanation of a task, which has this page.
  public init(_ spool: Spool, _ task: TaskSummary, _ page: TaskPage) {
    self.spool = spool
    self.task = task
    self.page = page
  }

  /// Reads the ledger and the directories of jobs, and returns the explanation, line by line.
  public func lines() throws -> [String] {
    let places = task.state == .active ? try JobPlaces(spool, task.task) : nil
    var lines = [
      "\(task.task) is \(page.stateText)\(page.reasonText)",
      "\(task.jobs.done) of \(task.jobs.total) jobs are done, \(task.jobs.failed) failed",
    ]
    switch task.state {
    case .waiting: lines += waiting
    case .held: lines.append(held)
    case .active: if let places { lines += try active(places) }
    case .done, .failed, .cancelled: break
    }
    return try lines + failures(places)
  }

  /// Returns what keeps the jobs of the task from running, line by line, by what is known already: the jobs
  /// that lie in the queues, and the pilots. Reads no ledger and no directory of jobs.
  public func obstacles(_ ready: [Queue: [JobName]], among pilots: [PilotRecord]) -> [String] {
    switch task.state {
    case .waiting: return waiting
    case .held: return [held]
    case .done, .failed, .cancelled: return []
    case .active:
      let own = ready.flatMap { queue, jobs in
        jobs.filter { $0.job.task == task.task }.map { (name: $0, queue: queue) }
      }
      let obstacle = obstacle(to: own, among: pilots)
      let count = "\(own.count) jobs wait in ready"
      return (obstacle.map { ["\(count): \($0)"] } ?? []) + task.waits
    }
  }

  private struct Need: Hashable {
    var shape: Shape
    var wall: Int
  }

  private var held: String { "it was held; `spool release \(task.task)` lets it go on" }

  private var waiting: [String] {
    if let dataset = task.lacks {
      return [
        "it needs all files of the dataset \(dataset), which lacks some: `spool retry` tries the failed "
          + "jobs again, `spool release \(task.task)` goes on without the files"
      ]
    }
    guard let dataset = task.waitsFor?.text else { return task.waits }
    let end = (task.waitsSince ?? now) + spool.config.datasetWait
    let left = Units.text(max(.zero, end - now).wholeSeconds)
    let refused = task.waitsFor.flatMap { RefusedRequest.latest(of: $0, in: spool) }
    return [
      "the dataset \(dataset) is not there, \(left) left: drop its manifest, or a task that fills it"
    ] + (refused.map { ["  a request of that name was refused: \($0.reason)"] } ?? [])
  }

  private func active(_ places: JobPlaces) throws -> [String] {
    var lines: [String] = []
    if !places.running.isEmpty {
      let pilots = Set(places.running.map(\.pilot)).sorted().map(\.text)
      let named = pilots.prefix(Self.mostNamed).joined(separator: ", ")
      let more = pilots.count - Self.mostNamed
      lines.append(
        "\(places.running.count) jobs run, on \(named)" + (more > 0 ? " and \(more) more" : ""))
    }
    if !places.ready.isEmpty { lines.append(try ready(places)) }
    lines += task.waits
    if task.jobs.total == 0 { lines.append("no job is formed yet: its input is empty so far") }
    if task.jobs.live?.isOpen == true {
      lines.append(
        "more files may come: a dataset of its input is open; a manifest with \"closed\": true, or "
          + "the end of the tasks that fill it, closes it")
    }
    return lines
  }

  /// Returns the reason why no pilot can run some of the jobs in ready; nil if there is none.
  private func obstacle(_ places: JobPlaces) throws -> String? {
    let pilots = try spool.running(fresh: true).pilots.compactMap { spool.heartbeat(of: $0) }
    return obstacle(to: places.ready.map { ($0.name, $0.place.queue) }, among: pilots)
  }

  /// Returns the same, where the pilots are known.
  private func obstacle(
    to ready: [(name: JobName, queue: Queue)], among pilots: [PilotRecord]
  ) -> String? {
    // Jobs of one task mostly ask for the same.
    var seen: Set<Need> = []
    return ready.lazy
      .filter { seen.insert(Need(shape: $0.name.shape(in: $0.queue), wall: $0.name.wall)).inserted }
      .compactMap { Shape.obstacle(to: $0.name, in: $0.queue, among: pilots, now: now) }.first
  }

  private func ready(_ places: JobPlaces) throws -> String {
    let count = "\(places.ready.count) jobs wait in ready"
    if let obstacle = try obstacle(places) { return "\(count): \(obstacle)" }
    let names = places.ready.map(\.name)
    guard let first = names.min(by: { $0.goesBefore($1) }) else {
      return count
    }
    var better = 0
    var same = 0
    for queue in Set(places.ready.map(\.place.queue)) {
      for job in try spool.readyJobs(queue, fresh: true) {
        if job.priority < first.priority {
          better += 1
        } else if job.goesBefore(first) {
          same += 1
        }
      }
    }
    let ahead = [(better, "better"), (same, "the same")].filter { $0.0 > 0 }
      .map { "\($0) jobs of \($1) priority" }.joined(separator: " and ")
    return "\(count) for a pilot with room"
      + (ahead.isEmpty ? "" : ", and \(ahead) are before them")
  }

  /// Returns the failures: a line per cause, with its latest attempt.
  private func failures(_ places: JobPlaces?) throws -> [String] {
    var last: [String: LedgerLine] = [:]
    var counts: [String: Int] = [:]
    var again: [JobID: (line: LedgerLine, due: Timestamp)] = [:]
    try LedgerReader(spool: spool, task: task.task).each { attempt, _ in
      again[attempt.job] = nil
      switch attempt.failure?.sequel {
      case nil: break
      case .retry(let due): again[attempt.job] = (attempt, due)
      case .final:
        last[attempt.verdict] = attempt
        counts[attempt.verdict, default: 0] += 1
      }
    }
    var lines: [String] = []
    if !task.state.hasEnded, let next = again.values.min(by: { $0.due < $1.due }) {
      let isWaiting = places?.ready.contains { $0.name.job == next.line.job } ?? false
      let obstacle = isWaiting ? try places.flatMap(obstacle) : nil
      let text = AttemptText.next(next.line, next.due, now: now, obstacle: obstacle)
      lines.append("\(again.count) jobs are to be tried again, as \(text)")
      if let advice = EnvironmentAdvice.advice(next.line) { lines.append("  " + advice) }
    }
    // Jobs that were tried again and succeeded are in the ledger, and no longer on the page.
    let causes = task.failures.keys.filter { last[$0] != nil }.sorted()
      .sorted { counts[$0] ?? 0 > counts[$1] ?? 0 }
    for cause in causes.prefix(Self.mostNamed) {
      guard let count = task.failures[cause], let example = last[cause] else { continue }
      lines.append("\(count) jobs failed of \(cause), as \(AttemptText.past(example))")
      if !page.isPacked, let advice = Self.advice(cause, task.task) { lines.append("  " + advice) }
      if !page.isPacked, Self.isWide(example) {
        lines.append(
          "  `spool retry \(task.task) --split` tries the files of these jobs one by one, so that a bad "
            + "file costs no good one")
      }
      if let advice = EnvironmentAdvice.advice(example) { lines.append("  " + advice) }
    }
    return lines
  }

  /// Returns true for a job of several files that failed for good, and not since it could not be formed.
  private static func isWide(_ line: LedgerLine) -> Bool {
    guard case .final(let place)? = line.failure?.sequel else { return false }
    return place.files > 1 && Cause(line.verdict)?.kind != .final
  }

  private static func advice(_ cause: String, _ task: Name) -> String? {
    switch Cause(cause) {
    case .memory: "`spool retry \(task) --cause memory --memory 8GB` tries them with more"
    case .wall: "`spool retry \(task) --cause wall --wall 4h` tries them with more time"
    case .exit, .signal, .output: "`spool logs \(task) --failed` shows what they printed"
    case .input: "`spool retry \(task) --cause input` tries them when the input is there"
    case .exists:
      "move the file away, then `spool retry \(task) --cause exists`; or submit the rest as another task "
        + "with --overwrite (\"overwrite\": true of an output)"
    case .spawn:
      "the program, its setup, and the directory in which it runs must be there on the pilots' machines; "
        + "`spool submit --chdir` says which directory"
    case .program:
      "programs are looked up in the pilots' PATH, or by a path that starts with /; "
        + "`spool retry \(task) --cause program` tries them when it is there"
    default: nil
    }
  }
}
