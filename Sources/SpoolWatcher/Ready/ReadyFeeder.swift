internal import SpoolModel
internal import SpoolStore

/// Feeds the ready directories. In come issued jobs; out go their files, once the attempt is
/// committed, and the knowledge of which jobs were claimed. If the outcome of a put is in doubt, a
/// new attempt follows (R4). A listing is only a hint (R9).
final class ReadyFeeder: Stage {
  private let spool: Spool
  private let pilots: PilotMonitor
  private let order: FeedOrder
  private let lanes: FeedLanes

  /// A job whose file lies in ready as far as is known.
  private struct Outstanding: Sendable {
    var name: JobName
    var shape: Shape
    var owner: Int
    var lane: Lane?
    /// The time at which it was put, or found.
    var since: Instant

    var place: ReadyPlace { ReadyPlace(shape.queue, lane) }
    var reservation: Reservation { Reservation(place, job: name) }
  }

  /// The time between a refused put and the next try.
  static let putAgain = Duration.seconds(1)

  /// Jobs that are in ready as far as is known, by the file's name.
  private var outstanding: [Queue: [String: Outstanding]] = [.cpu: [:], .gpu: [:]]
  /// The depth of ready, by shape.
  private var gauges: [Shape: FeedGauge] = [:]
  /// The number of claims, by shape, that results have told of since the last look.
  private var noted: [Shape: Int] = [:]
  private var starvation = Starvation()
  /// The jobs for which pilots keep room.
  var reserved: Set<Reservation> = []
  /// The time of the next look into ready.
  private var nextLook = Instant.distantPast

  /// A job file that is to be put into ready.
  private struct Put: Sendable {
    var name: JobName
    var shape: Shape
    var owner: Int
    var contents: [UInt8]
    /// The place in which a put was tried. A hidden file of it may then lie there.
    var tried: ReadyPlace?
  }

  /// Jobs that are to be put into ready once the turn is committed.
  private var puts: [Put] = []
  /// The time from which puts are tried again after a refusal.
  private var nextPut = Instant.distantPast
  /// Tasks whose jobs are to be taken back out of ready.
  private var recalled: Set<Name> = []
  /// Jobs in ready that are to be taken back, the next one last.
  private var toWithdraw: [Outstanding] = []
  /// True if the last look left files in ready that are not to be there.
  private(set) var hasStrays = false
  /// True if there was no time to move all jobs out of lanes that are to be removed.
  private var hasLanesToEmpty = false
  /// Shapes that had more jobs to form than room in the last turn.
  private(set) var shapesWithBacklog: Set<Shape> = []

  init(_ spool: Spool, pilots: PilotMonitor, order: FeedOrder, lanes: LaneRule) {
    self.spool = spool
    self.pilots = pilots
    self.order = order
    self.lanes = FeedLanes(spool, pilots: pilots, rule: lanes)
  }

  // MARK: Ready

  /// Finds out what an earlier watcher has left beside ready.
  func resume(_ turn: Turn) throws(FileError) { try lanes.resume(turn) }

  /// Looks into the ready directories if a look is due, or if `fresh` is true. A job that is gone
  /// from there was claimed. A file that should not be there is withdrawn.
  func lookIntoReady(fresh: Bool, _ turn: Turn) throws {
    guard fresh || hasStrays || turn.now >= nextLook else { return }
    defer { nextLook = turn.now + lookInterval }
    let hadStrays = hasStrays
    hasStrays = false
    for queue in Queue.allCases
    where !(outstanding[queue] ?? [:]).isEmpty || fresh || hadStrays {
      try compare(queue, try spool.readyListings(queue, fresh: fresh, isMover: true), turn)
      renewRanks(queue, turn)
    }
  }

  /// Takes the jobs of a priority back out of ready if its ranks have come to an end.
  private func renewRanks(_ queue: Queue, _ turn: Turn) {
    let ending = order.renew(queue)
    guard !ending.isEmpty else { return }
    let jobs = (outstanding[queue] ?? [:]).values.filter { ending.contains($0.name.priority) }
    for task in Set(jobs.map(\.name.job.task)) { turn.emit(.recall(task)) }
  }

  /// The time between two looks: half the time in which pilots take the least depth of jobs. More
  /// looks would cost too much.
  private var lookInterval: Duration {
    let usual = 50
    let intervals = gauges.values.map { gauge in
      gauge.rate < 1 ? usual : min(200, max(4, Int(Double(FeedGauge.floor) * 500 / gauge.rate)))
    }
    return .milliseconds(intervals.min() ?? usual)
  }

