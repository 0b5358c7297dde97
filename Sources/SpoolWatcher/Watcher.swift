public import SpoolModel
public import SpoolStore

/// The watcher: a synchronous state machine that a shell steps, turn by turn. In come hints and the
/// spool's directories; out go records, and changes of the spool that follow from them. It waits
/// for nothing itself.
///
/// 1. Each turn reads what came, decides, commits once, and then does what it decided (DESIGN 4).
/// 2. The order within a turn is R3 and R8. It is written out in ``work(_:)``,
///    ``readWhatCame(_:full:)``, ``decide()`` and ``act()``.
/// 3. One stage tells another by a ``TurnEvent``, which ``handle()`` hands over.
public final class Watcher {
  private let turn: Turn
  private let commit: GroupCommit
  private let views: ViewWriter
  private let events: TurnEvents
  private let notices: EndNotices
  private let spool: Spool
  // The stages, in the order in which data passes through them.
  private let intake: RequestIntake
  private let directories: WatchedDirectories
  private let closer: DatasetCloser
  private let marks: WaterMarks
  private let readiness: TaskReadiness
  private let groups: TaskGroups
  private let formation: JobFormation
  private let reissue: JobReissue
  private let revival: JobRevival
  private let enqueuer: JobEnqueuer
  private let ready: ReadyFeeder
  private let order: FeedOrder
  private let reservations: ReservationOrders
  private let pilots: PilotMonitor
  private let detector: BadPilotDetector
  private let quarantines: QuarantineFiles
  private let judge: ResultJudge
  private let publisher: Publisher
  private let clearing: InboxClearing
  private let taskJudge: TaskJudge
  private let retention: DatasetRetention
  private let remover: FileRemover
  private let archive: TaskArchive
  private let catalogues: CatalogueRetention
  private let audit: LostJobAudit
  private let sweeper: PartSweeper
  private let checkpoints: CheckpointSweeper
  private let pages: PageWriter
  private let lease: WatcherLease
  private var timers: ScanTimers
  /// True if there was no time to bring jobs of all tasks into work.
  private var hasTasksLeft = false
  /// True while files of a task that ended are being taken out of ready.
  private var isWithdrawing = false
  private var gauge = TurnGauge()
  /// The hints of turns that failed.
  private var missed = Hints()

  /// The clocks, the random numbers and the ways out that the watcher needs besides the spool.
  public struct Seams {
    /// The wall clock and the monotonic clock.
    public var time: any TimeSource
    /// The source of random numbers.
    public var random: any RandomNumberGenerator
    /// Returns true if a process of this host, as it describes itself, is gone; nil if that is
    /// unknown.
    public var isGone: (JSON) -> Bool?
    /// Returns the uid of a user of this host by name; nil if there is none.
    public var uid: (String) -> Int?
    /// Takes messages for the operator.
    public var say: (String) -> Void
    /// Takes notices, and returns at once. The watcher sends each notice at most once. If it dies
    /// between its commit and the call, nobody gets the notice. Where the site wants to be told of ends
    /// at least once, the next watcher sends those that no ``Hints/told`` has confirmed.
    public var notify: (Notice) -> Void
    /// When there are lanes of ready.
    public var lanes = LaneRule()

    /// Makes seams. Without `notify`, notices go nowhere.
    public init(
      time: any TimeSource, random: any RandomNumberGenerator, isGone: @escaping (JSON) -> Bool?,
      uid: @escaping (String) -> Int? = { _ in nil }, say: @escaping (String) -> Void,
      notify: @escaping (Notice) -> Void = { _ in }
    ) {
      self.time = time
      self.random = random
      self.isGone = isGone
      self.uid = uid
      self.say = say
      self.notify = notify
    }
  }

  /// The lines of `STATUS` about what is unsafe on the spool's mount.
  public var mountAdvice: [String] {
    get { turn.mountAdvice }
    set { turn.mountAdvice = newValue }
  }

