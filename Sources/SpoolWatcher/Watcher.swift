public import SpoolModel
public import SpoolStore

/// What the shell has heard of a watched directory.
public struct BufferHints: Sendable, Equatable {
  /// Names of files that appeared, and whether they were closed after writing, or moved in.
  public var names: [String: Bool] = [:]
  /// Events may have been missed.
  public var rescan = false

  /// More names than this are not kept: the scan finds them.
  static let most = 10_000

  public init() {}

  public mutating func note(_ event: DirectoryEvent) {
    switch event.kind {
    case .rescan: rescan = true
    case .created: names[event.name] = false
    case .closed, .movedIn: names[event.name] = true
    }
    if names.count > Self.most {
      names = [:]
      rescan = true
    }
  }
}

/// What the shell has heard since the last turn.
public struct Hints: Sendable, Equatable {
  /// Names in `incoming/` that were closed or moved in.
  public var closed: Set<String> = []
  /// Something came into `incoming/`, or into an inbox.
  public var incoming = false
  public var inboxes = false
  /// By directory.
  public var buffers: [String: BufferHints] = [:]

  public init() {}

  public mutating func formUnion(_ other: Hints) {
    closed.formUnion(other.closed)
    incoming = incoming || other.incoming
    inboxes = inboxes || other.inboxes
  }

  /// Everything may have changed.
  public static var all: Hints {
    var hints = Hints()
    hints.incoming = true
    hints.inboxes = true
    return hints
  }
}

/// The watcher: a synchronous state machine that is stepped, turn by turn, and waits for nothing.
/// Each turn reads what came, decides, commits once, and then does what was decided (DESIGN 4).
public final class Watcher {
  private let books: Books
  private let pilots: PilotControl
  private let quarantines: QuarantineFiles
  private let suspicion: Suspicion
  private let jobs: JobExecutor
  private let executor: TaskExecutor
  private let marks: WaterMarks
  private let publisher: Publisher
  private let manager: JobManager
  private let tasks: TaskManager
  private let intake: RequestIntake
  private let datasets: DatasetCloser
  private let buffers: BufferIntake
  private let remover: FileRemover
  private let retention: RetentionManager
  private let storage: StorageManager
  private let archive: Archive
  private let reporter: Reporter
  private let lease: WatcherLease
  private let notify: (Notice) -> Void
  private var timers: ScanTimers
  /// What a turn that failed had been told.
  private var missed = Hints()

  /// What the watcher needs of the world, besides the spool.
  public struct Seams {
    public var time: any TimeSource
    public var random: any RandomNumberGenerator
    /// Whether a process of this host, as it describes itself, is gone; nil where unknown.
    public var isGone: (JSON) -> Bool?
    /// Takes lines for the operator.
    public var say: (String) -> Void
    /// Takes what others want to be told of, and returns at once. Each end is told once at the most:
    /// a watcher that dies between its commit and this tells nobody.
    public var notify: (Notice) -> Void

    public init(
      time: any TimeSource, random: any RandomNumberGenerator, isGone: @escaping (JSON) -> Bool?,
      say: @escaping (String) -> Void, notify: @escaping (Notice) -> Void = { _ in }
    ) {
      self.time = time
      self.random = random
      self.isGone = isGone
      self.say = say
      self.notify = notify
    }
  }

