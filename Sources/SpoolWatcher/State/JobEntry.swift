internal import SpoolModel

/// A job that has been formed and has not ended, as the journal has it. Of jobs that ended, the
/// task's entry keeps only sums. ``Placement`` knows the place of an issued job's file.
struct JobEntry: Equatable {
  /// The phase of a job in work.
  enum Phase: Equatable {
    /// An attempt is issued. The watcher is about to put its file into ready, or the file lies
    /// there, or a pilot has it.
    case issued
    /// An attempt failed. The next attempt is due at this time.
    case waiting(until: Timestamp)
    /// A result is accepted. The watcher is giving its outputs their final names (R3).
    case publishing(JobResult)
  }

  /// The `source` of a job that reads all datasets of its task.
  static let all = -1

  /// The number of the dataset, among the task's, that its inputs come from.
  var source: Int
  /// The beginning of its inputs: a byte of the catalogue, or an index of the task's list.
  var offset: Int
  /// The number of its inputs.
  var files: Int
  /// The end of its inputs, at which the next job's inputs begin.
  var end: Int
  /// The number of the attempt that was issued last (R4).
  var attempt = 1
  var phase = Phase.issued
  /// Failed attempts that the payload caused.
  var payloadFailures = 0
  /// Failed attempts that the infrastructure caused.
  var infrastructureFailures = 0
  /// Attempts that a pilot gave back.
  var returns = 0
  /// The memory limit in bytes, if it grew beyond the task's.
  var memory: Int?
  /// The paths of an accepted result's inputs, until it is published.
  var parents: [String] = []

  /// True while its accepted outputs wait for their final names.
  var isPublishing: Bool { if case .publishing = phase { true } else { false } }

  /// The position of its inputs. The ledger keeps it for a job that failed for good, so that an
  /// order can revive the job.
  var position: InputPosition {
    InputPosition(source: source, offset: offset, files: files, end: end, memory: memory)
  }

  /// Resets the counts of failed attempts. If a person gave a memory limit, it replaces the limit
  /// that the job had grown to.
  mutating func renew(memory limit: Int?) {
    payloadFailures = 0
    infrastructureFailures = 0
    returns = 0
    if limit != nil { memory = nil }
  }
}

extension JobEntry {
  /// The entry as a checkpoint holds it.
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
