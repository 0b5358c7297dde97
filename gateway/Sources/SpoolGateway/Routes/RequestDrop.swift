internal import HTTPTypes
internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The way of one request of a caller into the spool: who it is from, that it is dropped once, and what
/// came of it.
struct RequestDrop: Sendable {
  let marks: RequestMarks
  private let call: Call
  /// The key of the request among those of all callers; nil for none.
  private let key: String?

  /// The time between two looks for what came of a request.
  private static let interval = Duration.milliseconds(50)

  /// Reads the fields of a call that concern its request.
  init(_ call: Call) throws(Problem) {
    self.call = call
    let field = call.request.headers[.idempotencyKey]
    if let field,
      field.isEmpty || field.utf8.count > 200 || !field.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
    {
      throw Problem(
        .badRequest, "Idempotency-Key: expected up to 200 visible characters of ASCII")
    }
    marks = RequestMarks(submitter: call.caller.name, key: field)
    key = field.map { "\(call.caller.name ?? "") \($0)" }
  }

  /// Adds the marks to an order.
  func mark(_ submission: inout Submission) {
    var object = JSONObject()
    marks.mark(&object)
    submission.marks = object.members
  }

  // MARK: Once

  /// Does a piece of work unless a request with the same key was done before.
  func once(_ object: JSONObject, _ body: () async throws -> JSON) async throws -> Response {
    try await once(JSON.object(object).compact, body)
  }

  /// Does a piece of work unless a request with the same key was done before.
  func once(_ contents: [UInt8], _ body: () async throws -> JSON) async throws -> Response {
    guard let key else { return response(try await body()) }
    let what = Array("\(call.request.method) \(call.request.uri.path)\n".utf8) + contents
    let keys = call.desk.keys
    switch keys.begin(key, Tokens.digest(of: String(decoding: what, as: UTF8.self))) {
    case .other: throw otherRequest
    case .inWork:
      throw Problem(
        .conflict, "a request with this Idempotency-Key is in work: try again in a second")
    case .receipt(let receipt): return response(receipt)
    case .new: break
    }
    do {
      let receipt = try await body()
      keys.end(key, receipt)
      return response(receipt)
    } catch {
      keys.end(key, nil)
      throw error
    }
  }

  private var otherRequest: Problem {
    Problem(
      .unprocessableContent,
      "this Idempotency-Key came with another request before: take a new one for each request")
  }

  /// Fails where a task of another name came with the key of this request, before this life of the
  /// gateway perhaps.
  func checkKey(of name: Name) throws(Problem) {
    guard marks.key != nil else { return }
    let other = call.snapshot.tasks.values.first { $0.marks == marks && $0.name != name }
    if other != nil { throw otherRequest }
  }

  private func response(_ receipt: JSON) -> Response {
    .json(
      receipt, status: receipt["request"]?.string != nil && receipt["text"] == nil ? .accepted : .ok
    )
  }

  // MARK: Rights

  /// Fails where there is no such task, or the caller may give no orders about it: who may submit may give
  /// orders about what came under the same name.
  func checkOwner(of name: Name) async throws {
    let marks = try await TaskRoutes.marks(of: name, call)
    guard call.caller.role < .operate else { return }
    guard marks.submitter == call.caller.name else {
      throw Problem(
        .forbidden,
        "\(name) is not yours: it was submitted by \(marks.submitter ?? "somebody without a token"), and "
          + "you are \(call.caller.name ?? "nobody"); the role operate may give orders about all tasks"
      )
    }
  }

  // MARK: Delivery

