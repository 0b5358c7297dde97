internal import SpoolModel
internal import SpoolStore

/// Feeds the ready directories. In come issued jobs; out go their files, once the attempt is
/// committed, and the knowledge of which jobs were claimed. If the outcome of a put is in doubt, a
/// new attempt follows (R4). A listing is only a hint (R9).
final class ReadyFeeder: Stage {
  private let spool: Spool
  private let pilots: PilotMonitor
  private let order: FeedOrder

  /// A job whose file lies in ready as far as is known.
  private struct Outstanding {
    var name: JobName
    var shape: Shape
    var owner: Int
  }

  /// The time between a refused put and the next try.
  static let putAgain = Duration.seconds(1)

  /// Jobs that are in ready as far as is known, by the file's name.
  private var outstanding: [Queue: [String: Outstanding]] = [.cpu: [:], .gpu: [:]]
  /// The depth of ready, by shape.
  private var gauges: [Shape: FeedGauge] = [:]
  /// The number of claims, by shape, that results have told of since the last look.
  private var noted: [Shape: Int] = [:]
  /// The time of the next look into ready.
  private var nextLook = Instant.distantPast

  /// A job file that is to be put into ready.
  private struct Put {
    var name: JobName
    var shape: Shape
    var owner: Int
    var contents: [UInt8]
    /// True once a put was tried. A hidden file of it may then lie in ready.
    var wasTried = false
  }

  /// Jobs that are to be put into ready once the turn is committed.
  private var puts: [Put] = []
  /// The time from which puts are tried again after a refusal.
  private var nextPut = Instant.distantPast
  /// Tasks whose jobs are to be taken back out of ready.
  private var recalled: Set<Name> = []
  /// Shapes that had more jobs to form than room in the last turn.
  private(set) var shapesWithBacklog: Set<Shape> = []

  init(_ spool: Spool, pilots: PilotMonitor, order: FeedOrder) {
    self.spool = spool
    self.pilots = pilots
    self.order = order
  }

  // MARK: Ready