  /// Takes over a spool whose lease was acquired: reads the journal, and finds every job (R8).
  public init(_ spool: Spool, lease: WatcherLease, seams: Seams, delivers: Bool) throws {
    let spool = lease.guarding(spool)
    let (recovered, journal) = try Recovery(spool).takeOver(epoch: lease.epoch)
    books = Books(
      spool: spool, time: seams.time, state: recovered.state, journal: journal, lease: lease,
      say: seams.say)
    books.add(recovered.views)
    notify = seams.notify
    quarantines = QuarantineFiles(books)
    pilots = PilotControl(
      books, quarantines: quarantines, isGone: seams.isGone, notify: seams.notify)
    suspicion = Suspicion(books, pilots: pilots, files: quarantines)
    jobs = JobExecutor(books, pilots: pilots)
    marks = WaterMarks(books, jobs: jobs)
    executor = TaskExecutor(books, jobs: jobs, marks: marks)
    publisher = Publisher(books)
    manager = JobManager(
      books, publisher: publisher, executor: executor, jobs: jobs, suspicion: suspicion)
    tasks = try TaskManager(books, executor: executor, jobs: jobs, random: seams.random)
    remover = FileRemover(books)
    retention = RetentionManager(books, remover: remover)
    let paths = DatasetPaths(books)
    intake = try RequestIntake(
      books, tasks: tasks,
      datasets: DatasetManager(
        books, executor: executor, remover: remover, keeper: tasks.keeper),
      paths: paths)
    buffers = BufferIntake(books, requests: intake, paths: paths)
    datasets = DatasetCloser(books, intake: intake, paths: paths, buffers: buffers)
    storage = StorageManager(
      books, pilots: pilots, jobs: jobs, executor: executor, manager: manager)
    archive = Archive(books)
    reporter = Reporter(
      books, jobs: jobs, pilots: pilots, marks: marks, buffers: buffers, remover: remover)
    self.lease = lease
    timers = ScanTimers(delivers: delivers, random: seams.random)
    try resume()
  }

  private func resume() throws {
    try lease.removeUnfinished()
    try books.checkpoint()
    executor.resume()
    publisher.resume()
    _ = try pilots.look()
    try storage.recover()
    try archive.resume()
    try reporter.resume()
    try books.commit()
  }

  /// Whether nothing is in work and nothing is being taken in.
  public var isIdle: Bool {
    books.state.liveTasks.isEmpty && !intake.isBusy && !isWatching && publisher.isIdle
      && !books.isDirty && !remover.isBusy
  }

  /// The directories of which the shell is to tell when something appears in them: also of what is
  /// being written.
  public var bufferDirectories: Set<String> { buffers.directories }

  /// Whether `incoming/` is to be scanned again soon, without any event.
  private var isWatching: Bool { intake.isWatching || datasets.isWatching }

  /// One turn. Returns how many milliseconds the shell may wait for hints before the next. What the
  /// filesystem refuses is said, shown in `STATUS`, and tried again; what is thrown is the end.
  public func turn(_ hints: Hints) throws -> Int {
    buffers.hear(hints.buffers)
    missed.formUnion(hints)
    var wait = Self.retry
    do {
      wait = try work(missed)
      missed = Hints()
    } catch {
      // Whatever else it met on its way: the end of the lease is the end.
      if let lost = lease.lost { throw lost }
      guard !Self.isFatal(error), let refused = FileError(from: error) else { throw error }
      books.troubles.note(refused)
      missed = .all
      missed.closed = hints.closed
      reporter.writeStatus(foreign: intake.foreign)
    }
    books.troubles.look()
    return wait
  }

  /// Milliseconds before another try after the filesystem refused something.
  static let retry = 1000

  private func work(_ hints: Hints) throws -> Int {
    let scan = timers.begin(at: books.time.now)
    books.beginTurn()
    try books.beatIfDue()
    var isBusy = try readWhatCame(hints, full: scan)
    isBusy = try decide() || isBusy
    isBusy = tasks.endTasks() || isBusy
    isBusy = datasets.run() || isBusy
    try books.commit()
    try act()
    reporter.write(foreign: intake.foreign)
    return wait(isBusy)
  }

  private func readWhatCame(_ hints: Hints, full: Bool) throws -> Bool {
    if full || hints.incoming || isWatching {
      try intake.scan(closed: hints.closed, fresh: full || datasets.isWatching)
    }
    var hasWorked = try intake.answer()
    if try buffers.run() { hasWorked = true }
    if full || hints.inboxes || manager.hasMore {
      if try manager.readInboxes(fresh: full) > 0 { hasWorked = true }
    }
    if try pilots.look() { hasWorked = true }
    if full || jobs.hasOutstanding { try jobs.lookIntoReady(fresh: full) }
    return hasWorked
  }

