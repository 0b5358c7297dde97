internal import SpoolModel
internal import SpoolStore

/// The table of the jobs that a pilot has claimed, and of what they have of it: cores, memory, GPUs,
/// slots. It is bounded by the pilot's capacity (R10).
final class JobTable {
  private(set) var capacity: Capacity
  var slots: SlotPool
  private var byID: [Int: RunningJob] = [:]
  /// The claims that wait for room.
  var stock = Stock()
  private var runTimes = RunTimes()
  private var ended = EndedAttempts()
  /// The shares of claims that cannot be read yet.
  private var reserved: [JobName: Capacity.Share] = [:]
  private var nextID = 1
  private let context: PilotContext

  init(_ context: PilotContext) {
    self.context = context
    capacity = Capacity(context.options)
    slots = SlotPool(scratch: context.options.scratch, files: context.local)
  }

  // MARK: Entries

  /// Enters a job, which takes its share of the pilot.
  func admit(_ claim: consuming Claim, _ document: JobDocument, _ slot: Slot) -> RunningJob {
    let share = capacity.take(claim.name)
    let job = RunningJob(
      id: nextID, claim: claim, document: document, slot: slot, share: share, begun: context.now,
      started: context.time.timestamp)
    if nextID == 1, context.options.label != nil {
      context.say("\(PilotWords.firstJob) \(job.name.job)")
    }
    nextID += 1
    byID[job.id] = job
    return job
  }

  /// Keeps the share of a claim that cannot be read yet, so that the pilot claims no more than fits.
  func reserve(_ name: JobName) {
    guard reserved[name] == nil, capacity.fits(name) else { return }
    reserved[name] = capacity.take(name)
  }

  /// Gives back the share that was kept for a claim, if any was.
  func release(_ name: JobName) {
    if let share = reserved.removeValue(forKey: name) { capacity.give(name, share) }
  }

  /// Takes in that the payload of a job has ended: its share is free.
  func noteRun(of job: RunningJob) {
    runTimes.note(job.name.job.task, context.now - job.begun)
    releaseShare(of: job)
  }

  /// Gives back the cores, memory and GPUs of a job whose payload has ended, or never ran.
  func releaseShare(of job: RunningJob) {
    guard !job.hasReleased else { return }
    job.hasReleased = true
    capacity.give(job.name, job.share)
  }

  /// Removes a job that is through; its share and its slot are free.
  func remove(_ job: RunningJob) {
    byID[job.id] = nil
    releaseShare(of: job)
    job.liveLog?.remove()
    do throws(FileError) {
      try slots.giveBack(job.slot, isOfContainer: job.document.container != nil)
    } catch {
      context.say("\(error); that slot is not used again")
    }
  }

  // MARK: Questions

  /// The jobs, in no order.
  var jobs: Dictionary<Int, RunningJob>.Values { byID.values }
  /// The number of jobs, and of claims that wait for room.
  var count: Int { byID.count + stock.count }
  /// True if there is no job, and no claim.
  var isEmpty: Bool { byID.isEmpty && stock.isEmpty }
  /// The job with this number; nil: it is not in the table any more.
  subscript(id: Int) -> RunningJob? { byID[id] }

  /// Returns whether a job, or a claim, of this name is in the table.
  func holds(_ name: JobName) -> Bool {
    jobs.contains { $0.name == name } || stock.holds(name)
  }

  /// Returns whether an attempt is in the table, or was handed in lately. Its parts are not to be
  /// written again, whatever file it comes in: they are the watcher's (R3).
  func hasHad(_ attempt: AttemptID) -> Bool {
    ended.contains(attempt) || jobs.contains { $0.attempt == attempt }
  }

  /// Remembers an attempt whose result was written.
  func noteEnd(of job: RunningJob) { ended.insert(job.attempt) }

  /// True if there is room for one more job.
  var hasRoom: Bool { !capacity.isFull && !isHeldUp }

  /// The number of jobs whose payloads are being started.
  var starting: Int { jobs.count { $0.stage == .starting } }

  /// The number of jobs that are staged at a time, at least: more than a few large ones, so that those
  /// do not hold up all others, and not without a bound (R10).
  private static let mostStaged = 16

  /// True while a result cannot be handed in, or too many jobs are being staged, or this host is short
  /// of something: no job is to begin.
  var isHeldUp: Bool {
    if jobs.contains(where: \.isShort) { return true }
    var staged = 0
    for job in jobs where job.hasReleased {
      if case .delivering = job.stage { return true }
      staged += 1
    }
    return staged >= max(Self.mostStaged, context.options.cpus * 2)
  }

  /// Returns whether one more job of a task may be claimed before there is room for it: no more than
  /// run of it and have begun just now, and only while its jobs are short.
  func mayStock(_ task: Name) -> Bool {
    guard runTimes.areShort(task) else { return false }
    let now = context.now
    let running = jobs.count { job in
      job.name.job.task == task && [.starting, .running].contains(job.stage) && !job.hasReleased
        && now - job.begun < RunTimes.short
    }
    return stock.count(of: task) < running
  }

  /// True if one more job of any task may be claimed before there is room for it.
  var hasStockRoom: Bool {
    Set(jobs.lazy.filter { !$0.hasReleased }.map(\.name.job.task)).contains(where: mayStock)
  }

  /// Returns the room for a job: when it is free, if the pilot claims nothing that outlasts that. Nil
  /// if running jobs leave none when they end.
  func room(for job: JobName, at now: Instant) -> KeptRoom? {
    let running = jobs.filter { !$0.hasReleased }.map {
      KeptRoom.Running($0.name, end: $0.latestEnd(at: now))
    }
    return KeptRoom(for: job, free: capacity.free, running: running, at: now)
  }

  /// The tasks with a job here that waits for a filesystem that is out of order.
  var blockedTasks: Set<Name> {
    jobs.reduce(into: []) { tasks, job in
      if job.stage == .blocked { tasks.insert(job.document.job.task) }
    }
  }

  /// The number of jobs that wait for a filesystem that is out of order.
  var blockedJobs: Int { jobs.count { $0.stage == .blocked } }

  /// The jobs that are being staged, those that have been so longest first.
  var stagedJobs: [StagedJob] {
    jobs.compactMap { job in
      guard job.stage == .staging, let staging = job.staging else { return nil }
      return StagedJob(job.name.job, since: staging.at)
    }.sorted { ($0.since, $0.job.description) < ($1.since, $1.job.description) }
  }

  /// The number of results that wait to be handed in.
  var waitingResults: Int {
    jobs.count { job in
      if case .delivering = job.stage { true } else { false }
    }
  }
}
