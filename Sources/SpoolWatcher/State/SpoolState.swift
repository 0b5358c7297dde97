internal import SpoolModel
internal import SpoolStore

/// The durable state: the sum of the journal's records, exactly what a checkpoint holds.
///
/// It is a value. The one that counts lies in ``GroupCommit``, which lets others read it and changes
/// it by ``apply(_:graceful:)`` alone, live as in a replay; so the compiler keeps every other writer
/// out. What is known beside the journal is in ``Placement``.
struct SpoolState {
  var tasks: [Name: TaskEntry] = [:]
  /// Jobs in work, by task.
  private var jobs: [Name: [Int: JobEntry]] = [:]
  var chains: [Name: ChainEntry] = [:]
  var datasets: [Name: DatasetEntry] = [:]
  /// Open datasets that watch a directory; datasets of which files are to be removed.
  var watched: Set<Name> = []
  var removing: Set<Name> = []
  /// The tasks that read a dataset.
  var readers: [Name: Set<Name>] = [:]
  /// Packed tasks and chains, by each of their names; the number of these tasks.
  var packed: [Name: PackedTask] = [:]
  var packedTasks = 0
  /// The number of tasks and chains that were ever accepted.
  var accepted = 0
  /// Parts that discarded attempts may have left, with the time from which they may be removed.
  var litter: [String: Timestamp] = [:]
  /// Keys of manifests and orders that were accepted, so that one that is read again after a crash
  /// is recognised. The oldest are dropped.
  var answered: [String] = []
  /// Manifests of which only a part is in: the number of their files that are.
  var partial: [String: Int] = [:]
  /// Tasks that have not ended, in the order of claiming: by priority, then by acceptance.
  private(set) var live: [Name] = []
  /// The tasks that ended last, the latest first, of those that are not packed.
  private(set) var latest: [Name] = []
  static let mostLatest = 10

  /// What the record that is being applied gives rise to.
  var effects = Effects()

  /// What a record adds beyond the state.
  struct Effects {
    /// Lines of views.
    var lines: [ViewLine] = []
    var events: [TurnEvent] = []
  }

  /// A contradiction between a record and the state, to be told with the record's type.
  struct Contradiction: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  init() {}

  // MARK: Questions

  func job(_ id: JobID) -> JobEntry? { jobs[id.task]?[id.index] }

  /// Returns a task's jobs in work, by index.
  func jobs(of task: Name) -> [Int: JobEntry] { jobs[task] ?? [:] }

  /// Returns whether an accepted result of a task waits for its outputs' final names: it counts,
  /// whatever comes.
  func isPublishing(_ task: Name) -> Bool {
    jobs[task]?.values.contains(where: \.isPublishing) ?? false
  }

  /// Tasks that have not ended, in the order of claiming.
  var liveTasks: [TaskEntry] { live.compactMap { tasks[$0] } }

  static func key(_ dataset: Name, _ origin: String, _ digest: String) -> String {
    "\(dataset) \(digest) \(origin)"
  }

  // MARK: Applying

  /// Takes a record in. Returns the lines of views and the events that follow from it: the same,
  /// whether the record is new or read again. Fails, with the state as it was, where the record
  /// contradicts the state.
  mutating func apply(_ record: Record, graceful grace: Duration) throws(ImpossibleRecord)
    -> Effects
  {
    effects = Effects()
    do throws(Contradiction) {
      try dispatch(record, grace)
    } catch {
      let type = record.json["type"]?.string ?? "?"
      throw ImpossibleRecord(type: type, reason: error.reason)
    }
    return effects
  }

  private mutating func dispatch(_ record: Record, _ grace: Duration) throws(Contradiction) {
    switch record {
    case .task(let task): try apply(task)
    case .chain(let chain): try apply(chain)
    case .manifest(let manifest): apply(manifest)
    case .joined(let joined): try apply(joined)
    case .closed(let dataset, let isComplete): try close(dataset, isComplete)
    case .formed(let jobs): try apply(jobs)
    case .attempt(let job, let attempt): try issue(job, attempt)
    case .accepted(let accepted): try apply(accepted)
    case .published(let job): try publish(job)
    case .failed(let failed): try apply(failed, grace: grace)
    case .discarded(let parts, let at): for part in parts { addLitter(part, due: at + grace) }
    case .swept(let parts): for part in parts { litter[part] = nil }
    case .control(let control): try apply(control)
    case .revived(let jobs): try apply(jobs)
    case .quarantined(let quarantined): for job in quarantined.jobs { forgive(job) }
    case .deleting(let deletion): try apply(deletion)
    case .removing(let removal): try apply(removal)
    case .removed(let removal): try apply(removal)
    case .deleted(let dataset): try delete(dataset)
    case .ended(let task, let state, let at, let reason): try end(task, state, at, reason)
    case .packed(let name, _): try pack(name)
    case .expired(let name, _): try expire(name)
    case .cleared(let name): try clear(name)
    case .forgotten(let dataset): try forget(dataset)
    }
  }

