internal import SpoolModel
internal import SpoolStore

/// Consistency and clean-up: finds every job's file after a restart (R8), looks for lost ones now
/// and then, removes what discarded attempts left, and writes checkpoints.
final class StorageManager {
  private let books: Books
  private let pilots: PilotControl
  private let jobs: JobExecutor
  private let executor: TaskExecutor
  private let manager: JobManager
  private var lastAudit: Int
  /// Jobs whose file an audit did not find once.
  private var missing: [JobID: Int] = [:]

  static let auditInterval = 60_000
  /// Milliseconds until a part that could not be removed is tried again.
  static let sweepAgain = 60_000

  init(
    _ books: Books, pilots: PilotControl, jobs: JobExecutor, executor: TaskExecutor,
    manager: JobManager
  ) {
    self.books = books
    self.pilots = pilots
    self.jobs = jobs
    self.executor = executor
    self.manager = manager
    lastAudit = books.time.now
  }

  // MARK: Restart

  /// Finds the files of all jobs that are under way, scanning in the direction in which files
  /// move; what two scans do not find is issued anew (R4, R8).
  func recover() throws {
    try books.checkLease()
    for task in books.state.liveTasks {
      for (index, job) in task.jobs where job.phase == .pending {
        task.jobs[index]?.phase = .unknown
      }
    }
    for queue in Queue.allCases { try books.spool.removeUnfinishedPuts(queue) }
    for round in 1...2 {
      try scan()
      let lost = unknown
      if round == 2, !lost.isEmpty {
        books.say("issuing \(lost.count) jobs anew that are in no directory")
        for id in lost { reissue(id) }
      }
    }
  }

  private var unknown: [JobID] {
    books.state.liveTasks.flatMap { task in
      task.jobs.filter { $0.value.phase == .unknown }.map { JobID(task: task.name, index: $0.key) }
    }.sorted()
  }

  /// Ready, running, inboxes: a file that moves on meanwhile is met later.
  private func scan() throws {
    try jobs.lookIntoReady(fresh: true)
    for name in try pilots.allClaims() { meet(name) }
    while try manager.readInboxes(fresh: true) >= JobManager.mostPerTurn {}
  }

  private func meet(_ name: JobName) {
    guard let job = books.state.job(name.job), job.phase == .unknown, job.attempt == name.attempt
    else { return }
    books.state.setPhase(.claimed, of: name.job)
  }

  private func reissue(_ id: JobID) {
    guard let task = books.state.tasks[id.task], let job = books.state.job(id) else { return }
    // One that was taken back, as its task is held, waits for the release.
    guard task.state != .held else {
      return books.state.setPhase(.waiting(until: books.time.epoch), of: id)
    }
    executor.issue(id, task, attempt: job.attempt + 1)
  }

  // MARK: Audit

  private struct Attempt: Hashable {
    var job: JobID
    var number: Int
  }

  /// When it wants to look again, monotonic.
  var nextAudit: Int { lastAudit + Self.auditInterval }

  /// Looks whether every claimed job is somewhere: what two audits in a row do not find is lost.
  func audit() throws {
    guard books.time.now >= nextAudit else { return }
    lastAudit = books.time.now
    try pilots.takeStale()
    // A former watcher that was stopped in the middle of a put may have woken since.
    for queue in Queue.allCases { try books.spool.removeUnfinishedPuts(queue) }
    try jobs.lookIntoReady(fresh: true)
    let claims = Set(try pilots.allClaims().map { Attempt(job: $0.job, number: $0.attempt) })
    _ = try manager.readInboxes(fresh: true)
    var absent: [JobID: Int] = [:]
    for task in books.state.liveTasks {
      for (index, job) in task.jobs where job.phase == .claimed {
        let id = JobID(task: task.name, index: index)
        guard !claims.contains(Attempt(job: id, number: job.attempt)) else { continue }
        absent[id] = job.attempt
      }
    }
    for (id, attempt) in absent where missing[id] == attempt {
      manager.fail(id, .torn, "its file is in no directory any more")
    }
    missing = absent
  }

  // MARK: Clean-up

  /// Removes parts whose time has come.
  func sweep() throws -> Bool {
    let now = books.time.epoch
    guard let next = nextSweep, next <= now else { return false }
    let due = books.state.litter.filter { $0.value <= now }.keys.sorted().prefix(1000)
    try books.checkLeaseOnce()
    var swept: [String] = []
    for path in due {
      do throws(FileError) {
        try books.spool.discardPart(path)
        swept.append(path)
      } catch {
        // One directory that refuses must not hold up the rest.
        books.troubles.note(error)
        books.state.litter[path] = now + Self.sweepAgain
      }
    }
    if !swept.isEmpty { books.record(.swept(swept)) }
    return true
  }

  /// When the next part is to be removed, in epoch milliseconds.
  var nextSweep: Int? { books.state.nextLitter }

  func checkpointIfDue() throws {
    if books.isCheckpointDue { try books.checkpoint() }
  }
}
