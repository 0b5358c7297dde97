internal import SpoolModel
internal import SpoolStore

/// A piece of a view that a record gives rise to: the same bytes at the same place, whether the
/// record is new or read again.
struct ViewLine {
  enum View: Hashable {
    case catalogue(Name)
    case ledger(Name)
  }
  var view: View
  var offset: Int
  var bytes: [UInt8]
}

/// All that the watcher knows: the sum of the journal's records. Changed by `apply` alone, live as
/// in a replay.
final class WatcherState {
  var tasks: [Name: TaskEntry] = [:]
  var chains: [Name: ChainEntry] = [:]
  var datasets: [Name: DatasetEntry] = [:]
  /// Datasets of which files may be needed no more, to be looked at.
  var used: Set<Name> = []
  /// Open datasets that watch a directory; datasets of which files are to be removed.
  var watched: Set<Name> = []
  var removing: Set<Name> = []
  /// The tasks that read a dataset.
  private(set) var readers: [Name: Set<Name>] = [:]
  /// Datasets whose pages may be out of date.
  private(set) var touched: Set<Name> = []
  /// What was packed, by all names that it has, and how many tasks those are.
  var packed: [Name: PackedEntry] = [:]
  var packedTasks = 0
  /// Datasets that are forgotten, and whose catalogue is yet to be removed.
  var leaving: Set<Name> = []
  /// How many tasks and chains were ever accepted.
  var accepted = 0
  /// Parts that discarded attempts may have left, and when they may be removed.
  var litter: [String: Int] = [:] {
    didSet { soonest = nil }
  }
  /// When the first of it is due: looked for only after it changed.
  var nextLitter: Int? {
    if soonest == nil { soonest = litter.values.min() }
    return soonest
  }
  private var soonest: Int?
  /// Keys of manifests and orders that were accepted, so that one that is read again after a crash
  /// is known. Kept small by forgetting the oldest.
  private(set) var answered: [String] = []
  /// Manifests of which only a part is in: how many files of them.
  var partial: [String: Int] = [:]

  /// Tasks that have not ended, in the order of claiming: by priority, then by acceptance.
  var liveTasks: [TaskEntry] {
    if let live { return live }
    let found = tasks.values.filter { !$0.state.hasEnded }
      .sorted { ($0.spec.priority, $0.number) < ($1.spec.priority, $1.number) }
    live = found
    return found
  }
  /// Kept until a task comes or goes, so that no turn's work grows with what has ended.
  private var live: [TaskEntry]?

  /// The tasks that ended last, the latest first, of those that are not packed.
  var latest: [TaskEntry] {
    if let ends { return ends }
    let found = tasks.values.filter { $0.ended != nil }.sorted(by: Self.isLater)
    let latest = Array(found.prefix(Self.mostLatest))
    ends = latest
    return latest
  }
  static let mostLatest = 10
  /// Kept in order as tasks end, and found anew only where one of them has gone.
  private var ends: [TaskEntry]?

  private static func isLater(_ one: TaskEntry, _ other: TaskEntry) -> Bool {
    (one.ended ?? 0, one.number) > (other.ended ?? 0, other.number)
  }

  private func noteEnd(of task: TaskEntry) {
    guard var ends else { return }
    let place = ends.firstIndex { Self.isLater(task, $0) } ?? ends.count
    ends.insert(task, at: place)
    self.ends = Array(ends.prefix(Self.mostLatest))
  }

  /// A task is in work again, or packed.
  func forgetEnd(of task: TaskEntry) {
    if ends?.contains(where: { $0 === task }) ?? false { ends = nil }
  }

  func job(_ id: JobID) -> JobEntry? { tasks[id.task]?.jobs[id.index] }

  func setPhase(_ phase: JobEntry.Phase, of id: JobID) {
    tasks[id.task]?.jobs[id.index]?.phase = phase
  }

  /// Takes a record in, and tells what it adds to the views.
  func apply(_ record: Record, graceful grace: Int) -> [ViewLine] {
    switch record {
    case .task(let task): apply(task)
    case .chain(let chain): apply(chain)
    case .manifest(let manifest): apply(manifest)
    case .joined(let joined): apply(joined)
    case .closed(let dataset, let isComplete):
      datasets[dataset]?.state = isComplete ? .closed : .incomplete
      watched.remove(dataset)
      touch(dataset)
    case .formed(let jobs): apply(jobs)
    case .attempt(let job, let attempt):
      tasks[job.task]?.jobs[job.index]?.attempt = attempt
      tasks[job.task]?.jobs[job.index]?.phase = .pending
    case .accepted(let accepted): return apply(accepted)
    case .published(let job): return published(job)
    case .failed(let failed): return apply(failed, grace: grace)
    case .discarded(let parts, let at): for part in parts { litter[part] = at + grace }
    case .swept(let parts): for part in parts { litter[part] = nil }
    case .control(let control): apply(control)
    case .revived(let jobs): apply(jobs)
    case .quarantined(let quarantined): for job in quarantined.jobs { forgive(job) }
    case .deleting(let deletion): apply(deletion)
    case .removing(let removal): apply(removal)
    case .removed(let removal): apply(removal)
    case .deleted(let dataset): deleted(dataset)
    case .ended(let task, let state, let at, let reason): end(task, state, at, reason)
    case .packed(let name, _): pack(name)
    case .expired(let name, _): packed[name]?.phase = .removing
    case .cleared(let name): clear(name)
    case .forgotten(let dataset):
      datasets[dataset] = nil
      leaving.insert(dataset)
    }
    return []
  }