  /// Takes over a spool whose lease is acquired: replays the journal, and finds every job (R8).
  /// `delivers` is true if the shell hears of changes by events. Throws if the journal or a
  /// directory cannot be read, or if the spool is another watcher's.
  public init(_ spool: Spool, lease: WatcherLease, seams: Seams, delivers: Bool) throws {
    let spool = lease.guarding(spool)
    let (replayed, journal) = try Replay(spool).takeOver(epoch: lease.epoch)
    let placement = Placement()
    let events = TurnEvents()
    let views = ViewWriter(spool, placement: placement)
    let commit = GroupCommit(
      spool, time: seams.time, state: replayed.state, journal: journal, lease: lease, views: views,
      events: events)
    views.resume(replayed.state, replayed.lines)
    let turn = Turn(
      commit: commit, placement: placement, events: events, time: seams.time, say: seams.say)
    self.turn = turn
    self.commit = commit
    self.views = views
    self.events = events
    self.lease = lease
    notices = EndNotices(spool, notify: seams.notify)
    taskJudge = TaskJudge(tells: spool.config.isToldAtLeastOnce)
    self.spool = spool

    quarantines = QuarantineFiles(spool)
    pilots = PilotMonitor(
      spool, quarantines: quarantines, isGone: seams.isGone, notify: seams.notify)
    detector = BadPilotDetector(spool, pilots: pilots, files: quarantines)
    let weights = OwnerWeights(spool.config.shares, uid: seams.uid)
    order = FeedOrder(weights, tokens: spool.config.tokens)
    ready = ReadyFeeder(spool, pilots: pilots, order: order, lanes: seams.lanes)
    reservations = ReservationOrders(spool, ready: ready, order: order, pilots: pilots)
    marks = WaterMarks(spool)
    readiness = TaskReadiness(spool.config)
    groups = TaskGroups(spool, readiness: readiness)
    enqueuer = JobEnqueuer(spool, ready: ready, order: order)
    formation = JobFormation(
      spool, readiness: readiness, enqueuer: enqueuer, ready: ready, order: order)
    reissue = JobReissue(spool, enqueuer: enqueuer, ready: ready, marks: marks)
    revival = JobRevival(spool, enqueuer: enqueuer, ready: ready)
    publisher = Publisher(spool)
    clearing = InboxClearing(spool)
    judge = ResultJudge(
      spool, publisher: publisher, ready: ready, order: order, detector: detector,
      clearing: clearing)
    remover = FileRemover(spool)
    retention = DatasetRetention(remover: remover)
    catalogues = CatalogueRetention(spool, leaving: replayed.leaving)
    archive = TaskArchive(
      spool, catalogues: catalogues, start: turn.now, date: turn.date)
    let paths = DatasetPaths(spool)
    let keeper = Int(try spool.keeper())
    let registration = TaskRegistration(spool, random: seams.random)
    let appender = CatalogueAppender(commit, views, placement: placement)
    intake = RequestIntake(
      spool, epoch: lease.epoch, registration: registration,
      orders: TaskOrders(spool: spool, registration: registration, keeper: keeper),
      datasetRequests: DatasetRequests(spool, remover: remover, keeper: keeper),
      paths: paths, appender: appender)
    directories = WatchedDirectories(
      spool, requests: intake, paths: paths, appender: appender)
    closer = DatasetCloser(spool, intake: intake, paths: paths, directories: directories)
    audit = LostJobAudit(
      spool, ready: ready, pilots: pilots, judge: judge, start: turn.now)
    sweeper = PartSweeper(spool)
    checkpoints = CheckpointSweeper(spool)
    pages = PageWriter(
      spool, epoch: lease.epoch, ready: ready, order: order, reservations: reservations,
      pilots: pilots, marks: marks,
      directories: directories, remover: remover)
    timers = ScanTimers(delivers: delivers, random: seams.random)
    for name in weights.unknown {
      turn.say(
        "spool.json gives a share to \(name), and this host has no such user: it does not count")
    }
    try resume(spool)
  }

  /// Does what a restart demands: a checkpoint, the unfinished work of the journal, and the scan
  /// for jobs (R8).
  private func resume(_ spool: Spool) throws {
    try intake.adopt(turn)
    try lease.removeUnfinished()
    try checkpoint()
    groups.resume(turn)
    reissue.resume(turn)
    publisher.resume(turn)
    retention.resume(turn)
    sweeper.resume(turn)
    checkpoints.resume(turn)
    _ = try pilots.look(turn)
    try RestartScan(
      spool: spool, ready: ready, order: order, pilots: pilots, reissue: reissue, handle: handle
    ).run(turn)
    try archive.resume(turn)
    try pages.resume(turn)
    notices.resume(turn)
    try commit.commit()
    handle()
  }

