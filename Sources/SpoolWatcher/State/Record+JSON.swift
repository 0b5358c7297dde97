internal import SpoolModel

extension Record {
  /// As the journal writes it; `type` says which.
  var json: JSONObject {
    switch self {
    case .task(let task): task.json
    case .chain(let chain): chain.json
    case .manifest(let manifest): manifest.json
    case .joined(let joined): joined.json
    case .closed(let dataset, let isComplete):
      JSONObject("closed", [("dataset", .string(dataset.text)), ("complete", .bool(isComplete))])
    case .formed(let jobs): jobs.json
    case .attempt(let job, let attempt):
      JSONObject(
        "attempt", [("job", .string(job.description)), ("attempt", .integer(attempt))])
    case .accepted(let accepted): accepted.json
    case .published(let job): JSONObject("published", [("job", .string(job.description))])
    case .failed(let failed): failed.json
    case .discarded(let parts, let at):
      JSONObject(
        "discarded",
        [("parts", .array(parts.map { .string($0) })), ("at", .integer(at))])
    case .swept(let parts): JSONObject("swept", [("parts", .array(parts.map { .string($0) }))])
    case .control(let control): control.json
    case .revived(let jobs): jobs.json
    case .quarantined(let quarantined): quarantined.json
    case .deleting(let deletion): deletion.json
    case .removing(let removal): removal.json
    case .removed(let removal): removal.json
    case .deleted(let dataset): JSONObject("deleted", [("dataset", .string(dataset.text))])
    case .ended(let task, let state, let at, let reason):
      JSONObject(
        "ended",
        [
          ("task", .string(task.text)), ("state", .string(state.rawValue)), ("at", .integer(at)),
          ("reason", reason.map { .string($0) }),
        ])
    case .packed(let name, let at):
      JSONObject("packed", [("task", .string(name.text)), ("at", .integer(at))])
    case .expired(let name, let at):
      JSONObject("expired", [("task", .string(name.text)), ("at", .integer(at))])
    case .cleared(let name): JSONObject("cleared", [("task", .string(name.text))])
    case .forgotten(let dataset):
      JSONObject("forgotten", [("dataset", .string(dataset.text))])
    }
  }

  /// Nil for what this version does not know.
  init?(_ json: JSONObject) {
    let record: Record?
    switch json["type"]?.string {
    case "task": record = TaskAccepted(json).map { .task($0) }
    case "chain": record = ChainAccepted(json).map { .chain($0) }
    case "manifest": record = ManifestAccepted(json).map { .manifest($0) }
    case "joined": record = FilesJoined(json).map { .joined($0) }
    case "closed":
      record = json.name("dataset").map {
        .closed(dataset: $0, isComplete: json["complete"]?.bool ?? false)
      }
    case "formed": record = JobsFormed(json).map { .formed($0) }
    case "attempt":
      record = json.job.map { .attempt($0, attempt: json["attempt"]?.integer ?? 1) }
    case "accepted": record = ResultAccepted(json).map { .accepted($0) }
    case "published": record = json.job.map { .published($0) }
    case "failed": record = AttemptFailed(json).map { .failed($0) }
    case "discarded":
      record = .discarded(
        json["parts"]?.array?.compactMap(\.string) ?? [], at: json["at"]?.integer ?? 0)
    case "swept": record = .swept(json["parts"]?.array?.compactMap(\.string) ?? [])
    case "control": record = ControlAccepted(json).map { .control($0) }
    case "revived": record = JobsRevived(json).map { .revived($0) }
    case "quarantined": record = PilotQuarantined(json).map { .quarantined($0) }
    case "deleting": record = DeletionAccepted(json).map { .deleting($0) }
    case "removing": record = RemovalOrdered(json).map { .removing($0) }
    case "removed": record = RemovalAdvanced(json).map { .removed($0) }
    case "deleted": record = json.name("dataset").map { .deleted($0) }
    case "ended": record = Self.ended(json)
    case "packed":
      record = json.name("task").map { .packed($0, at: json["at"]?.integer ?? 0) }
    case "expired":
      record = json.name("task").map { .expired($0, at: json["at"]?.integer ?? 0) }
    case "cleared": record = json.name("task").map { .cleared($0) }
    case "forgotten": record = json.name("dataset").map { .forgotten(dataset: $0) }
    default: record = nil
    }
    guard let record else { return nil }
    self = record
  }

  private static func ended(_ json: JSONObject) -> Record? {
    guard let task = json.name("task"), let at = json["at"]?.integer,
      let state = json["state"]?.string.flatMap({ TaskState(rawValue: $0) })
    else { return nil }
    return .ended(task: task, state: state, at: at, reason: json["reason"]?.string)
  }
}

extension JSONObject {
  /// A record: what is nil is left out.
  init(_ type: String, _ members: [(String, JSON?)]) {
    self.init([Member("type", .string(type))])
    for (key, value) in members {
      if let value { self.members.append(Member(key, value)) }
    }
  }

  func name(_ key: String) -> Name? { self[key]?.string.flatMap { Name($0) } }
  var job: JobID? { self["job"]?.string.flatMap { JobID($0) } }
}