  /// Notes that a job's result has come. So the job is no longer in ready, whatever the last look
  /// saw.
  func noteResult(_ name: JobName, _ turn: Turn) {
    for queue in Queue.allCases {
      guard let job = outstanding[queue]?[name.fileName] else { continue }
      noteClaimed(job, turn)
      noted[job.shape, default: 0] += 1
    }
  }

  /// Compares a listing of ready with the jobs known to be there.
  private func compare(
    _ queue: Queue, _ listings: [(place: ReadyPlace, names: [String])], _ turn: Turn
  ) throws {
    let now = turn.now
    if listings.count > 1 { lanes.noteSeen(queue, at: now) }
    var present: [String: ReadyPlace] = [:]
    present.reserveCapacity(listings.reduce(0) { $0 + $1.names.count })
    for (place, names) in listings { for name in names { present[name] = place } }
    var claimed = noted.filter { $0.key.queue == queue }
    for shape in claimed.keys { noted[shape] = nil }
    for (file, job) in outstanding[queue] ?? [:] {
      if let place = present[file] {
        if place.lane != job.lane { outstanding[queue]?[file]?.lane = place.lane }
        continue
      }
      claimed[job.shape, default: 0] += 1
      noteClaimed(job, turn)
      moveToPilot(job.name, turn)
    }
    var strays: [(name: JobName, place: ReadyPlace)] = []
    for (file, place) in present where outstanding[queue]?[file] == nil {
      guard let name = JobName(fileName: file) else { continue }
      if !adopt(name, place, turn) { strays.append((name, place)) }
    }
    for shape in order.shapes where shape.queue == queue {
      let isDry = order.isEmpty(shape)
      gauges[shape, default: FeedGauge()].look(
        at: now, claimed: claimed[shape] ?? 0,
        ranDry: isDry && shapesWithBacklog.contains(shape))
    }
    try remove(strays, turn)
  }

  /// Takes a job that a pilot has out of what lies in ready.
  private func noteClaimed(_ job: Outstanding, _ turn: Turn) {
    remove(job)
    order.claim(job.name.job, job.shape.queue, turn)
    starvation.noteClaim(
      job.name, job.shape, isReserved: reserved.contains(job.reservation), at: turn.now)
  }

  /// Notes that a job's file is with a pilot.
  private func moveToPilot(_ name: JobName, _ turn: Turn) {
    guard let job = turn.state.job(name.job),
      turn.placement.whereabouts(of: name.job, job) == .issued(.ready)
    else { return }
    turn.placement.put(.claimed, name.job, attempt: job.attempt)
  }

  /// Adopts a file in ready that was not known to be there, as after a restart, if its job is
  /// issued. Returns false if the file is to be removed.
  private func adopt(_ name: JobName, _ place: ReadyPlace, _ turn: Turn) -> Bool {
    guard isIssued(name, turn), let task = turn.state.tasks[name.job.task], task.state != .held
    else { return false }
    let job = Outstanding(
      name: name, shape: name.shape(in: place.queue), owner: task.accepted.owner,
      lane: place.lane, since: turn.now)
    order.count(1, job.shape, owner: job.owner, priority: name.priority)
    order.adopt(name, isClaimed: false, turn)
    remember(job)
    turn.placement.put(.ready, name.job, attempt: name.attempt)
    return true
  }

  /// Removes files that are not to be in ready, as many as there is time for. This includes files
  /// of tasks that are no longer known: a pilot would run them in vain.
  private func remove(
    _ strays: [(name: JobName, place: ReadyPlace)], _ turn: Turn
  ) throws {
    guard !strays.isEmpty else { return }
    try turn.checkLeaseOnce()
    let answers = withdraw(strays, turn)
    if answers.count < strays.count { hasStrays = true }
    for (stray, answer) in zip(strays, answers) where try answer.get() { park(stray.name, turn) }
  }

  /// Takes files out of ready, as many as there is time for, up to the first refusal. Returns the
  /// answer for each: false if the file was not there.
  private func withdraw(
    _ files: [(name: JobName, place: ReadyPlace)], _ turn: Turn
  ) -> [Result<Bool, FileError>] {
    let budget = turn.budget()
    let spool = spool
    let isEnough: @Sendable (Result<Bool, FileError>) -> Bool = { answer in
      if case .failure = answer { return true }
      return budget.isOver
    }
    return spool.each(files, until: isEnough) { file in
      Result { () throws(FileError) in try spool.withdraw(file.name, file.place) }
    }
  }

