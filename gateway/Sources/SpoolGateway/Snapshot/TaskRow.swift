internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// A task or a chain as the snapshot holds it: what lists ask for, and its page as text.
struct TaskRow: Sendable {
  let name: Name
  let isChain: Bool
  let state: TaskState
  let owner: Int
  let accepted: Timestamp
  let jobs: JobCounts
  let attempts: Int
  /// Attempts that failed, by cause.
  let failedAttempts: [String: Int]
  /// Jobs that failed for good, by cause.
  let failures: [String: Int]
  let queue: Queue?
  /// The events that went in and out, of a chain or a task that reports them.
  let flow: EventFlow?
  let outputs: FileTotals
  let runTime: Duration
  let cpu: Duration
  /// The chain of which the task is a step.
  let chain: Name?
  /// What the gateway wrote into the request when it was dropped.
  let marks: RequestMarks
  /// The page as compact JSON, without the request.
  let text: [UInt8]
  /// The request as compact JSON; nil where it is so long that it is read when somebody asks.
  private let request: [UInt8]?

  /// Bytes of a request that is kept in memory.
  private static let longestRequest = 16 << 10

  init(_ page: TaskPage) {
    name = page.name
    isChain = page.chain != nil
    state = page.state
    jobs = page.jobs
    let task = page.task
    owner = page.json["owner"]?.integer ?? 0
    accepted = task?.accepted ?? page.chain?.accepted ?? Timestamp(milliseconds: 0)
    attempts = task?.attempts ?? 0
    failedAttempts = task?.failedAttempts ?? [:]
    failures = task?.failures ?? [:]
    queue = task?.queue
    flow = task?.totals.report.flow ?? page.chain?.flow
    outputs = task?.totals.outputs ?? FileTotals()
    runTime = task?.totals.runTime ?? .zero
    cpu = task?.totals.cpu ?? .zero
    marks = page.request.map { RequestMarks($0) } ?? RequestMarks()
    chain = task?.chain
    var object = page.json.object ?? JSONObject()
    let whole = object["request"]?.compact
    request = whole.flatMap { $0.count <= Self.longestRequest ? $0 : nil }
    object["request"] = nil
    text = JSON.object(object).compact
  }

  /// The whole page; nil where it must be read.
  var wholeText: [UInt8]? {
    request.map { text.dropLast() + Array(",\"request\":".utf8) + $0 + [UInt8(ascii: "}")] }
  }

  /// The place in a list that has the newest first.
  var cursor: NameCursor { NameCursor(time: accepted.milliseconds, name: name.text) }

  /// Returns true for an entry that comes before another in such a list.
  static func isNewer(_ left: NameCursor, _ right: NameCursor) -> Bool {
    left.time != right.time ? left.time > right.time : left.name < right.name
  }
}

/// What the gateway adds to a request, in keys that are free for everybody (`x-…`).
struct RequestMarks: Equatable, Sendable {
  /// The name of the token with which it came; nil for none.
  var submitter: String?
  /// The `Idempotency-Key` with which it came; nil for none.
  var key: String?

  static let submitterKey = "x-submitted-by"
  static let idempotencyKey = "x-idempotency-key"

  init(submitter: String? = nil, key: String? = nil) {
    self.submitter = submitter
    self.key = key
  }

  /// Reads the marks of a request.
  init(_ request: JSONObject) {
    submitter = request[Self.submitterKey]?.string
    key = request[Self.idempotencyKey]?.string
  }

  /// Writes the marks into a request, in place of what its author wrote there.
  func mark(_ request: inout JSONObject) {
    request[Self.submitterKey] = submitter.map { .string($0) }
    request[Self.idempotencyKey] = key.map { .string($0) }
  }
}