  /// The watcher's epoch and the number of tasks in work, in words.
  public var standing: String { "epoch \(lease.epoch), \(turn.state.live.count) tasks in work" }

  /// True while nothing is in work and nothing is being taken in.
  public var isIdle: Bool {
    turn.state.live.isEmpty && !intake.isBusy && !intake.isScanning && !isWatching
      && publisher.isIdle && !clearing.hasSettled && !views.isBehind && !commit.isDirty
      && !remover.isBusy(turn)
  }

  /// The directories in which the shell is to watch for files that appear, including files that are
  /// still being written.
  public var watchedDirectories: Set<String> { directories.watchedPaths }

  /// True while `incoming/` is to be scanned again soon, without any event.
  private var isWatching: Bool { intake.isWatching || closer.isWatching }

  // MARK: A turn

  /// Takes one turn. Returns the time for which the shell may wait for hints
  /// before the next. If the filesystem refuses something, the watcher says so, shows it in
  /// `STATUS`, and tries again. A thrown error ends the watcher.
  public func turn(_ hints: Hints) throws -> Duration {
    let begun = turn.now
    defer {
      gauge.note(from: begun, to: turn.now)
      lease.note(turns: gauge.turns)
    }
    directories.hear(hints.directories, turn)
    missed.formUnion(hints)
    var wait = Self.retry
    do {
      wait = try work(missed)
      missed = Hints()
    } catch {
      // The loss of the lease is the end, whatever other error the turn met.
      if let lost = lease.lost { throw lost }
      guard !Self.isFatal(error), let refused = FileError(from: error) else { throw error }
      turn.note(refused)
      let told = missed.told
      missed = .all
      missed.closed = hints.closed
      missed.told = told
      pages.writeStatus(foreign: intake.foreign(at: turn.now), turn)
    }
    turn.troubles.look()
    return wait
  }

  /// The time until the next turn after the filesystem refused something.
  static let retry = Duration.seconds(1)

  /// Does the work of a turn, in the order that R3 and R8 demand. Returns the time until the next.
  private func work(_ hints: Hints) throws -> Duration {
    let isFull = timers.begin(at: turn.now)
    commit.beginTurn()
    views.beginTurn()
    try commit.beatIfDue()
    if turn.mayLackDirectories { try makeDirectories() }
    var isBusy = try readWhatCame(hints, full: isFull)
    handle()
    isBusy = try decide() || isBusy
    isBusy = taskJudge.endTasks(turn) || isBusy
    isBusy = closer.run(turn) || isBusy
    try commit.commit()
    try act()
    pages.write(foreign: intake.foreign(at: turn.now), resultsWait: judge.hasMore, turn)
    return wait(isBusy)
  }

  /// Makes the directories of the spool that are missing, if the spool is still this watcher's. One
  /// that cannot be made holds up only what needs it.
  private func makeDirectories() throws {
    try turn.checkLeaseOnce()
    turn.mayLackDirectories = false
    do throws(FileError) {
      for path in try spool.ensureDirectories() { turn.say("made \(path)/ again: it was gone") }
    } catch {
      turn.note(error)
    }
  }

  /// Reads requests, watched directories, results, heartbeats and ready. Returns true if anything
  /// came.
  private func readWhatCame(_ hints: Hints, full: Bool) throws -> Bool {
    if full || hints.incoming || isWatching || intake.isScanning {
      try intake.scan(closed: hints.closed, fresh: full || closer.isWatching, turn)
    }
    notices.noteTold(hints.told, turn)
    var hasWorked = try intake.answer(turn)
    turn.hurry(hasWorked)
    if try directories.run(turn) { hasWorked = true }
    if full || hints.inboxes || judge.hasMore || ready.hasLanes {
      if try judge.readInboxes(fresh: full, turn) > 0 { hasWorked = true }
    }
    if try pilots.look(turn) { hasWorked = true }
    if full || ready.hasOutstanding { try ready.lookIntoReady(fresh: full, turn) }
    return hasWorked
  }