  /// Drops a request. Returns its receipt: at once, or with what came of it, if the caller waits.
  func deliver(_ submission: Submission, name: Name, notes: [String]) async throws -> JSON {
    let writer = call.desk.counters.nextWriter()
    let request = try await call.blocking { [spool = call.spool] in
      if !submission.fileName.hasSuffix(".jsonl") { try submission.checkSize() }
      return try submission.drop(into: spool, by: writer)
    }
    call.desk.counters.count { $0.dropped[submission.kind, default: 0] += 1 }
    let warning = try await call.blocking { [spool = call.spool] in WatcherProbe(spool).warning() }
    var text: String?
    if let wait = call.wait, warning == nil {
      text = try await outcome(of: request, submission, name, within: wait)
    }
    return try await receipt(
      request, kind: submission.kind, name: name, notes: notes, warning: warning, text: text)
  }

  /// Waits for the watcher's answer to a request, and for its effect. Returns it in words; nil where the
  /// time was too short. Fails where the watcher refuses it.
  private func outcome(
    of request: String, _ submission: Submission, _ name: Name, within wait: Duration
  ) async throws -> String? {
    let time = SystemTime()
    let end = time.instant + wait
    var taken: Instant?
    while true {
      let isLate = taken.map { time.instant - $0 >= Self.patience(submission) } ?? false
      let found: Look = try await call.blocking { [spool = call.spool] in
        try look(for: request, submission, name, spool, isLate: isLate)
      }
      switch found {
      case .waiting: break
      case .taken: taken = taken ?? time.instant
      case .done(let text): return text
      }
      guard time.instant < end else { return nil }
      try await Task.sleep(for: Self.interval)
    }
  }

  /// The longest wait for a page that shows what an accepted request did: a task that is tried again may
  /// have failed again before anybody looks.
  private static func patience(_ submission: Submission) -> Duration {
    if case .order(let order) = submission.content { return order.effectPatience }
    return RequestDelivery.effectPatience
  }

  /// What a look for a request finds.
  private enum Look {
    case waiting
    case taken
    case done(String)
  }

  /// Looks once for what came of a request.
  private func look(
    for request: String, _ submission: Submission, _ name: Name, _ spool: Spool, isLate: Bool
  ) throws -> Look {
    if let refused = try RefusedRequest.named(request, in: spool) {
      throw Failure(.failed, refused.reason)
    }
    guard try RequestAnswer(spool, request).isTaken() else { return .waiting }
    // The reason is written before the request leaves the place where it was taken to.
    if let refused = try RefusedRequest.named(request, in: spool) {
      throw Failure(.failed, refused.reason)
    }
    let page = TaskLookup(spool).page(of: name)
    switch submission.content {
    case .task, .chain: return page == nil && !isLate ? .taken : .done("\(name) is accepted")
    case .order(let order):
      let isDone = page.map { order.isDone($0) } ?? (order.action == .forget)
      return isDone || isLate ? .done(order.words(page)) : .taken
    case .manifest: return .done("the manifest of \(name) is accepted")
    case .delete: return .done("\(name) is being deleted")
    }
  }

  /// Returns the receipt of a request: the name of its file, nil where none was dropped.
  func receipt(
    _ request: String?, kind: String, name: Name, notes: [String] = [], warning: String? = nil,
    text: String? = nil
  ) async throws -> JSON {
    var object = JSONObject([
      .init("request", request.map { .string($0) } ?? .null), .init("kind", .string(kind)),
      .init("name", .string(name.text)),
    ])
    if !notes.isEmpty { object["notes"] = .array(notes.map { .string($0) }) }
    object["warning"] = warning.map { .string($0) }
    guard let text else { return .object(object) }
    object["text"] = .string(text)
    let page = try await call.blocking { [spool = call.spool] in TaskLookup(spool).page(of: name) }
    if kind != "dataset", kind != DeleteRequest.kind { object["task"] = page?.json }
    return .object(object)
  }
}

extension HTTPField.Name {
  /// The key by which two tries are told from two requests.
  static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .range
  /// The field that a page of another site cannot send.
  static let spool = HTTPField.Name("X-Spool") ?? .range
  static let requestID = HTTPField.Name("X-Request-ID") ?? .range
}
