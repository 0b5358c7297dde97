internal import SpoolModel
internal import SpoolStore

/// The durable state: the sum of the journal's records, and exactly what a checkpoint holds.
///
/// In come records, by ``apply(_:graceful:)``; out go lines for views and events. It is a value.
/// The one that counts lies in ``GroupCommit``, which lets others read it, and changes it by
/// ``apply(_:graceful:)`` alone, both live and in a replay. So the compiler keeps out every other
/// writer. ``Placement`` holds what is known beside the journal.
struct SpoolState {
  var tasks: [Name: TaskEntry] = [:]
  /// Jobs in work, by task.
  private var jobs: [Name: [Int: JobEntry]] = [:]
  /// The number of jobs in use, by task.
  private var inUse: [Name: Int] = [:]
  var chains: [Name: ChainEntry] = [:]
  var datasets: [Name: DatasetEntry] = [:]
  /// Open datasets that watch a directory.
  var watched: Set<Name> = []
  /// Datasets with files that are to be removed.
  var removing: Set<Name> = []
  /// The tasks that read a dataset, by dataset.
  var readers: [Name: Set<Name>] = [:]
  /// Packed tasks and chains, by each of their names.
  var packed: [Name: PackedTask] = [:]
  /// The names of forgotten datasets whose catalogues are yet to be removed.
  var retiring: Set<Name> = []
  /// The number of packed tasks, each step of a chain counted.
  var packedTasks = 0
  /// The number of tasks and chains that were ever accepted.
  var accepted = 0
  /// Parts that discarded attempts may have left, with the time from which the watcher may remove
  /// them.
  var litter: [String: Timestamp] = [:]
  /// Keys of accepted manifests and orders. By these the watcher recognises a request that it reads
  /// again after a crash (R6). The oldest keys are dropped.
  var answered: [String] = []
  /// Manifests that are only partly accepted, by key, with the number of files accepted so far.
  var partial: [String: Int] = [:]
  /// Tasks that have not ended, in the order of claiming: by priority, then by acceptance.
  private(set) var live: [Name] = []
  /// Tasks that have not ended and whose jobs need tokens.
  private(set) var tokenTasks: Set<Name> = []
  /// The tasks that ended last and are not packed, the latest first.
  private(set) var latest: [Name] = []
  /// The largest number of tasks in ``latest``.
  static let mostLatest = 10

  /// The form of the lines that the record which is being applied adds to views.
  var format = ViewFormat.placed
  /// The effects of the record that is being applied.
  var effects = Effects()

  /// The effects of a record beyond the state.
  struct Effects {
    /// Lines to add to views.
    var lines: [ViewLine] = []
    /// Events for other stages of the turn.
    var events: [TurnEvent] = []
  }

  init() {}

  // MARK: Questions

  /// Returns a job in work; nil if it has ended or never existed.
  func job(_ id: JobID) -> JobEntry? { jobs[id.task]?[id.index] }

  /// Returns a task's jobs in work, by index.
  func jobs(of task: Name) -> [Int: JobEntry] { jobs[task] ?? [:] }

  /// Returns the number of a task's jobs of which an attempt is issued or being published.
  func jobsInUse(of task: Name) -> Int { inUse[task] ?? 0 }

  /// Returns true if an accepted result of a task waits for its outputs' final names. Such a result
  /// counts, whatever comes (R6).
  func isPublishing(_ task: Name) -> Bool {
    jobs[task]?.values.contains(where: \.isPublishing) ?? false
  }

  /// Tasks that have not ended, in the order of claiming.
  var liveTasks: [TaskEntry] { live.compactMap { tasks[$0] } }

  /// Returns the key by which a manifest is recognised when it is read again.
  static func key(_ dataset: Name, _ origin: String, _ digest: String) -> String {
    "\(dataset) \(digest) \(origin)"
  }

  // MARK: Applying

  /// Applies a record. Returns the lines for views and the events that follow from it. They are the
  /// same whether the record is new or read again in a replay. `grace` is the grace period for
  /// discarded parts, `format` the form of the lines. Throws if the record contradicts the state,
  /// which may then be half changed.
  mutating func apply(
    _ record: Record, graceful grace: Duration, format: ViewFormat = .placed
  ) throws(Contradiction) -> Effects {
    effects = Effects()
    self.format = format
    do throws(Contradiction) {
      try dispatch(record, grace)
    } catch {
      var contradiction = error
      contradiction.type = record.line[.type] ?? "?"
      throw contradiction
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
    case .grouped(let grouped): try apply(grouped)
    case .formed(let jobs): try apply(jobs)
    case .attempt(let job, let attempt): try issue(job, attempt)
    case .accepted(let accepted): try apply(accepted)
    case .published(let job): try publish(job)
    case .failed(let failed): try apply(failed, grace: grace)
    case .discarded(let parts, let at): for part in parts { addLitter(part, due: at + grace) }
    case .swept(let parts): for part in parts { litter[part] = nil }
    case .control(let control): try apply(control)
    case .revived(let jobs): try apply(jobs)
    case .split(let split): try apply(split)
    case .quarantined(let quarantined): for job in quarantined.jobs { forgive(job) }
    case .deleting(let deletion): try apply(deletion)
    case .removing(let removal): try apply(removal)
    case .removed(let removal): try apply(removal)
    case .deleted(let dataset): try delete(dataset)
    case .ended(let task, let state, let at, let reason, let tells):
      try end(task, state, at, reason)
      try noteEnd(of: task, tells: tells)
    case .told(let name): noteTold(name)
    case .packed(let name, _): try pack(name)
    case .expired(let name, _): try expire(name)
    case .cleared(let name): try clear(name)
    case .forgotten(let dataset): try forget(dataset)
    }
  }