  /// Decides what follows from what came. Returns true if there was anything to do.
  private func decide() throws -> Bool {
    ready.clearBacklog()
    marks.look(turn)
    let hasStarted = startJobs()
    let hasSwept = try sweeper.run(turn)
    try checkpoints.run(turn)
    handle()
    let hasRetired = retention.run(turn)
    try audit.run(turn)
    detector.judge(turn)
    return hasStarted || hasSwept || hasRetired
  }

  /// Brings jobs into work: retries that are due; then, by task, failed jobs that an order wants
  /// tried again, and new jobs. Of tasks that need tokens also the retries go by task, since these
  /// compete with the new jobs of others. Returns true if there were any.
  private func startJobs() -> Bool {
    var hasStarted = false
    let tasks = order.tasks(turn)
    reissue.collectDue(turn)
    for task in tasks where task.spec.resources.tokens.isEmpty {
      if reissue.issueDue(of: task, turn) { hasStarted = true }
    }
    let budget = turn.budget()
    hasTasksLeft = false
    for task in tasks where !marks.holdsBack(task, turn) && !views.isRefused(task: task.name) {
      if budget.isOver {
        hasTasksLeft = true
        break
      }
      do throws(FileError) {
        if try groups.prepare(task, turn) {
          hasStarted = true
          continue
        }
        if reissue.issueDue(of: task, turn) { hasStarted = true }
        if try revival.revive(task, turn) { hasStarted = true }
        if try formation.form(task.name, turn) { hasStarted = true }
      } catch {
        // A catalogue that cannot be read must not hold up other tasks.
        turn.note(error, task.name.text)
      }
    }
    return hasStarted
  }

  /// Does what follows from the commit (R3).
  private func act() throws {
    if clearing.hasSettled || intake.hasAnswered || ready.hasPuts(turn) || !publisher.isIdle {
      try turn.checkLeaseOnce()
    }
    handle()
    try intake.dropAnswered(turn)
    try ready.recall(turn)
    handle()
    ready.putReady(isBehind: judge.hasMore, turn)
    handle()
    views.write(turn)
    // A job is in its views before its file leaves the inbox.
    if !views.isBehind { try clearing.clear(turn) }
    if !commit.isDirty { try remover.run(turn) }
    try handleCommitted()
    try quarantines.act(turn)
    try reservations.act(turn)
    try ready.removeLanes(turn)
    groups.act(turn)
    try archive.act(turn)
    handle()
    try publisher.run(turn)
    handle()
    if commit.isCheckpointDue { try checkpoint() }
  }

  /// Writes a checkpoint. If a view refuses, it holds up neither a turn nor a start.
  private func checkpoint() throws {
    if let error = try commit.checkpoint(leaving: catalogues.leaving) {
      turn.note(error, "the checkpoint")
    }
  }

  // MARK: Events

  /// Hands over the events that came, in their order.
  private func handle() { for event in events.take() { handle(event) } }

  /// Hands over the events that others may hear of only after the commit. If a task has ended,
  /// takes its jobs back from ready and from pilots.
  private func handleCommitted() throws {
    var hasEnded = false
    for event in events.takeCommitted() {
      if case .taskEnded = event { hasEnded = true }
      handle(event)
    }
    if hasEnded || isWithdrawing { try ready.lookIntoReady(fresh: true, turn) }
    // What pilots claimed while the files were being taken is stale, too.
    if hasEnded || isWithdrawing && !ready.hasStrays { pilots.noteStale() }
    isWithdrawing = ready.hasStrays
    try pilots.takeStale(turn)
  }

