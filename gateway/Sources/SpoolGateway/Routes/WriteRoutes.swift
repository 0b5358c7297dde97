internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Requests: each is dropped into `incoming/`, as everybody's are, and answered with a receipt.
enum WriteRoutes {
  static var all: [Route] {
    let orders = ["cancel", "hold", "release", "retry", "priority", "limit", "forget"]
    return [
      Route(
        method: .post, path: "/api/v1/tasks", role: .submit,
        summary: """
          Submits a task or a chain. With an Idempotency-Key, or with the same name and content, two tries \
          make one task.
          """,
        parameters: [Common.wait], body: .json(["task", "chain"], isRequired: true),
        answer: .receipt, problems: [409, 422], handle: submit),
      Route(
        method: .delete, path: "/api/v1/tasks/{name}", role: .submit, summary: "Cancels a task.",
        parameters: [Common.wait], answer: .receipt, problems: [403, 404, 422]
      ) { try await order("cancel", $0) },
      Route(
        method: .post, path: "/api/v1/datasets", role: .submit,
        summary: "Submits a manifest, as JSON, or as JSONL with the type application/x-ndjson.",
        parameters: [Common.wait], body: .json(["dataset"], isRequired: true), answer: .receipt,
        problems: [422], handle: manifest),
      Route(
        method: .post, path: "/api/v1/datasets/{name}/files", role: .submit,
        summary: "Adds files to a dataset: {\"files\": […]}, as in a manifest.",
        parameters: [Common.wait], body: .json(["FileList"], isRequired: true), answer: .receipt,
        problems: [422], handle: addFiles),
      Route(
        method: .post, path: "/api/v1/datasets/{name}/close", role: .submit,
        summary: "Says that no more files come into a dataset.", parameters: [Common.wait],
        answer: .receipt, problems: [404, 422], handle: close),
      Route(
        method: .delete, path: "/api/v1/datasets/{name}", role: .operate,
        summary: "Deletes the files of a dataset that jobs of this spool made.",
        parameters: [
          .init(name: "inputs", kind: .flag, summary: "Also files that no job made."),
          .init(
            name: "force", kind: .flag,
            summary: "Although a task that reads it has failed jobs."),
          Common.wait,
        ],
        answer: .receipt, problems: [404, 422], handle: delete),
    ]
      + orders.map { action in
        Route(
          method: .post, path: "/api/v1/tasks/{name}/\(action)", role: .submit,
          summary: "Gives the order \(action) about a task: the members of the order, or nothing.",
          parameters: [Common.wait], body: .json(["OrderMembers"], isRequired: false),
          answer: .receipt, problems: [403, 404, 422]
        ) { try await order(action, $0) }
      }
  }

  // MARK: Tasks and chains

  @Sendable private static func submit(_ call: Call) async throws -> Response {
    let drop = try RequestDrop(call)
    guard var object = try await call.json()?.object else {
      throw RequestError("expected a task or a chain: an object with \"kind\"")
    }
    let kind = try SpoolModel.Request.kind(object)
    guard kind == "task" || kind == "chain" else {
      throw RequestError(
        line: object.line(of: "kind"), key: "kind",
        "expected task or chain here, found \"\(kind)\"; orders and manifests have paths of their own"
      )
    }
    drop.marks.mark(&object)
    let submission = try Submission(.object(object), root: call.spool.dataRoot)
    return try await drop.once(object) { try await task(submission, drop, call) }
  }

  private static func task(
    _ submission: Submission, _ drop: RequestDrop, _ call: Call
  ) async throws -> JSON {
    let (specs, name, source) =
      switch submission.content {
      case .task(let spec): ([spec], spec.name, spec.source)
      case .chain(let spec): (spec.steps.map(\.task), spec.name, spec.source)
      default: throw Problem(.badRequest, "expected a task or a chain")
      }
    try drop.checkKey(of: name)
    let notes = try await call.blocking { [spool = call.spool] () -> [String]? in
      let names = NameCheck(
        spool, place: "\"name\" in the request", ignoring: [RequestMarks.idempotencyKey])
      let answer: NameCheck.Answer
      do throws(Failure) {
        answer = try names.look(name, source)
      } catch {
        throw Problem(.conflict, error.message)
      }
      switch answer {
      case .there, .dropped: return nil
      case .free: break
      }
      let check = TaskCheck(.unknown(path: nil))
      return try specs.flatMap { try check.look(at: $0, in: spool) }
    }
    guard let notes else {
      return try await drop.receipt(
        nil, kind: submission.kind, name: name,
        text: "\(name) is there already, with the same content")
    }
    return try await drop.deliver(submission, name: name, notes: notes)
  }