  /// Returns true if a file is of its job's present attempt, and that attempt is neither judged nor
  /// taken back.
  private func isIssued(_ name: JobName, _ turn: Turn) -> Bool {
    guard let job = turn.state.job(name.job), job.attempt == name.attempt else { return false }
    switch turn.placement.whereabouts(of: name.job, job) {
    case .issued(.parked), .waiting, .publishing: return false
    case .issued: return true
    }
  }

  /// Lets a job that was taken back out of ready wait for its next attempt, because no attempt
  /// number is put twice (R4).
  private func park(_ name: JobName, _ turn: Turn) {
    guard isIssued(name, turn) else { return }
    order.settle(name.job, turn)
    turn.placement.put(.parked, name.job, attempt: name.attempt)
    turn.emit(.parked(name.job))
  }

  // MARK: Recall

  /// Marks a task. After the commit, ``recall(_:)`` takes its jobs back out of ready.
  func markForRecall(_ task: Name) { recalled.insert(task) }

  /// Takes the jobs of marked tasks back out of ready, as many as the turn has time for. Jobs that
  /// the task puts there meanwhile are no longer meant.
  func recall(_ turn: Turn) throws {
    if !recalled.isEmpty { markJobs(turn) }
    guard !toWithdraw.isEmpty else { return }
    try turn.checkLeaseOnce()
    // Each where it is by now: it may have left its lane.
    let jobs = toWithdraw.reversed().map { outstanding[$0.shape.queue]?[$0.name.fileName] ?? $0 }
    let answers = withdraw(jobs.map { ($0.name, $0.place) }, turn)
    toWithdraw.removeLast(answers.count)
    var refusal: FileError?
    for (job, answer) in zip(jobs, answers) {
      switch answer {
      case .success(true):
        remove(job)
        park(job.name, turn)
      case .success(false): break
      case .failure(let error):
        refusal = error
        toWithdraw.append(job)
      }
    }
    if let refusal { throw refusal }
  }

  /// Parks the jobs of marked tasks that are yet to be put, and lists those in ready.
  private func markJobs(_ turn: Turn) {
    for put in puts where recalled.contains(put.name.job.task) { park(put.name, turn) }
    let known = Set(toWithdraw.map(\.name))
    let meant = outstanding.values.flatMap(\.values).filter {
      recalled.contains($0.name.job.task) && !known.contains($0.name)
    }
    toWithdraw = meant.sorted { $0.name.job > $1.name.job } + toWithdraw
    recalled = []
  }

  private func remember(_ job: Outstanding) {
    outstanding[job.shape.queue]?[job.name.fileName] = job
  }

  /// Removes a job that no longer lies in ready.
  private func remove(_ job: Outstanding) {
    guard outstanding[job.shape.queue]?.removeValue(forKey: job.name.fileName) != nil else {
      return
    }
    order.count(-1, job.shape, owner: job.owner, priority: job.name.priority)
  }

  /// Removes the jobs of a task that has ended. The next look into ready withdraws their files.
  func noteEnded(task: Name, _ turn: Turn) {
    for jobs in outstanding.values {
      for job in jobs.values where job.name.job.task == task { remove(job) }
    }
    toWithdraw.removeAll { $0.name.job.task == task }
    order.noteEnded(task: task, turn)
  }

  /// Returns the number of further jobs of a task that may be fed: no more than its limits allow, and
  /// than ready has room for. If there is no room, notes that the shape has a backlog. Only jobs of
  /// the same shape, and of the task's priority or better, count against the depth.
  func findRoom(for task: TaskEntry, _ turn: Turn) -> Int {
    let allowance = order.allowance(of: task, turn)
    guard allowance > 0 else { return 0 }
    let shape = task.spec.shape
    let depth = (gauges[shape] ?? FeedGauge()).depth(slots: pilots.slots(for: shape))
    let room = order.room(in: depth, for: task)
    if room == 0 { shapesWithBacklog.insert(shape) }
    return min(room, allowance)
  }

  /// Clears the note of which shapes have a backlog. Called before a turn forms jobs.
  func clearBacklog() { shapesWithBacklog = [] }

  /// Takes a job that is to be put into ready once it is committed. It takes up room from now on.
  func enqueue(_ name: JobName, _ task: TaskEntry, _ contents: [UInt8]) {
    let shape = name.shape(in: task.spec.queue)
    let owner = task.accepted.owner
    order.count(1, shape, owner: owner, priority: name.priority)
    puts.append(Put(name: name, shape: shape, owner: owner, contents: contents))
  }