  private func decide() throws -> Bool {
    jobs.forgetBacklog()
    marks.look()
    let hasFormed = executor.run()
    let hasSwept = try storage.sweep()
    let hasRetired = retention.run()
    try storage.audit()
    suspicion.judge()
    return hasFormed || hasSwept || hasRetired
  }

  /// What follows the commit.
  private func act() throws {
    if manager.hasSettled || intake.hasAnswered || jobs.hasPuts || !publisher.isIdle {
      try books.checkLeaseOnce()
    }
    try intake.dropAnswered()
    try jobs.recall()
    for id in jobs.takeParked() where books.state.tasks[id.task]?.state != .held {
      executor.schedule(id, at: books.time.epoch)
    }
    for id in jobs.putReady() {
      guard let task = books.state.tasks[id.task], let job = task.jobs[id.index] else { continue }
      executor.issue(id, task, attempt: job.attempt + 1)
    }
    try books.writeViews()
    try manager.clear()
    try remover.run()
    for name in books.takeOrdered() { reporter.noteOrdered(name) }
    try seeToEnded()
    try quarantines.act()
    try archive.act()
    try publish()
    try storage.checkpointIfDue()
  }

  /// Tasks that have ended leave nothing behind in ready and running.
  private func seeToEnded() throws {
    let ended = books.takeEnded()
    guard !ended.isEmpty else { return }
    for name in ended { reporter.noteEnded(name) }
    tell(ended)
    jobs.forget(tasks: Set(ended))
    executor.forget(Set(ended))
    manager.forget(ended)
    suspicion.forget(ended)
    try jobs.lookIntoReady(fresh: true)
    try pilots.takeStale()
  }

  private func tell(_ ended: [Name]) {
    for name in ended {
      guard let task = books.state.tasks[name] else { continue }
      let page = TaskPage(task: task, state: books.state, ready: 0).json
      notify(
        Notice(
          taskEnded: name, summary: page, spool: books.spool.layout.root, at: books.time.timestamp))
    }
  }

  /// What is accepted gets its final names; the next commit makes that known.
  private func publish() throws {
    manager.published(try publisher.run())
    let refused = publisher.takeRefused()
    for (job, cause, reason) in refused.jobs { manager.fail(job, cause, reason) }
    manager.published(refused.files)
    manager.abandoned(publisher.takeAbandoned())
  }

  private func wait(_ isBusy: Bool) -> Int {
    if books.isDirty || books.hasGrown || manager.hasMore || intake.isBusy || archive.isBusy {
      return 0
    }
    let now = books.time.now
    let epoch = books.time.epoch
    var wait = timers.end(at: now, busy: isBusy || jobs.hasOutstanding)
    wait = min(wait, max(0, pilots.nextLook - now), books.nextBeat - now)
    if let due = executor.nextDue { wait = min(wait, max(10, due - epoch)) }
    if let due = retention.nextDue { wait = min(wait, max(10, due - epoch)) }
    if let due = storage.nextSweep { wait = min(wait, max(10, due - epoch)) }
    for due in [buffers.nextDue, remover.nextDue] { if let due { wait = min(wait, due - now) } }
    if isWatching { wait = min(wait, 100) }
    if !books.state.liveTasks.isEmpty || reporter.isBusy {
      wait = min(wait, max(0, reporter.nextPages - now))
    }
    return max(0, wait)
  }

  /// Whether an error is the end of this watcher: the spool is another's, or what is on the disk is
  /// unknown. After any other of the filesystem it tries again.
  public static func isFatal(_ error: any Error) -> Bool {
    if error is LeaseLost { return true }
    return switch error as? JournalError {
    case .sync, .taken: true
    default: false
    }
  }

  /// Ends in good order: all is committed and written down, the next watcher need not wait.
  public func stop() throws {
    try books.checkpoint()
    _ = try pilots.look(force: true)
    reporter.write(foreign: intake.foreign, isLast: true)
    books.close()
  }
}