  func apply(_ task: TaskAccepted) {
    accepted += 1
    let entry = TaskEntry(task, number: accepted)
    live = nil
    tasks[task.spec.name] = entry
    noteReaders(entry)
    for name in task.spec.producedDatasets {
      let dataset = datasets[name] ?? DatasetEntry(name)
      dataset.producers.insert(task.spec.name)
      dataset.activeProducers.insert(task.spec.name)
      dataset.retention = dataset.retention?.longer(task.spec.retention) ?? task.spec.retention
      datasets[name] = dataset
    }
    touch(around: entry)
  }

  /// Remembers which datasets a task reads.
  func noteReaders(_ task: TaskEntry) {
    for name in task.spec.inputDatasets { readers[name, default: []].insert(task.name) }
  }

  /// A task is packed: its name may be another's one day, which has read nothing yet.
  func forgetReader(_ task: TaskEntry) {
    for name in task.spec.inputDatasets {
      readers[name]?.remove(task.name)
      if readers[name]?.isEmpty ?? false { readers[name] = nil }
      datasets[name]?.consumed[task.name] = nil
    }
    touch(around: task)
  }

  /// The page of a dataset may be out of date.
  func touch(_ dataset: Name) { touched.insert(dataset) }

  /// So may be those of all datasets that a task reads or fills.
  func touch(around task: TaskEntry) { touched.formUnion(task.spec.datasets) }

  func takeTouched() -> Set<Name> {
    defer { touched = [] }
    return touched
  }

  func remember(_ key: String) {
    answered.append(key)
    if answered.count > 2000 { answered.removeFirst(1000) }
  }

  static func key(_ dataset: Name, _ origin: String, _ digest: String) -> String {
    "\(dataset) \(digest) \(origin)"
  }

  private func apply(_ manifest: ManifestAccepted) {
    let dataset = datasets[manifest.dataset] ?? DatasetEntry(manifest.dataset)
    datasets[manifest.dataset] = dataset
    dataset.files += manifest.files
    dataset.count(manifest.sized, bytes: manifest.bytes)
    dataset.length = manifest.length
    if let retention = manifest.retention {
      dataset.retention = dataset.retention?.longer(retention) ?? retention
      // It was asked for: so it is also for files that nobody makes here.
      dataset.removal.includesInputs = true
    }
    if let owner = manifest.owner { dataset.owners.insert(owner) }
    touch(manifest.dataset)
    let key = Self.key(manifest.dataset, manifest.origin, manifest.digest)
    guard manifest.isLast else {
      partial[key, default: 0] += manifest.files
      return
    }
    partial[key] = nil
    remember(key)
    if let watch = manifest.watch {
      dataset.watches.append(WatchEntry(watch: watch))
      watched.insert(manifest.dataset)
    }
    if manifest.closes { dataset.closing = manifest.at }
    if manifest.closes || manifest.watch != nil {
      dataset.expected = manifest.expected ?? dataset.expected
    }
  }

  private func apply(_ jobs: JobsFormed) {
    guard let task = tasks[jobs.task] else { return }
    for (index, offset) in jobs.offsets.enumerated() {
      let end = index + 1 < jobs.offsets.count ? jobs.offsets[index + 1] : jobs.next
      task.jobs[jobs.first + index] = JobEntry(
        source: jobs.source, offset: offset, files: jobs.files[index], end: end)
    }
    task.formed = max(task.formed, jobs.first + jobs.offsets.count)
    for source in task.next.indices where jobs.source == source || jobs.source == JobEntry.all {
      task.next[source] = jobs.next
    }
  }

  private func end(_ name: Name, _ state: TaskState, _ at: Int, _ reason: String?) {
    guard let task = tasks[name] else { return }
    live = nil
    task.state = state
    task.ended = at
    task.reason = reason
    task.leftover.merge(task.jobs) { $1 }
    task.jobs = [:]
    task.cancelledBy = nil
    task.revival = nil
    for other in unit(of: task) { used.formUnion(other.spec.datasets) }
    touch(around: task)
    noteEnd(of: task)
    for produced in task.spec.producedDatasets {
      datasets[produced]?.activeProducers.remove(name)
      if task.failed > 0 || state != .done { datasets[produced]?.failedProducers.insert(name) }
    }
  }

  /// The order of claiming has changed, or which tasks are alive.
  func reorder() { live = nil }
}
