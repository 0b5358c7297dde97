internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The jobs of a task.
enum JobRoutes {
  private static let states = ["waiting", "ready", "running", "done", "failed"]

  static var all: [Route] {
    [
      Route(
        method: .get, path: "/api/v1/tasks/{name}/jobs", role: .read,
        summary: """
          Lists the jobs of a task: those in work first, then the ended in the order of the ledger. A job \
          that was tried again after it had failed may come twice; the later entry counts. Jobs that are \
          not formed yet are counted on the task's page, and not listed.
          """,
        parameters: [
          .init(name: "state", kind: .choice(states), summary: "Only those in this state.")
        ] + Common.paging,
        answer: .list("Job"), problems: [404], handle: list),
      Route(
        method: .get, path: "/api/v1/tasks/{name}/jobs/{index}", role: .read,
        summary:
          "Shows a job: all its attempts, its file where it is kept, its inputs and outputs.",
        answer: .json("JobDetail"), problems: [404], handle: show),
    ]
  }

  // MARK: The list

  /// The place in the list: among the jobs in work, behind a number; among the failed, behind a number;
  /// or a byte of the ledger.
  private enum Place: Equatable {
    case current(after: Int)
    case failed(after: Int)
    case ledger(Int)

    var text: String {
      switch self {
      case .current(let index): "c\(index)"
      case .failed(let index): "f\(index)"
      case .ledger(let offset): "o\(offset)"
      }
    }

    init?(_ text: String) {
      guard let number = LineCursor(String(text.dropFirst()))?.offset else { return nil }
      switch text.first {
      case "c": self = .current(after: number)
      case "f": self = .failed(after: number)
      case "o": self = .ledger(number)
      default: return nil
      }
    }
  }

  @Sendable private static func list(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    try await TaskRoutes.require(name, call)
    let state = call.value("state")
    var place: Place?
    if let text = call.value("cursor") {
      guard let read = Place(text) else { throw Common.badCursor }
      place = read
    }
    let (items, next) =
      switch state {
      case "running", "ready": current(name, place, call)
      case "failed", "waiting": try await failed(name, place, call, isLast: state == "failed")
      default: try await ended(name, place, call, withCurrent: state == nil)
      }
    return .bytes(
      JSONText.list(items.map(\.compact), next: next?.text), type: "application/json")
  }

  /// Returns the jobs that lie in a queue, or that a pilot has.
  private static func current(_ name: Name, _ place: Place?, _ call: Call) -> ([JSON], Place?) {
    let snapshot = call.snapshot
    let state = call.value("state")
    var jobs: [(JobName, PilotName?)] = []
    if state != "ready" { jobs += snapshot.running(of: name).map { ($0.job, $0.pilot) } }
    if state != "running" { jobs += snapshot.ready(of: name).map { ($0, nil) } }
    jobs.sort { $0.0.job.index < $1.0.job.index }
    if case .current(let index) = place { jobs.removeAll { $0.0.job.index <= index } }
    let page = jobs.prefix(call.limit)
    let items = page.map { job, pilot -> JSON in
      var item = JSONObject([
        .init("index", .integer(job.job.index)), .init("state", pilot == nil ? "ready" : "running"),
        .init("attempts", .integer(job.attempt)),
      ])
      item["pilot"] = pilot.map { .string($0.text) }
      return .object(item)
    }
    let next =
      jobs.count > page.count ? page.last.map { Place.current(after: $0.0.job.index) } : nil
    return (items, next)
  }

  /// Returns the jobs whose last attempt failed: for good, or with another to come.
  private static func failed(
    _ name: Name, _ place: Place?, _ call: Call, isLast: Bool
  ) async throws -> ([JSON], Place?) {
    let snapshot = call.snapshot
    let busy = Set(
      (snapshot.running(of: name).map(\.job) + snapshot.ready(of: name)).map(\.job.index))
    return try await call.blocking { [desk = call.desk, limit = call.limit] in
      let index = try desk.ledgers.index(name, desk.spool)
      var after = -1
      if case .failed(let number) = place { after = number }
      let found = index.failures.filter {
        $0.key > after && $0.value.isLast == isLast && (isLast || !busy.contains($0.key))
      }.sorted { $0.key < $1.key }
      let pages = LedgerPages(desk.spool, name)
      let page = found.prefix(limit)
      let items = try page.compactMap { try pages.line(at: $0.value.offset).map(item) }
      let next = found.count > page.count ? page.last.map { Place.failed(after: $0.key) } : nil
      return (items, next)
    }
  }