  /// Puts committed jobs into ready, the most urgent first, as many as the turn has time for. If the
  /// outcome of a put is in doubt, an event tells so, and the job gets a new attempt (R4).
  func putReady(isBehind: Bool, _ turn: Turn) {
    guard hasPuts(turn) else { return }
    var failure = dropPuts(turn)
    if failure == nil, !puts.isEmpty {
      puts.sort { $0.name.goesBefore($1.name) }
      failure = putSome(isBehind: isBehind, turn)
    }
    if let failure {
      turn.note(failure, "what is to be put into ready")
      nextPut = turn.now + Self.putAgain
    }
  }

  /// Drops the puts that are no longer meant, with the hidden files that they may have left. Returns
  /// the error with which the filesystem refused one.
  private func dropPuts(_ turn: Turn) -> FileError? {
    var failure: FileError?
    puts = puts.filter { put in
      guard !isMeant(put, turn) else { return true }
      do throws(FileError) {
        if let place = put.tried {
          guard failure == nil else { return true }
          try spool.removeUnfinishedPut(put.name, place)
        }
        order.count(-1, put.shape, owner: put.owner, priority: put.name.priority)
        return false
      } catch {
        failure = error
        return true
      }
    }
    return failure
  }

  /// Puts the first of the jobs, up to the first refusal. Returns that.
  private func putSome(isBehind: Bool, _ turn: Turn) -> FileError? {
    // Pilots wait for puts, and a put is two changes.
    let budget = turn.budget(times: isBehind ? 1 : 2)
    let spool = spool
    let begun = turn.now
    let files = places(turn)
    let answers = spool.each(
      files, inTurnBy: { Row(place: $0.place, job: $0.put.name.job) },
      until: { $0.answer != .done || budget.isOver }
    ) { file in
      Self.put(file.put, file.place, spool)
    }
    var failure: FileError?
    var rest: [Put] = []
    for (put, answer) in zip(puts, answers) {
      guard let (answer, place) = answer else {
        rest.append(put)
        continue
      }
      switch answer {
      case .done:
        remember(
          Outstanding(
            name: put.name, shape: put.shape, owner: put.owner, lane: place.lane,
            since: turn.now))
        turn.placement.put(.ready, put.name.job, attempt: put.name.attempt)
        continue
      case .notDone(let error): failure = failure ?? error
      case .inDoubt(let error):
        failure = failure ?? error
        // A later call removes its hidden file: by then the job is at another attempt.
        turn.emit(.putInDoubt(put.name.job))
      }
      rest.append(put)
      rest[rest.count - 1].tried = place
    }
    puts = rest
    if failure == nil { noteTime(answers.compactMap(\.?.place), since: begun, turn) }
    return failure
  }

  /// Jobs that are put one after the other. A directory that is not a lane has a few such rows: while
  /// the names of one change, the contents of another are on their way.
  private struct Row: Hashable {
    private static let most = 4
    var place: ReadyPlace
    var number: Int

    init(place: ReadyPlace, job: JobID) {
      self.place = place
      number = place.lane == nil ? job.index % Self.most : 0
    }
  }

  /// Returns the jobs to be put, each with its place.
  private func places(_ turn: Turn) -> [(put: Put, place: ReadyPlace)] {
    let usable = lanes.usable
    return puts.map { put in
      let queue = put.shape.queue
      if let tried = put.tried { return (put, tried) }
      return (
        put,
        usable.contains(queue) && mayGoIntoLane(put)
          ? lanes.next(of: queue, at: turn.now) : ReadyPlace(queue)
      )
    }
  }

  private func mayGoIntoLane(_ put: Put) -> Bool {
    lanes.areEnough(order.ahead(of: put.name.priority, put.shape))
  }

  /// Puts a job into its place; into the queue's own directory if its lane is gone, or refuses it.
  private static func put(
    _ put: Put, _ place: ReadyPlace, _ spool: Spool
  ) -> (answer: Spool.Put, place: ReadyPlace) {
    let answer = spool.put(put.name, place, put.contents)
    guard place.lane != nil, case .notDone = answer else { return (answer, place) }
    // It may be there though it was refused. If it cannot be removed either, the next audit does.
    try? spool.removeUnfinishedPut(put.name, place)
    let own = ReadyPlace(place.queue)
    return (spool.put(put.name, own, put.contents), own)
  }