  // MARK: Orders

  private static func order(_ action: String, _ call: Call) async throws -> Response {
    let name = try call.taskName()
    let drop = try RequestDrop(call)
    var object = JSONObject([.init("kind", .string(action)), .init("task", .string(name.text))])
    if let members = try await call.json() {
      guard let members = members.object else {
        throw RequestError("expected an object with the members of the order")
      }
      for member in members.members where object[member.key] != member.value {
        guard object[member.key] == nil else {
          throw RequestError(
            line: member.line, key: member.key,
            "the path says \(object[member.key]?.string ?? ""), found \(member.value.kindName)")
        }
        object.members.append(member)
      }
    }
    try await drop.checkOwner(of: name)
    var submission = try Submission(.object(object), root: call.spool.dataRoot)
    drop.mark(&submission)
    let marked = submission
    return try await drop.once(object) {
      try await drop.deliver(marked, name: name, notes: [])
    }
  }

  // MARK: Datasets

  @Sendable private static func manifest(_ call: Call) async throws -> Response {
    let drop = try RequestDrop(call)
    if call.request.headers[.contentType]?.contains("ndjson") == true {
      let bytes = try await call.body()
      let submission = try Submission(lines: bytes, root: call.spool.dataRoot)
      return try await drop.once(bytes) { try await manifest(submission, drop) }
    }
    guard let object = try await call.json()?.object else {
      throw RequestError("expected a manifest: an object with \"kind\"")
    }
    return try await manifest(object, drop, call)
  }

  private static func manifest(
    _ object: JSONObject, _ drop: RequestDrop, _ call: Call
  ) async throws -> Response {
    var object = object
    drop.marks.mark(&object)
    let kind = try SpoolModel.Request.kind(object)
    guard kind == "dataset" else {
      throw RequestError(
        line: object.line(of: "kind"), key: "kind", "expected dataset here, found \"\(kind)\"")
    }
    let submission = try Submission(.object(object), root: call.spool.dataRoot)
    return try await drop.once(object) { try await manifest(submission, drop) }
  }

  private static func manifest(_ submission: Submission, _ drop: RequestDrop) async throws -> JSON {
    guard case .manifest(let name, _) = submission.content else {
      throw Problem(.badRequest, "expected a manifest")
    }
    return try await drop.deliver(submission, name: name, notes: [])
  }

  @Sendable private static func addFiles(_ call: Call) async throws -> Response {
    let name = try call.datasetName()
    let drop = try RequestDrop(call)
    guard let files = try await call.json()?.object else {
      throw RequestError("expected an object with \"files\"")
    }
    if let member = files.members.first(where: { $0.key != "files" && !$0.key.hasPrefix("x-") }) {
      throw RequestError(
        line: member.line, key: member.key, "no key here: it takes \"files\" alone")
    }
    var object = JSONObject([.init("kind", "dataset"), .init("name", .string(name.text))])
    object.members += files.members
    return try await manifest(object, drop, call)
  }

  @Sendable private static func close(_ call: Call) async throws -> Response {
    let name = try call.datasetName()
    let drop = try RequestDrop(call)
    _ = try await DatasetRoutes.require(name, call)
    let submission = Submission(closing: name)
    return try await drop.once(submission.contents) {
      try await drop.deliver(submission, name: name, notes: [])
    }
  }

  @Sendable private static func delete(_ call: Call) async throws -> Response {
    let name = try call.datasetName()
    let drop = try RequestDrop(call)
    _ = try await DatasetRoutes.require(name, call)
    var submission = Submission(
      DeleteRequest(dataset: name, inputs: call.isSet("inputs"), force: call.isSet("force")))
    drop.mark(&submission)
    let marked = submission
    return try await drop.once(marked.contents) {
      try await drop.deliver(marked, name: name, notes: [])
    }
  }
}

extension Submission {
  /// The kind of the request, as requests spell it.
  var kind: String {
    switch content {
    case .task: "task"
    case .chain: "chain"
    case .manifest: "dataset"
    case .order(let order): order.kind
    case .delete: DeleteRequest.kind
    }
  }
}
