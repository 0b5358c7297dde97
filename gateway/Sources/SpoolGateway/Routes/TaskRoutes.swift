internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Tasks and chains: lists, pages, and what is said about them.
enum TaskRoutes {
  static var all: [Route] {
    [
      Route(
        method: .get, path: "/api/v1/tasks", role: .read,
        summary: "Lists tasks and chains, the newest first.",
        parameters: [
          .init(
            name: "state", kind: .choice(TaskState.allCases.map(\.rawValue)),
            summary: "Only those in this state."),
          .init(
            name: "owner", kind: .integer(0...Int(UInt32.max)), summary: "Only those of this uid."),
          .init(name: "name", kind: .text, summary: "Only those with this in their name."),
          .init(
            name: "kind", kind: .choice(["task", "chain"]), summary: "Only tasks, or only chains."),
        ] + Common.paging,
        answer: .list("TaskOrChain"), handle: list),
      Route(
        method: .get, path: "/api/v1/tasks/{name}", role: .read,
        summary: "Shows the page of a task or a chain.", answer: .json("TaskOrChain"),
        problems: [404], handle: show),
      Route(
        method: .get, path: "/api/v1/tasks/{name}/explain", role: .read,
        summary: "Says in words why a task or a job waits, or failed, and what to do.",
        answer: .json("Lines"), problems: [404], handle: explain),
      Route(
        method: .get, path: "/api/v1/tasks/{name}/outputs", role: .read,
        summary: "Lists the files that the jobs of a task have made so far.",
        parameters: Common.paging, answer: .list("catalogue-line"), problems: [404],
        handle: outputs),
      Route(
        method: .get, path: "/api/v1/tasks/{name}/failures", role: .read,
        summary: "Counts the jobs that failed for good by cause, each cause with an example.",
        answer: .list("FailureGroup"), problems: [404], handle: failures),
    ]
  }

  // MARK: Lists and pages

  @Sendable private static func list(_ call: Call) async throws -> Response {
    let snapshot = call.snapshot
    let state = call.value("state").flatMap { TaskState(rawValue: $0) }
    let (owner, part, kind) = (call.number("owner"), call.value("name"), call.value("kind"))
    var items: [[UInt8]] = []
    var last: NameCursor?
    var next: String?
    for place in try Common.rest(of: snapshot.newest, call, TaskRow.isNewer) {
      guard let name = Name(place.name), let row = snapshot.tasks[name] else { continue }
      guard state.map({ $0 == row.state }) ?? true, owner.map({ $0 == row.owner }) ?? true,
        kind.map({ ($0 == "chain") == row.isChain }) ?? true,
        part.map({ row.name.text.contains($0) }) ?? true
      else { continue }
      if items.count == call.limit {
        next = last?.text
        break
      }
      items.append(row.text)
      last = place
    }
    return .bytes(JSONText.list(items, next: next), type: "application/json")
  }

  @Sendable private static func show(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    if let text = call.snapshot.tasks[name]?.wholeText {
      return .bytes(text, type: "application/json")
    }
    return .json(try await page(name, call).json)
  }

  /// Returns the page of a task or a chain, packed ones too; or fails with what is known of it.
  static func page(_ name: Name, _ call: Call) async throws -> TaskPage {
    try await call.blocking { [spool = call.spool] in
      let lookup = TaskLookup(spool)
      switch lookup.find(name) {
      case .page(let page): return page
      case .pending: throw Problem(.notFound, TaskLookup.pendingWords(name))
      case .refused(let request): throw Problem(.notFound, "\(name) was refused: \(request.reason)")
      case .unknown: throw TaskArgument.missing(name, in: spool)
      }
    }
  }

  /// The longest wait for a task that was dropped a moment ago, and the time between two looks for it.
  private static let patience = Duration.seconds(3)
  private static let interval = Duration.milliseconds(50)

  /// Returns what the request of a task bears, as an order needs it that may follow a submission at once:
  /// of a task that has a page, or that was dropped. Fails where there is no such task.
  static func marks(of name: Name, _ call: Call) async throws -> RequestMarks {
    if let row = call.snapshot.tasks[name] {
      return row.chain.flatMap { call.snapshot.tasks[$0]?.marks } ?? row.marks
    }
    let time = SystemTime()
    let end = time.instant + patience
    while true {
      let found = try await call.blocking { [spool = call.spool] in
        try dropped(name, spool, isLast: time.instant >= end)
      }
      if let found { return found }
      try await Task.sleep(for: interval)
    }
  }

  /// Looks once for a task. Returns nil if its page may come in a moment.
  private static func dropped(
    _ name: Name, _ spool: Spool, isLast: Bool
  ) throws -> RequestMarks? {
    switch TaskLookup(spool).find(name) {
    case .page(let page): return page.request.map { RequestMarks($0) } ?? RequestMarks()
    case .pending(let bytes):
      let request = bytes.flatMap { (try? JSON.parse($0))?.object }
      return request.map { RequestMarks($0) } ?? RequestMarks()
    case .refused(let request): throw Problem(.notFound, "\(name) was refused: \(request.reason)")
    case .unknown:
      guard !isLast, spool.hasFreshRequests(), WatcherProbe(spool).warning() == nil else {
        throw TaskArgument.missing(name, in: spool)
      }
      return nil
    }
  }

  /// Fails where there is no such task.
  static func require(_ name: Name, _ call: Call) async throws {
    if call.snapshot.tasks[name] == nil { _ = try await page(name, call) }
  }

  // MARK: Words

  @Sendable private static func explain(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    let lines = try await call.blocking { [spool = call.spool] in
      try Explanation(spool).lines(of: name, TaskLookup(spool).find(name))
    }
    return .json(["lines": .array(lines.map { .string($0) })])
  }

  // MARK: Files and failures

  @Sendable private static func outputs(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    try await require(name, call)
    let offset = try Common.offset(call)
    let page = try await call.blocking { [spool = call.spool, limit = call.limit] in
      try LedgerPages(spool, name).lines(from: offset, most: limit) { !$0.isFailure }
    }
    let items = page.lines.flatMap { line in
      (line.json["outputs"]?.array ?? []).map { file(of: $0, line, name).compact }
    }
    return .bytes(
      JSONText.list(items, next: page.next.map { LineCursor(offset: $0).text }),
      type: "application/json")
  }

  /// Returns an output as the line of a catalogue.
  private static func file(of output: JSON, _ line: LedgerPages.Line, _ task: Name) -> JSON {
    var object = output.object ?? JSONObject()
    for key in ["number", "part"] { object[key] = nil }
    object["origin"] = [
      "job": .string(JobID(task: task, index: line.head.index).description),
      "attempt": .integer(line.head.attempt),
    ]
    return .object(object)
  }

  @Sendable private static func failures(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    try await require(name, call)
    let groups = try await call.blocking { [desk = call.desk] in
      let index = try desk.ledgers.index(name, desk.spool)
      let pages = LedgerPages(desk.spool, name)
      let failed = index.failures.filter { $0.value.isLast }
      return try Dictionary(grouping: failed, by: { $0.value.cause })
        .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        .map { cause, jobs -> JSON in
          let example = jobs.min { $0.key < $1.key }
          let line = try example.flatMap { try pages.line(at: $0.value.offset) }
          return [
            "cause": .string(cause), "reason": line?.json["reason"] ?? .null,
            "jobs": .integer(jobs.count), "example": .integer(example?.key ?? 0),
          ]
        }
    }
    return .bytes(JSONText.list(groups.map(\.compact), next: nil), type: "application/json")
  }
}
