internal import SpoolModel

/// The types of the journal's records, as their member `type` names them.
enum RecordType: String, JSONValue {
  case task, chain, manifest, joined, closed, grouped, formed, attempt, accepted, published, failed
  case discarded, swept, control, revived, split, quarantined, deleting, removing, removed, deleted
  case ended, told, packed, expired, cleared, forgotten
}

/// The keys of the journal's records.
enum RecordKey: String {
  case type, at, task, dataset, job, attempt, pilot, owner
  case incarnation, digest, key, request
  case origin, files, length, sized, bytes, last, closes, expected, watch, retention
  case marked, ranges, complete
  case first, source, offsets, roots, next, lengths, split, rest
  case tells, parents, result, cause, reason, retryAt, memory, wall, input, parts, jobs, state
}

/// A line of the journal, by its keys. The member `type` comes first.
typealias RecordLine = RecordMembers<RecordKey>

extension Record {
  /// The record as a line of the journal.
  var line: RecordLine {
    switch self {
    case .task(let task): task.line
    case .chain(let chain): chain.line
    case .manifest(let manifest): manifest.line
    case .joined(let joined): joined.line
    case .closed(let dataset, let isComplete):
      [.type: RecordType.closed.json, .dataset: dataset.json, .complete: isComplete.json]
    case .grouped(let grouped): grouped.line
    case .formed(let jobs): jobs.line
    case .attempt(let job, let attempt):
      [.type: RecordType.attempt.json, .job: job.json, .attempt: attempt.json]
    case .accepted(let accepted): accepted.line
    case .published(let job): [.type: RecordType.published.json, .job: job.json]
    case .failed(let failed): failed.line
    case .discarded(let parts, let at):
      [.type: RecordType.discarded.json, .parts: parts.json, .at: at.json]
    case .swept(let parts): [.type: RecordType.swept.json, .parts: parts.json]
    case .control(let control): control.line
    case .revived(let jobs): jobs.line
    case .split(let split): split.line
    case .quarantined(let quarantined): quarantined.line
    case .deleting(let deletion): deletion.line
    case .removing(let removal): removal.line
    case .removed(let removal): removal.line
    case .deleted(let dataset): [.type: RecordType.deleted.json, .dataset: dataset.json]
    case .ended(let task, let state, let at, let reason, let tells):
      [
        .type: RecordType.ended.json, .task: task.json, .state: state.json, .at: at.json,
        .reason: reason?.json, .tells: tells ? true : nil,
      ]
    case .told(let name): [.type: RecordType.told.json, .task: name.json]
    case .packed(let name, let at): [.type: RecordType.packed.json, .task: name.json, .at: at.json]
    case .expired(let name, let at):
      [.type: RecordType.expired.json, .task: name.json, .at: at.json]
    case .cleared(let name): [.type: RecordType.cleared.json, .task: name.json]
    case .forgotten(let dataset): [.type: RecordType.forgotten.json, .dataset: dataset.json]
    }
  }

  /// Reads a line of the journal. Returns nil for a record that this version does not know.
  init?(_ line: RecordLine) {
    guard let type: RecordType = line[.type], let record = Self.read(type, line) else {
      return nil
    }
    self = record
  }

  private static func read(_ type: RecordType, _ line: RecordLine) -> Record? {
    switch type {
    case .task: TaskAccepted(line).map { .task($0) }
    case .chain: ChainAccepted(line).map { .chain($0) }
    case .manifest: ManifestAccepted(line).map { .manifest($0) }
    case .joined: FilesJoined(line).map { .joined($0) }
    case .closed: line.dataset.map { .closed(dataset: $0, isComplete: line[.complete] ?? false) }
    case .grouped: InputsGrouped(line).map { .grouped($0) }
    case .formed: JobsFormed(line).map { .formed($0) }
    case .attempt: line.job.map { .attempt($0, attempt: line[.attempt] ?? 1) }
    case .accepted: ResultAccepted(line).map { .accepted($0) }
    case .published: line.job.map { .published($0) }
    case .failed: AttemptFailed(line).map { .failed($0) }
    case .discarded: .discarded(line[.parts] ?? [], at: line.time)
    case .swept: .swept(line[.parts] ?? [])
    case .control: ControlAccepted(line).map { .control($0) }
    case .revived: JobsRevived(line).map { .revived($0) }
    case .split: JobSplit(line).map { .split($0) }
    case .quarantined: PilotQuarantined(line).map { .quarantined($0) }
    case .deleting: DeletionAccepted(line).map { .deleting($0) }
    case .removing: RemovalOrdered(line).map { .removing($0) }
    case .removed: RemovalAdvanced(line).map { .removed($0) }
    case .deleted: line.dataset.map { .deleted($0) }
    case .ended: ended(line)
    case .told: line.task.map { .told($0) }
    case .packed: line.task.map { .packed($0, at: line.time) }
    case .expired: line.task.map { .expired($0, at: line.time) }
    case .cleared: line.task.map { .cleared($0) }
    case .forgotten: line.dataset.map { .forgotten(dataset: $0) }
    }
  }

  private static func ended(_ line: RecordLine) -> Record? {
    guard let task = line.task, let at: Timestamp = line[.at], let state: TaskState = line[.state]
    else { return nil }
    return .ended(
      task: task, state: state, at: at, reason: line[.reason], tells: line[.tells] ?? false)
  }
}

extension RecordLine {
  /// The task that the record is about.
  fileprivate var task: Name? { self[.task] }
  /// The dataset that the record is about.
  fileprivate var dataset: Name? { self[.dataset] }
  /// The job that the record is about.
  fileprivate var job: JobID? { self[.job] }
  /// The time of a record; 1970 for one of an earlier version that had none.
  var time: Timestamp { self[.at] ?? Timestamp(milliseconds: 0) }
}