  // MARK: Changes, for `apply` alone

  /// Changes a task in place. Throws if no task has that name.
  mutating func change<Result>(
    task name: Name, _ body: (inout TaskEntry) throws(Contradiction) -> Result
  ) throws(Contradiction) -> Result {
    guard let index = tasks.index(forKey: name) else {
      throw Contradiction("there is no task \(name)")
    }
    return try body(&tasks.values[index])
  }

  /// Changes a dataset in place. Throws if no dataset has that name.
  mutating func change<Result>(
    dataset name: Name, _ body: (inout DatasetEntry) throws(Contradiction) -> Result
  ) throws(Contradiction) -> Result {
    guard let index = datasets.index(forKey: name) else {
      throw Contradiction("there is no dataset \(name)")
    }
    return try body(&datasets.values[index])
  }

  /// Puts a job in work, or takes it out if it is nil.
  mutating func set(_ job: JobEntry?, _ id: JobID) {
    let old: JobEntry?
    if let job {
      old = jobs[id.task, default: [:]].updateValue(job, forKey: id.index)
    } else {
      old = jobs[id.task]?.removeValue(forKey: id.index)
    }
    let change = (job?.isInUse == true ? 1 : 0) - (old?.isInUse == true ? 1 : 0)
    if change != 0 { inUse[id.task, default: 0] += change }
  }

  /// Replaces all jobs in work of a task.
  mutating func setJobs(_ entries: [Int: JobEntry], of task: Name) {
    jobs[task] = entries.isEmpty ? nil : entries
    inUse[task] = entries.isEmpty ? nil : entries.values.count(where: \.isInUse)
  }

  /// Notes the key of an accepted manifest or order, and drops the oldest keys if there are many.
  mutating func remember(_ key: String) {
    answered.append(key)
    if answered.count > 2000 { answered.removeFirst(1000) }
  }

  /// Notes a part that a discarded attempt may have left.
  mutating func addLitter(_ part: String, due: Timestamp) {
    litter[part] = due
    effects.events.append(.partDiscarded(part, due))
  }

  /// Notes that the page of a dataset may be out of date.
  mutating func touch(_ dataset: Name) { effects.events.append(.datasetChanged(dataset)) }

  /// Notes that the pages of all datasets that a task reads or fills may be out of date.
  mutating func touch(around task: TaskEntry) { for name in task.spec.datasets { touch(name) } }

  /// Tells that a task no longer needs a dataset's files, so that some may be due for removal.
  mutating func use(_ dataset: Name) { effects.events.append(.datasetUsed(dataset)) }

  // MARK: The order of tasks

  /// Returns true if a task comes before another in the order of claiming.
  private func precedes(_ one: Name, _ other: Name) -> Bool {
    guard let left = tasks[one], let right = tasks[other] else { return false }
    return (left.spec.priority, left.number) < (right.spec.priority, right.number)
  }

  /// Puts a task that is in work, or in work again, into the order of claiming.
  mutating func enliven(_ name: Name) {
    var low = 0
    var high = live.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(name, live[middle]) { high = middle } else { low = middle + 1 }
    }
    live.insert(name, at: low)
    if needsTokens(name) { tokenTasks.insert(name) }
  }

  private func needsTokens(_ name: Name) -> Bool {
    tasks[name].map { !$0.spec.resources.tokens.isEmpty } ?? false
  }

  /// Takes a task out of the order of claiming.
  mutating func leaveLife(_ name: Name) {
    live.removeAll { $0 == name }
    tokenTasks.remove(name)
  }

  /// Returns true if a task ended after another.
  private func isLater(_ one: Name, _ other: Name) -> Bool {
    guard let left = tasks[one], let right = tasks[other] else { return false }
    return (left.ended?.milliseconds ?? 0, left.number) > (
      right.ended?.milliseconds ?? 0, right.number
    )
  }

  /// Puts a task that has ended among the latest.
  mutating func noteEnd(of name: Name) {
    let place = latest.firstIndex { isLater(name, $0) } ?? latest.count
    latest.insert(name, at: place)
    latest = Array(latest.prefix(Self.mostLatest))
  }

  /// Takes a task that is in work again, or packed, out of the latest. Another takes its place.
  mutating func removeEnd(of name: Name) {
    guard latest.contains(name) else { return }
    findLatest(without: name)
  }

  /// Finds the latest tasks among all that ended.
  mutating func findLatest(without name: Name? = nil) {
    let ended = tasks.values.filter { $0.ended != nil && $0.name != name }.map(\.name)
    latest = Array(ended.sorted(by: isLater).prefix(Self.mostLatest))
  }

  /// Computes the orders of live and latest tasks, after a checkpoint is read.
  mutating func findOrder() {
    live = tasks.values.filter { !$0.state.hasEnded }.map(\.name).sorted(by: precedes)
    tokenTasks = Set(live.filter(needsTokens))
    findLatest()
  }
}

extension SpoolState {
  /// Notes that an attempt of a job is issued (R4).
  mutating func issue(_ id: JobID, _ attempt: Int) throws(Contradiction) {
    guard var job = job(id) else { throw Contradiction("\(id) is not in work") }
    guard attempt > job.attempt, !job.isPublishing else {
      throw Contradiction("\(id) is at attempt \(job.attempt)")
    }
    job.attempt = attempt
    job.phase = .issued
    set(job, id)
  }
}
