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
  /// Those of them whose pilots died.
  var lost = 0
  /// Attempts that a pilot gave back.
  var returns = 0
  /// The number of times that it has gone on from a checkpoint, or is about to.
  var resumes = 0
  /// The checkpoint that its next attempt goes on from; nil: it begins.
  var checkpoint: KeptCheckpoint?
  /// The memory limit in bytes, if it grew beyond the task's.
  var memory: Int?
  /// The wall time, if it grew beyond the task's.
  var wall: Duration?
  /// The paths of an accepted result's inputs, until it is published.
  var parents: [String] = []
  /// True if its files are to become jobs of their own before its next attempt.
  var splits = false
  /// The ``CatalogueLine/root`` of its first input; nil where that is its offset.
  var root: Int?
  /// The outputs of an earlier attempt that was done; nil if none was. They stay as they are until the
  /// outputs of a new one replace them.
  var former: [FormerOutput]?

  /// The ``CatalogueLine/root`` of what it makes. Inputs from several datasets come one dataset after the
  /// other.
  var ownRoot: Int { (root ?? offset).addingClamped(max(0, source) << 40) }

  /// True while an attempt of it is issued, or its outputs are being published: it counts against
  /// limits, unless its file was taken back out of ready.
  var isInUse: Bool { if case .waiting = phase { false } else { true } }

  /// True while its accepted outputs wait for their final names.
  var isPublishing: Bool { if case .publishing = phase { true } else { false } }

  /// The position of its inputs. The ledger keeps it for a job that ended, so that an order can revive
  /// the job.
  var position: InputPosition {
    InputPosition(
      source: source, offset: offset, files: files, end: end, root: root, memory: memory,
      wall: wall, former: former)
  }

  /// Returns the reason of a failure for good, in words: what an earlier attempt made stays.
  func words(ofEnd reason: String?) -> String? {
    guard let former, !former.isEmpty else { return reason }
    return (reason.map { $0 + "; " } ?? "") + "the outputs of its earlier attempt are still there"
  }

  /// Resets the counts of failed attempts. The limits that a person gave replace those that the job
  /// had grown to.
  mutating func renew(_ order: RetryOrder) {
    payloadFailures = 0
    infrastructureFailures = 0
    lost = 0
    returns = 0
    if order.memory != nil { memory = nil }
    if order.wall != nil { wall = nil }
  }
}

extension JobEntry {
  /// Makes a job of these inputs, with its memory limit.
  init(_ position: InputPosition) {
    self.init(
      source: position.source, offset: position.offset, files: position.files, end: position.end)
    root = position.root
    memory = position.memory
    wall = position.wall
    former = position.former
  }

  private enum Key: String {
    case index, source, offset, files, end, attempt, payload, infrastructure, lost, returns, memory
    case wall, resumes, checkpoint, root
    case parents, split, waiting, publishing, former
  }

  /// Returns the jobs, by index, as a checkpoint holds them.
  static func json(_ jobs: [Int: JobEntry]) -> JSON {
    .array(jobs.sorted { $0.key < $1.key }.map { $1.json(index: $0) })
  }

  /// Reads jobs, by index, from a checkpoint. Returns nil if the JSON is not what a watcher writes.
  static func jobs(_ json: JSON?) -> [Int: JobEntry]? {
    var jobs: [Int: JobEntry] = [:]
    for value in json?.array ?? [] {
      guard let members = RecordMembers<Key>(value), let index: Int = members[.index],
        let job = JobEntry(members)
      else { return nil }
      jobs[index] = job
    }
    return jobs
  }

  private func json(index: Int) -> JSON {
    var members: RecordMembers<Key> = [
      .index: index.json, .source: source.json, .offset: offset.json, .files: files.json,
      .end: end.json, .attempt: attempt.json, .payload: payloadFailures.json,
      .infrastructure: infrastructureFailures.json, .lost: lost > 0 ? lost.json : nil,
      .returns: returns.json, .memory: memory?.json, .wall: wall?.milliseconds.json,
      .resumes: resumes > 0 ? resumes.json : nil, .checkpoint: checkpoint?.json,
      .parents: parents.isEmpty ? nil : parents.json, .split: splits ? true : nil,
      .root: root?.json, .former: former?.json,
    ]
    switch phase {
    case .waiting(let until): members[.waiting] = until
    case .publishing(let result): members[.publishing] = result
    case .issued: break
    }
    return members.json
  }

  private init?(_ members: RecordMembers<Key>) {
    guard let source: Int = members[.source], let offset: Int = members[.offset],
      let files: Int = members[.files], let end: Int = members[.end],
      let attempt: Int = members[.attempt]
    else { return nil }
    self.init(source: source, offset: offset, files: files, end: end)
    self.attempt = attempt
    payloadFailures = members[.payload] ?? 0
    infrastructureFailures = members[.infrastructure] ?? 0
    lost = members[.lost] ?? 0
    returns = members[.returns] ?? 0
    memory = members[.memory]
    wall = (members[.wall] as Int?).map { .milliseconds($0) }
    resumes = members[.resumes] ?? 0
    checkpoint = members[.checkpoint]
    parents = members[.parents] ?? []
    splits = members[.split] ?? false
    root = members[.root]
    former = members[.former]
    if let until: Timestamp = members[.waiting] { phase = .waiting(until: until) }
    if let result: JobResult = members[.publishing] { phase = .publishing(result) }
  }
}