  /// Returns the jobs that ended, in the order of the ledger; before them those in work, if asked for.
  private static func ended(
    _ name: Name, _ place: Place?, _ call: Call, withCurrent: Bool
  ) async throws -> ([JSON], Place?) {
    var items: [JSON] = []
    var offset = 0
    if case .ledger(let byte) = place {
      offset = byte
    } else if withCurrent {
      let (first, next) = current(name, place, call)
      if next != nil || first.count >= call.limit { return (first, next ?? .ledger(0)) }
      items = first
    }
    let most = call.limit - items.count
    let begin = offset
    let page = try await call.blocking { [spool = call.spool] in
      try LedgerPages(spool, name).lines(from: begin, most: most) {
        withCurrent ? $0.isLast : !$0.isFailure
      }
    }
    return (items + page.lines.map(item), page.next.map { .ledger($0) })
  }

  /// Returns a job that ended, or that waits for its next attempt, by its last line in the ledger.
  @Sendable private static func item(_ line: LedgerPages.Line) -> JSON {
    let head = line.head
    let state = head.isFailure ? (head.isLast ? "failed" : "waiting") : "done"
    var item = JSONObject([
      .init("index", .integer(head.index)), .init("state", .string(state)),
      .init("attempts", .integer(head.attempt)),
    ])
    item["pilot"] = line.json["pilot"]
    if head.isFailure {
      item["cause"] = .string(head.outcome)
      item["reason"] = line.json["reason"]
    }
    if let started = line.json["started"]?.integer, let ended = line.json["ended"]?.integer {
      item["wallMs"] = .integer(max(0, ended - started))
    }
    return .object(item)
  }

  // MARK: One job

  @Sendable private static func show(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    let index = try call.jobIndex()
    let total = try await total(name, call)
    let snapshot = call.snapshot
    let running = snapshot.running(of: name).first { $0.job.job.index == index }
    let ready = snapshot.ready(of: name).first { $0.job.index == index }
    let (lines, file) = try await call.blocking { [desk = call.desk, spool = call.spool] in
      let lines = try desk.attempts(of: JobID(task: name, index: index))
      let file =
        try running.flatMap { try spool.claimedJobFile($0.job, of: $0.pilot) }
        ?? spool.keptJobFile(JobID(task: name, index: index))
      return (lines, file)
    }
    guard !lines.isEmpty || running != nil || ready != nil || index < total else {
      throw Problem(
        .notFound, "there is no such job: \(name) has \(total)")
    }
    var state = "waiting"
    if running != nil {
      state = "running"
    } else if ready != nil {
      state = "ready"
    } else if let last = lines.last?.head, last.isLast {
      state = last.isFailure ? "failed" : "done"
    }
    return .json([
      "index": .integer(index), "state": .string(state),
      "attempts": .array(lines.map(\.json) + attempt(running)),
      "document": file?.document.json ?? .null, "inputs": inputs(file),
      "outputs": lines.last.flatMap { $0.json["outputs"] } ?? [],
    ])
  }

  /// Returns the attempt that a pilot is at, in the form of a line of the ledger.
  private static func attempt(_ running: (job: JobName, pilot: PilotName)?) -> [JSON] {
    guard let (job, pilot) = running else { return [] }
    return [LedgerLine.current(job.job, attempt: job.attempt, outcome: "running", pilot: pilot)]
  }

  private static func inputs(_ file: JobFile?) -> JSON {
    .array((file?.document.inputs ?? []).map(\.json))
  }

  /// Returns the number of jobs of a task.
  static func total(_ name: Name, _ call: Call) async throws -> Int {
    if let row = call.snapshot.tasks[name] { return row.jobs.total }
    return try await TaskRoutes.page(name, call).jobs.total
  }
}
