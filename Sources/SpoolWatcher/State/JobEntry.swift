internal import SpoolModel

/// A job that has been formed and has not ended, as the journal has it. Only sums are kept of jobs
/// that ended. ``Placement`` knows where an issued job's file is.
struct JobEntry: Equatable {
  enum Phase: Equatable {
    /// An attempt is issued: its file is to be put into ready, or lies there, or a pilot has it.
    case issued
    /// An attempt failed; the next one is due at this time.
    case waiting(until: Timestamp)
    /// A result is accepted; its outputs are being given their final names.
    case publishing(JobResult)
  }

  /// The `source` of a job over everything.
  static let all = -1

  /// The dataset of the task's that its inputs are from, by number.
  var source: Int
  /// Where its inputs begin: a byte of the catalogue, or an index of the task's list.
  var offset: Int
  /// The number of its inputs.
  var files: Int
  /// Where its inputs end, and the next job's begin.
  var end: Int
  var attempt = 1
  var phase = Phase.issued
  /// Failed attempts by budget: the payload's own, those of the infrastructure, those given back.
  var payloadFailures = 0
  var infrastructureFailures = 0
  var returns = 0
  /// The memory limit in bytes, where it grew beyond the task's.
  var memory: Int?
  /// The paths of an accepted result's inputs, until it is published.
  var parents: [String] = []

  var isPublishing: Bool { if case .publishing = phase { true } else { false } }

  /// The place of its inputs as a ledger keeps it for a job that failed for good, so that the job
  /// can be tried again.
  var position: JSON {
    var object = JSONObject([
      .init("source", .integer(source)), .init("offset", .integer(offset)),
      .init("files", .integer(files)), .init("end", .integer(end)),
    ])
    if let memory { object["memory"] = .integer(memory) }
    return .object(object)
  }

  /// Makes its budgets whole again. A limit of a person's own replaces the one that it grew to.
  mutating func renew(memory limit: Int?) {
    payloadFailures = 0
    infrastructureFailures = 0
    returns = 0
    if limit != nil { memory = nil }
  }
}

extension JobEntry {
  func json(index: Int) -> JSON {
    var object = JSONObject([
      .init("index", .integer(index)), .init("source", .integer(source)),
      .init("offset", .integer(offset)), .init("files", .integer(files)),
      .init("end", .integer(end)),
      .init("attempt", .integer(attempt)), .init("payload", .integer(payloadFailures)),
      .init("infrastructure", .integer(infrastructureFailures)),
      .init("returns", .integer(returns)),
    ])
    if let memory { object["memory"] = .integer(memory) }
    if !parents.isEmpty { object["parents"] = .array(parents.map { .string($0) }) }
    switch phase {
    case .waiting(let until): object["waiting"] = until.json
    case .publishing(let result): object["publishing"] = result.json
    case .issued: break
    }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let source = json["source"]?.integer, let offset = json["offset"]?.integer,
      let files = json["files"]?.integer, let end = json["end"]?.integer,
      let attempt = json["attempt"]?.integer
    else { return nil }
    self.init(source: source, offset: offset, files: files, end: end)
    self.attempt = attempt
    payloadFailures = json["payload"]?.integer ?? 0
    infrastructureFailures = json["infrastructure"]?.integer ?? 0
    returns = json["returns"]?.integer ?? 0
    memory = json["memory"]?.integer
    parents = json["parents"]?.array?.compactMap(\.string) ?? []
    if let until = json["waiting"]?.timestamp { phase = .waiting(until: until) }
    if let result = json["publishing"].flatMap({ JobResult($0) }) { phase = .publishing(result) }
  }
}