extension TaskAccepted {
  var json: JSONObject {
    JSONObject(
      "task",
      [
        ("incarnation", .string(incarnation)), ("owner", .integer(owner)), ("at", .integer(at)),
        ("digest", .string(digest)), ("request", .object(spec.source)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let spec = try? TaskSpec(request, root: "/"),
      let incarnation = json["incarnation"]?.string, let owner = json["owner"]?.integer,
      let at = json["at"]?.integer, let digest = json["digest"]?.string
    else { return nil }
    self.init(spec: spec, incarnation: incarnation, owner: owner, at: at, digest: digest)
  }
}

extension ManifestAccepted {
  var json: JSONObject {
    JSONObject(
      "manifest",
      [
        ("dataset", .string(dataset.text)), ("origin", .string(origin)),
        ("digest", .string(digest)), ("files", .integer(files)), ("length", .integer(length)),
        ("sized", sized > 0 ? .integer(sized) : nil), ("bytes", sized > 0 ? .integer(bytes) : nil),
        ("last", .bool(isLast)), ("closes", .bool(closes)),
        ("expected", expected.map { .integer($0) }), ("watch", watch?.json),
        ("retention", retention.map { .string($0.text) }),
        ("owner", owner.map { .integer($0) }), ("at", .integer(at)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset"), let origin = json["origin"]?.string,
      let digest = json["digest"]?.string, let files = json["files"]?.integer,
      let length = json["length"]?.integer, let isLast = json["last"]?.bool,
      let closes = json["closes"]?.bool
    else { return nil }
    self.init(
      dataset: dataset, origin: origin, digest: digest, files: files, length: length,
      sized: json["sized"]?.integer ?? 0, bytes: json["bytes"]?.integer ?? 0, isLast: isLast,
      closes: closes, expected: json["expected"]?.integer,
      retention: json["retention"]?.string.flatMap { Retention($0) },
      watch: DirectoryWatch(json["watch"]),
      owner: json["owner"]?.integer, at: json["at"]?.integer ?? 0)
  }
}

extension JobsFormed {
  var json: JSONObject {
    JSONObject(
      "formed",
      [
        ("task", .string(task.text)), ("first", .integer(first)), ("source", .integer(source)),
        ("offsets", .array(offsets.map { .integer($0) })),
        ("files", files.allSatisfy { $0 == 1 } ? nil : .array(files.map { .integer($0) })),
        ("next", .integer(next)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let task = json.name("task"), let first = json["first"]?.integer,
      let source = json["source"]?.integer, let next = json["next"]?.integer,
      let offsets = json["offsets"]?.array?.compactMap(\.integer)
    else { return nil }
    let files =
      json["files"]?.array?.compactMap(\.integer) ?? Array(repeating: 1, count: offsets.count)
    guard files.count == offsets.count else { return nil }
    self.init(
      task: task, first: first, source: source, offsets: offsets, files: files, next: next)
  }
}

extension ResultAccepted {
  var json: JSONObject {
    JSONObject(
      "accepted",
      [
        ("job", .string(job.description)), ("attempt", .integer(attempt)),
        ("parents", parents.isEmpty ? nil : .array(parents.map { .string($0) })),
        ("result", result.json),
      ])
  }

  init?(_ json: JSONObject) {
    guard let job = json.job, let attempt = json["attempt"]?.integer,
      let result = json["result"].flatMap({ JobResult($0) })
    else { return nil }
    self.init(
      job: job, attempt: attempt, result: result,
      parents: json["parents"]?.array?.compactMap(\.string) ?? [])
  }
}

extension AttemptFailed {
  var json: JSONObject {
    JSONObject(
      "failed",
      [
        ("job", .string(job.description)), ("attempt", .integer(attempt)),
        ("cause", .string(cause.description)), ("at", .integer(at)),
        ("pilot", pilot.map { .string($0.text) }), ("reason", reason.map { .string($0) }),
        ("retryAt", retryAt.map { .integer($0) }), ("memory", memory.map { .integer($0) }),
        ("input", input.map { .string($0) }),
        ("parts", parts.isEmpty ? nil : .array(parts.map { .string($0) })),
        ("result", result?.json),
      ])
  }

  init?(_ json: JSONObject) {
    guard let job = json.job, let attempt = json["attempt"]?.integer,
      let cause = json["cause"]?.string.flatMap({ Cause($0) }), let at = json["at"]?.integer
    else { return nil }
    self.init(
      job: job, attempt: attempt, cause: cause, result: json["result"].flatMap { JobResult($0) },
      pilot: json["pilot"]?.string.flatMap { PilotName($0) }, reason: json["reason"]?.string,
      at: at, retryAt: json["retryAt"]?.integer, memory: json["memory"]?.integer,
      parts: json["parts"]?.array?.compactMap(\.string) ?? [], input: json["input"]?.string)
  }
}

extension PilotQuarantined {
  var json: JSONObject {
    JSONObject(
      "quarantined",
      [
        ("pilot", .string(pilot.text)), ("reason", .string(reason)), ("at", .integer(at)),
        ("jobs", jobs.isEmpty ? nil : .array(jobs.map(\.json))),
      ])
  }

  init?(_ json: JSONObject) {
    guard let pilot = json["pilot"]?.string.flatMap({ PilotName($0) }),
      let reason = json["reason"]?.string, let at = json["at"]?.integer
    else { return nil }
    let values = json["jobs"]?.array ?? []
    let jobs = values.compactMap { Forgiven($0) }
    guard jobs.count == values.count else { return nil }
    self.init(pilot: pilot, reason: reason, at: at, jobs: jobs)
  }
}

extension Forgiven {
  var json: JSON {
    [
      "job": .string(job.description), "payload": .integer(payload),
      "infrastructure": .integer(infrastructure),
    ]
  }

  init?(_ json: JSON) {
    guard let job = json["job"]?.string.flatMap({ JobID($0) }),
      let payload = json["payload"]?.integer, let infrastructure = json["infrastructure"]?.integer
    else { return nil }
    self.init(job: job, payload: payload, infrastructure: infrastructure)
  }
}