  // MARK: Changes, for `apply` alone

  /// Changes a task in place; fails where there is none of that name.
  mutating func change<Result>(
    task name: Name, _ body: (inout TaskEntry) throws(Contradiction) -> Result
  ) throws(Contradiction) -> Result {
    guard let index = tasks.index(forKey: name) else {
      throw Contradiction("there is no task \(name)")
    }
    return try body(&tasks.values[index])
  }

  /// Changes a dataset in place; fails where there is none of that name.
  mutating func change<Result>(
    dataset name: Name, _ body: (inout DatasetEntry) throws(Contradiction) -> Result
  ) throws(Contradiction) -> Result {
    guard let index = datasets.index(forKey: name) else {
      throw Contradiction("there is no dataset \(name)")
    }
    return try body(&datasets.values[index])
  }

  mutating func set(_ job: JobEntry?, _ id: JobID) { jobs[id.task, default: [:]][id.index] = job }

  mutating func setJobs(_ entries: [Int: JobEntry], of task: Name) {
    jobs[task] = entries.isEmpty ? nil : entries
  }

  mutating func remember(_ key: String) {
    answered.append(key)
    if answered.count > 2000 { answered.removeFirst(1000) }
  }

  mutating func addLitter(_ part: String, due: Timestamp) {
    litter[part] = due
    effects.events.append(.partDiscarded(part, due))
  }

  /// Notes that the page of a dataset may be out of date.
  mutating func touch(_ dataset: Name) { effects.events.append(.datasetChanged(dataset)) }

  /// Notes the same of all datasets that a task reads or fills.
  mutating func touch(around task: TaskEntry) { for name in task.spec.datasets { touch(name) } }

  mutating func use(_ dataset: Name) { effects.events.append(.datasetUsed(dataset)) }

  // MARK: The order of tasks

  private func precedes(_ one: Name, _ other: Name) -> Bool {
    guard let left = tasks[one], let right = tasks[other] else { return false }
    return (left.spec.priority, left.number) < (right.spec.priority, right.number)
  }

  /// Puts a task that has come to life into the order of claiming.
  mutating func enliven(_ name: Name) {
    var low = 0
    var high = live.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(name, live[middle]) { high = middle } else { low = middle + 1 }
    }
    live.insert(name, at: low)
  }

  mutating func leaveLife(_ name: Name) { live.removeAll { $0 == name } }

  private func isLater(_ one: Name, _ other: Name) -> Bool {
    guard let left = tasks[one], let right = tasks[other] else { return false }
    return (left.ended?.milliseconds ?? 0, left.number) > (
      right.ended?.milliseconds ?? 0, right.number
    )
  }

  mutating func noteEnd(of name: Name) {
    let place = latest.firstIndex { isLater(name, $0) } ?? latest.count
    latest.insert(name, at: place)
    latest = Array(latest.prefix(Self.mostLatest))
  }

  /// A task is in work again, or packed: another takes its place among the latest.
  mutating func forgetEnd(of name: Name) {
    guard latest.contains(name) else { return }
    findLatest(without: name)
  }

  mutating func findLatest(without name: Name? = nil) {
    let ended = tasks.values.filter { $0.ended != nil && $0.name != name }.map(\.name)
    latest = Array(ended.sorted(by: isLater).prefix(Self.mostLatest))
  }

  /// Finds the order of tasks anew, after a checkpoint was read.
  mutating func findOrder() {
    live = tasks.values.filter { !$0.state.hasEnded }.map(\.name).sorted(by: precedes)
    findLatest()
  }
}

extension SpoolState {
  mutating func issue(_ id: JobID, _ attempt: Int) throws(Contradiction) {
    guard var job = job(id) else { throw Contradiction("\(id) is not in work") }
    job.attempt = attempt
    job.phase = .issued
    set(job, id)
  }
}