  /// Looks into the ready directories if a look is due, or if `fresh` is true. A job that is gone
  /// from there was claimed. A file that should not be there is withdrawn.
  func lookIntoReady(fresh: Bool, _ turn: Turn) throws {
    guard fresh || turn.now >= nextLook else { return }
    defer { nextLook = turn.now + lookInterval }
    for queue in Queue.allCases where !(outstanding[queue] ?? [:]).isEmpty || fresh {
      try compare(queue, Set(try spool.readyNames(queue, fresh: fresh)), turn)
      renewRanks(queue, turn)
    }
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

  /// Takes the jobs of a priority back out of ready if its ranks have come to an end.
  private func renewRanks(_ queue: Queue, _ turn: Turn) {
    let ending = order.renew(queue)
    guard !ending.isEmpty else { return }
    let jobs = (outstanding[queue] ?? [:]).values.filter { ending.contains($0.name.priority) }
    for task in Set(jobs.map(\.name.job.task)) { turn.emit(.recall(task)) }
  }

  /// Notes that a job's result has come. So the job is no longer in ready, whatever the last look
  /// saw.
  func noteResult(_ name: JobName, _ turn: Turn) {
    for queue in Queue.allCases {
      guard let job = outstanding[queue]?[name.fileName] else { continue }
      remove(job)
      order.claim(name.job, queue, turn)
      noted[job.shape, default: 0] += 1
    }
  }

  /// Compares a listing of ready with the jobs known to be there.
  private func compare(_ queue: Queue, _ present: Set<String>, _ turn: Turn) throws {
    let now = turn.now
    var claimed = noted.filter { $0.key.queue == queue }
    for shape in claimed.keys { noted[shape] = nil }
    for (file, job) in outstanding[queue] ?? [:] where !present.contains(file) {
      remove(job)
      claimed[job.shape, default: 0] += 1
      order.claim(job.name.job, queue, turn)
      noteClaimed(job.name, turn)
    }
    for file in present where outstanding[queue]?[file] == nil {
      if let name = JobName(fileName: file) { try meet(name, queue, turn) }
    }
    for shape in order.shapes where shape.queue == queue {
      let isDry = order.isEmpty(shape)
      gauges[shape, default: FeedGauge()].look(
        at: now, claimed: claimed[shape] ?? 0,
        ranDry: isDry && shapesWithBacklog.contains(shape))
    }
  }

  private func noteClaimed(_ name: JobName, _ turn: Turn) {
    guard let job = turn.state.job(name.job),
      turn.placement.whereabouts(of: name.job, job) == .issued(.ready)
    else { return }
    turn.placement.put(.claimed, name.job, attempt: job.attempt)
  }

  /// Deals with a file in ready that was not known to be there. If its job is issued, the watcher
  /// adopts the file, as after a restart; else it withdraws it.
  private func meet(_ name: JobName, _ queue: Queue, _ turn: Turn) throws {
    let shape = name.shape(in: queue)
    if isIssued(name, turn), let task = turn.state.tasks[name.job.task], task.state != .held {
      let owner = task.accepted.owner
      order.count(1, shape, owner: owner, priority: name.priority)
      order.adopt(name, isClaimed: false, turn)
      remember(Outstanding(name: name, shape: shape, owner: owner))
      turn.placement.put(.ready, name.job, attempt: name.attempt)
      return
    }
    // This includes files of tasks that are no longer known: a pilot would run them in vain.
    try turn.checkLeaseOnce()
    if try spool.withdraw(name, queue) { park(name, turn) }
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

  /// Takes the jobs of marked tasks back out of ready.
  func recall(_ turn: Turn) throws {
    guard !recalled.isEmpty else { return }
    try turn.checkLeaseOnce()
    for put in puts where recalled.contains(put.name.job.task) { park(put.name, turn) }
    for jobs in outstanding.values {
      let meant = jobs.values.filter { recalled.contains($0.name.job.task) }
      for job in meant.sorted(by: { $0.name.job < $1.name.job }) {
        guard try spool.withdraw(job.name, job.shape.queue) else { continue }
        remove(job)
        park(job.name, turn)
      }
    }
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

  /// Puts the committed jobs into ready. If the outcome of a put is in doubt, an event tells so,
  /// and the job gets a new attempt (R4).
  func putReady(_ turn: Turn) {
    guard hasPuts(turn) else { return }
    var remaining: [Put] = []
    var failure: FileError?
    for put in puts {
      if failure != nil {
        remaining.append(put)
        continue
      }
      guard isMeant(put, turn) else {
        do throws(FileError) {
          if put.wasTried { try spool.removeUnfinishedPut(put.name, put.shape.queue) }
          order.count(-1, put.shape, owner: put.owner, priority: put.name.priority)
        } catch {
          failure = error
          remaining.append(put)
        }
        continue
      }
      switch spool.put(put.name, put.shape.queue, put.contents) {
      case .done:
        remember(Outstanding(name: put.name, shape: put.shape, owner: put.owner))
        turn.placement.put(.ready, put.name.job, attempt: put.name.attempt)
      case .notDone(let error):
        failure = error
        remaining.append(put)
        remaining[remaining.count - 1].wasTried = true
      case .inDoubt(let error):
        failure = error
        turn.emit(.putInDoubt(put.name.job))
        // A later call removes its hidden file: by then the job is at another attempt.
        remaining.append(put)
        remaining[remaining.count - 1].wasTried = true
      }
    }
    puts = remaining
    if let failure {
      turn.note(failure, "what is to be put into ready")
      nextPut = turn.now + Self.putAgain
    }
  }

  /// Returns true if a job is still to be put. Its task may have ended, or been recalled,
  /// meanwhile.
  private func isMeant(_ put: Put, _ turn: Turn) -> Bool {
    guard let job = turn.state.job(put.name.job) else { return false }
    return job.attempt == put.name.attempt
      && turn.placement.whereabouts(of: put.name.job, job) == .issued(.queued)
  }

  /// The time at which puts that failed are tried again; nil if there are none.
  func nextDue(_ turn: Turn) -> Instant? { puts.isEmpty ? nil : nextPut }

  /// Returns true if there are jobs to put now.
  func hasPuts(_ turn: Turn) -> Bool { !puts.isEmpty && turn.now >= nextPut }

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

  /// True while jobs lie in ready as far as is known. Only then are frequent looks of use.
  var hasOutstanding: Bool { outstanding.values.contains { !$0.isEmpty } }
}