  /// Hands an event over to the stages that it concerns.
  private func handle(_ event: TurnEvent) {
    switch event {
    case .groupsLost(let task): groups.noteLost(task, turn)
    case .retryDue(let job, let due): reissue.schedule(job, at: due, turn)
    case .taskResumed(let task): reissue.scheduleWaiting(task, turn)
    case .taskReopened(let task): turn.placement.remove(task: task)
    case .parked(let job): reissue.noteParked(job, turn)
    case .putInDoubt(let job): reissue.issue(job, turn)
    case .recall(let task): ready.markForRecall(task)
    case .partDiscarded(let part, let due): sweeper.add(part, due: due, turn)
    case .reportsCut(let task):
      turn.say(
        "\(task): its jobs reported \(ReportSums.most) different names; others are not summed")
    case .datasetChanged(let dataset): pages.noteChanged(dataset: dataset)
    case .datasetUsed(let dataset): retention.noteUsed(dataset)
    case .datasetForgotten(let dataset): catalogues.noteForgotten(dataset)
    case .unitForgotten(let name): noteForgotten(name)
    case .published(let file): clearing.settle(file)
    case .publicationRefused(let job, let cause, let reason): judge.fail(job, cause, reason, turn)
    case .publicationAbandoned(let file): clearing.letGo(file)
    case .pilotGone(let pilot):
      detector.noteGone(pilot)
      reservations.noteGone(pilot)
    case .reserveSeen(let pilot): reservations.noteSeen(pilot)
    case .ordered(let name): pages.noteOrdered(name, turn)
    case .taskEnded(let task): noteEnded(task)
    case .chainEnded(let chain): notices.noteEnded(chain: chain, turn)
    }
  }

  /// Tells the stages of a task's end.
  private func noteEnded(_ name: Name) {
    pages.noteEnded(name, turn)
    archive.noteEnded(name, turn)
    notices.noteEnded(task: name, turn)
    ready.noteEnded(task: name, turn)
    readiness.noteEnded(task: name)
    groups.noteEnded(task: name, turn)
    revival.noteEnded(task: name)
    checkpoints.noteEnded(task: name, turn)
    enqueuer.noteEnded(task: name)
    clearing.noteEnded(task: name)
    detector.noteEnded(task: name)
    turn.placement.removeJobs(of: name)
  }

  /// Tells the stages that a task or chain is forgotten, and the datasets that go with it.
  private func noteForgotten(_ name: Name) {
    guard let entry = turn.state.packed[name] else { return }
    for task in entry.tasks {
      turn.placement.remove(task: task)
      clearing.noteEnded(task: task)
    }
    for dataset in entry.datasets {
      turn.placement.setReadable(nil, of: dataset)
      intake.noteForgotten(dataset: dataset)
      remover.noteForgotten(dataset)
    }
    archive.noteForgotten(name)
  }

  // MARK: The wait

  /// The stages that wait a moment to gather work, and are not called again at once.
  private var unhurried: [any Stage] { [reissue, retention, sweeper, checkpoints, groups] }
  /// The least time until a turn for those stages.
  private static let unhurriedPause = Duration.milliseconds(10)
  /// The stages that are called as soon as they want.
  private var prompt: [any Stage] {
    [
      intake, judge, ready, pilots, directories, remover, archive, pages, publisher, clearing,
      audit,
    ]
  }
  /// The time between two scans of `incoming/` while a file in it is half-written.
  private static let watchingPause = Duration.milliseconds(100)

  /// Returns the time until the next turn.
  private func wait(_ isBusy: Bool) -> Duration {
    let dues = prompt.compactMap { $0.nextDue(turn) }
    if commit.isDirty || views.hasGrown || views.isBehind || hasTasksLeft { return .zero }
    if dues.contains(.distantPast) { return .zero }
    let now = turn.now
    var wait = timers.end(at: now, busy: isBusy || ready.hasOutstanding)
    wait = min(wait, commit.nextBeat - now)
    for due in unhurried.compactMap({ $0.nextDue(turn) }) {
      wait = min(wait, max(Self.unhurriedPause, due - now))
    }
    for due in dues { wait = min(wait, due - now) }
    if isWatching { wait = min(wait, Self.watchingPause) }
    return max(.zero, wait)
  }

  /// Returns true if an error ends this watcher: another watcher owns the spool, the contents of
  /// the disk are unknown, or the state contradicts itself. After any other error of the filesystem
  /// the watcher tries again.
  public static func isFatal(_ error: any Error) -> Bool {
    if error is LeaseLost || error is Contradiction { return true }
    return switch error as? JournalError {
    case .sync, .taken, .contradiction, .unknownRecord: true
    default: false
    }
  }

  /// Stops in good order: commits everything, writes a checkpoint, and gives back the lease, so
  /// that the next watcher need not wait (R7).
  public func stop() throws {
    try checkpoint()
    handle()
    _ = try pilots.look(force: true, turn)
    turn.stageTime = nil
    pages.write(foreign: intake.foreign(at: turn.now), isLast: true, turn)
    commit.close()
  }
}
