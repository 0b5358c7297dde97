internal import SpoolModel

extension Record {
  /// The record as a line of the journal. The member `type` names the kind of record.
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
        [("parts", .array(parts.map { .string($0) })), ("at", at.json)])
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
          ("task", .string(task.text)), ("state", .string(state.rawValue)), ("at", at.json),
          ("reason", reason.map { .string($0) }),
        ])
    case .packed(let name, let at):
      JSONObject("packed", [("task", .string(name.text)), ("at", at.json)])
    case .expired(let name, let at):
      JSONObject("expired", [("task", .string(name.text)), ("at", at.json)])
    case .cleared(let name): JSONObject("cleared", [("task", .string(name.text))])
    case .forgotten(let dataset):
      JSONObject("forgotten", [("dataset", .string(dataset.text))])
    }
  }

  /// Reads a line of the journal. Returns nil for a record that this version does not know.
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
        json["parts"]?.array?.compactMap(\.string) ?? [],
        at: json["at"]?.timestamp ?? Timestamp(milliseconds: 0))
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
      record = json.name("task").map {
        .packed($0, at: json["at"]?.timestamp ?? Timestamp(milliseconds: 0))
      }
    case "expired":
      record = json.name("task").map {
        .expired($0, at: json["at"]?.timestamp ?? Timestamp(milliseconds: 0))
      }
    case "cleared": record = json.name("task").map { .cleared($0) }
    case "forgotten": record = json.name("dataset").map { .forgotten(dataset: $0) }
    default: record = nil
    }
    guard let record else { return nil }
    self = record
  }

  private static func ended(_ json: JSONObject) -> Record? {
    guard let task = json.name("task"), let at = json["at"]?.timestamp,
      let state = json["state"]?.string.flatMap({ TaskState(rawValue: $0) })
    else { return nil }
    return .ended(task: task, state: state, at: at, reason: json["reason"]?.string)
  }
}

extension JSONObject {
  /// Makes a record of this type, without the members that are nil.
  init(_ type: String, _ members: [(String, JSON?)]) {
    self.init([Member("type", .string(type))])
    for (key, value) in members {
      if let value { self.members.append(Member(key, value)) }
    }
  }

  /// Returns the member as a name; nil if it is none.
  func name(_ key: String) -> Name? { self[key]?.string.flatMap { Name($0) } }
  /// The job that the record is about.
  var job: JobID? { self["job"]?.string.flatMap { JobID($0) } }
}