  /// Tells where jobs were put since a moment, up to the end or as many as there was time for.
  private func noteTime(_ places: [ReadyPlace], since begun: Instant, _ turn: Turn) {
    for queue in Queue.allCases {
      lanes.notePuts(
        places.count { $0.queue == queue }, in: queue, since: begun,
        hasMore: puts.contains { $0.shape.queue == queue && mayGoIntoLane($0) }, turn)
    }
  }

  // MARK: Lanes

  /// Removes lanes that nobody needs any more, once the jobs in them are in the queue's own directory.
  func removeLanes(_ turn: Turn) throws {
    let idle = lanes.giveUpIdle(at: turn.now)
    let emptied = try idle.filter { try emptyLanes(of: $0, turn) }
    hasLanesToEmpty = emptied.count < idle.count
    try lanes.remove(emptied, turn)
  }

  /// Moves the jobs in the lanes of a queue into its own directory, as many as there is time for. Those
  /// for which pilots keep room stay where these expect them. Returns false if more are left.
  private func emptyLanes(of queue: Queue, _ turn: Turn) throws -> Bool {
    let jobs = (outstanding[queue] ?? [:]).values
      .filter { $0.lane != nil && !reserved.contains($0.reservation) }
      .sorted { $0.name.goesBefore($1.name) }
    guard !jobs.isEmpty else { return true }
    try turn.checkLeaseOnce()
    let budget = turn.budget()
    let spool = spool
    let answers = spool.each(jobs, inTurnBy: { _ in queue }, until: { _ in budget.isOver }) { job in
      Result { () throws(FileError) in try spool.bringOut(job.name, of: job.place) }
    }
    var isThrough = true
    var refusal: FileError?
    for (job, answer) in zip(jobs, answers) {
      switch answer {
      case nil: isThrough = false
      case .success(true): outstanding[queue]?[job.name.fileName]?.lane = nil
      // It was claimed, or is there although its move was refused. A look tells.
      case .success(false): nextLook = .distantPast
      case .failure(let error):
        refusal = error
        nextLook = .distantPast
      }
    }
    if let refusal { turn.note(refusal, "the lanes of \(queue.directory)/") }
    return isThrough
  }

  /// True if jobs may lie in lanes, and so results of theirs in those of the inbox. The shell hears of
  /// nothing that happens there.
  var hasLanes: Bool { lanes.areThere }

  /// Returns true if a job is still to be put. Its task may have ended, or been recalled,
  /// meanwhile.
  private func isMeant(_ put: Put, _ turn: Turn) -> Bool {
    guard let job = turn.state.job(put.name.job) else { return false }
    return job.attempt == put.name.attempt
      && turn.placement.whereabouts(of: put.name.job, job) == .issued(.queued)
  }

  /// The time of the next puts and removals; nil if there are none.
  func nextDue(_ turn: Turn) -> Instant? {
    if hasStrays || hasLanesToEmpty || !toWithdraw.isEmpty { return .distantPast }
    return puts.isEmpty ? nil : nextPut
  }

  /// Returns true if there are jobs to put now.
  func hasPuts(_ turn: Turn) -> Bool { !puts.isEmpty && turn.now >= nextPut }

  /// Returns the jobs in ready that wait for longer than their turn.
  func starving(_ turn: Turn) -> [Reservation] {
    let now = turn.now
    let shapes = Set(
      order.shapes.filter { !order.isEmpty($0) && starvation.mayStarve($0, at: now) })
    guard !shapes.isEmpty else { return [] }
    return outstanding.values.flatMap { jobs in
      jobs.values.filter {
        shapes.contains($0.shape) && starvation.starves($0.name, $0.shape, put: $0.since, at: now)
      }.map(\.reservation)
    }
  }

  /// Returns whether a job lies in ready as far as is known.
  func holds(_ job: Reservation) -> Bool { outstanding[job.queue]?[job.job.fileName] != nil }

  /// The number of jobs in ready, by task.
  var readyByTask: [Name: Int] {
    var counts: [Name: Int] = [:]
    for names in outstanding.values {
      for job in names.values { counts[job.name.job.task, default: 0] += 1 }
    }
    return counts
  }

  /// The shapes of the jobs in ready, by task.
  var readyShapes: [Name: Set<Shape>] {
    var shapes: [Name: Set<Shape>] = [:]
    for names in outstanding.values {
      for job in names.values { shapes[job.name.job.task, default: []].insert(job.shape) }
    }
    return shapes
  }

  /// True while jobs lie in ready as far as is known, or files that are not to be there. Only then
  /// are frequent looks of use.
  var hasOutstanding: Bool { hasStrays || outstanding.values.contains { !$0.isEmpty } }
}
