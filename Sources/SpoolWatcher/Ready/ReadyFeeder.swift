internal import SpoolModel
internal import SpoolStore

/// Feeds the ready directories. In come jobs that were issued; out go their files, once the attempt is
/// committed, and the knowledge of which were claimed. A put whose outcome is in doubt is followed by
/// a new attempt (R4); a listing is a hint (R9).
final class ReadyFeeder: Stage {
  private let spool: Spool
  private let turn: Turn
  private let pilots: PilotMonitor

  private struct Outstanding {
    var name: JobName
    var shape: Shape
  }

  /// Time before another try after the filesystem refused a put.
  static let putAgain = Duration.seconds(1)

  /// Jobs that are in ready as far as is known, by file name.
  private var outstanding: [Queue: [String: Outstanding]] = [.cpu: [:], .gpu: [:]]
  private var gauges: [Shape: FeedGauge] = [:]
  /// How many claims results told of, since the last look.
  private var noted: [Shape: Int] = [:]
  /// When ready is to be looked into next.
  private var nextLook = Instant.distantPast
  /// How many jobs of a shape and priority lie in ready, or are to be put there.
  private var counts: [Shape: [Int: Int]] = [:]

  private struct Put {
    var name: JobName
    var shape: Shape
    var contents: [UInt8]
    /// Whether it was tried: something of it may lie in ready, hidden.
    var wasTried = false
  }

  /// Jobs to put once the turn is committed, and when to try.
  private var puts: [Put] = []
  private var nextPut = Instant.distantPast
  /// Tasks whose jobs are to be taken back out of ready.
  private var recalled: Set<Name> = []
  /// Shapes that had more to form than room at the last turn.
  private(set) var shapesWithBacklog: Set<Shape> = []

  init(_ spool: Spool, _ turn: Turn, pilots: PilotMonitor) {
    self.spool = spool
    self.turn = turn
    self.pilots = pilots
  }

  // MARK: Ready

  /// Looks into the ready directories, when that is due or a `fresh` look is wanted: what is gone
  /// from there was claimed. What should not be there any more is withdrawn.
  func lookIntoReady(fresh: Bool) throws {
    guard fresh || turn.now >= nextLook else { return }
    defer { nextLook = turn.now + lookInterval }
    for queue in Queue.allCases where !(outstanding[queue] ?? [:]).isEmpty || fresh {
      try compare(queue, Set(try spool.readyNames(queue, fresh: fresh)))
    }
  }

  /// Half the time in which pilots take what lies there: looking is not free.
  private var lookInterval: Duration {
    let usual = 50
    let intervals = gauges.values.map { gauge in
      gauge.rate < 1 ? usual : min(200, max(4, Int(Double(FeedGauge.floor) * 500 / gauge.rate)))
    }
    return .milliseconds(intervals.min() ?? usual)
  }

  /// A result has come of a job, so it is not in ready any more, whatever was seen last.
  func noteResult(_ name: JobName) {
    for queue in Queue.allCases {
      guard let job = outstanding[queue]?[name.fileName] else { continue }
      forget(job)
      noted[job.shape, default: 0] += 1
    }
  }

  private func compare(_ queue: Queue, _ present: Set<String>) throws {
    let now = turn.now
    var claimed = noted.filter { $0.key.queue == queue }
    for shape in claimed.keys { noted[shape] = nil }
    for (file, job) in outstanding[queue] ?? [:] where !present.contains(file) {
      forget(job)
      claimed[job.shape, default: 0] += 1
      noteClaimed(job.name)
    }
    for file in present where outstanding[queue]?[file] == nil {
      if let name = JobName(fileName: file) { try meet(name, queue) }
    }
    for shape in counts.keys where shape.queue == queue {
      let isDry = (counts[shape]?.values.reduce(0, +) ?? 0) == 0
      gauges[shape, default: FeedGauge()].look(
        at: now, claimed: claimed[shape] ?? 0,
        ranDry: isDry && shapesWithBacklog.contains(shape))
    }
  }

  private func noteClaimed(_ name: JobName) {
    guard let job = turn.state.job(name.job),
      turn.placement.whereabouts(of: name.job, job) == .issued(.ready)
    else { return }
    turn.placement.put(.claimed, name.job, attempt: job.attempt)
  }

  /// A job that is in ready though not known to be: after a restart, or nothing of ours any more.
  private func meet(_ name: JobName, _ queue: Queue) throws {
    let shape = name.shape(in: queue)
    if isIssued(name), turn.state.tasks[name.job.task]?.state != .held {
      count(name, shape, 1)
      remember(name, shape)
      turn.placement.put(.ready, name.job, attempt: name.attempt)
      return
    }
    // Also of a task that is not known any more: whoever ran it would do so in vain.
    try turn.checkLeaseOnce()
    if try spool.withdraw(name, queue) { park(name) }
  }

  /// Returns whether a file is of the attempt that its job is at, which is not judged, nor taken back.
  private func isIssued(_ name: JobName) -> Bool {
    guard let job = turn.state.job(name.job), job.attempt == name.attempt else { return false }
    switch turn.placement.whereabouts(of: name.job, job) {
    case .issued(.parked), .waiting, .publishing: return false
    case .issued: return true
    }
  }

  /// Lets a job that was taken back out of ready wait for its next attempt, since a number is not put
  /// twice (R4).
  private func park(_ name: JobName) {
    guard isIssued(name) else { return }
    turn.placement.put(.parked, name.job, attempt: name.attempt)
    turn.emit(.parked(name.job))
  }

  // MARK: Recall

  /// Once it is committed, what of a task lies in ready is taken back.
  func withdraw(_ task: Name) { recalled.insert(task) }

  /// Takes back what was recalled.
  func recall() throws {
    guard !recalled.isEmpty else { return }
    try turn.checkLeaseOnce()
    for put in puts where recalled.contains(put.name.job.task) { park(put.name) }
    for jobs in outstanding.values {
      let meant = jobs.values.filter { recalled.contains($0.name.job.task) }
      for job in meant.sorted(by: { $0.name.job < $1.name.job }) {
        guard try spool.withdraw(job.name, job.shape.queue) else { continue }
        forget(job)
        park(job.name)
      }
    }
    recalled = []
  }

  private func count(_ name: JobName, _ shape: Shape, _ change: Int) {
    counts[shape, default: [:]][name.priority, default: 0] += change
  }

  private func remember(_ name: JobName, _ shape: Shape) {
    outstanding[shape.queue]?[name.fileName] = Outstanding(name: name, shape: shape)
  }

  private func forget(_ job: Outstanding) {
    guard outstanding[job.shape.queue]?.removeValue(forKey: job.name.fileName) != nil else {
      return
    }
    count(job.name, job.shape, -1)
  }

  /// The jobs of tasks that have ended are not meant to be in ready any more: the next look there
  /// withdraws them.
  func forget(task: Name) {
    for jobs in outstanding.values {
      for job in jobs.values where job.name.job.task == task { forget(job) }
    }
  }

  /// Returns how many more jobs of a task may be formed now, 0 or less if none: a task has room as
  /// long as jobs of its shape and of its priority or better do not fill ready.
  func room(for task: TaskSpec) -> Int {
    let shape = task.shape
    let ahead = (counts[shape] ?? [:]).filter { $0.key <= task.priority }
      .reduce(0) { $0 + $1.value }
    return (gauges[shape] ?? FeedGauge()).depth(slots: pilots.slots(for: shape)) - ahead
  }

  /// Notes that there are more jobs of a shape than room.
  func noteBacklog(_ shape: Shape) { shapesWithBacklog.insert(shape) }

  /// Called before a turn's forming, which finds out anew.
  func forgetBacklog() { shapesWithBacklog = [] }

  /// A job to put into ready once it is committed. It has its room from now on.
  func enqueue(_ name: JobName, _ task: TaskSpec, _ contents: [UInt8]) {
    let shape = name.shape(in: task.queue)
    count(name, shape, 1)
    puts.append(Put(name: name, shape: shape, contents: contents))
  }

  /// Puts what was committed. A put that is in doubt is told, since its job needs a new attempt (R4).
  func putReady() {
    guard hasPuts else { return }
    var remaining: [Put] = []
    var failure: FileError?
    for put in puts {
      if failure != nil {
        remaining.append(put)
        continue
      }
      guard isMeant(put) else {
        do throws(FileError) {
          if put.wasTried { try spool.removeUnfinishedPut(put.name, put.shape.queue) }
          count(put.name, put.shape, -1)
        } catch {
          failure = error
          remaining.append(put)
        }
        continue
      }
      switch spool.put(put.name, put.shape.queue, put.contents) {
      case .done:
        remember(put.name, put.shape)
        turn.placement.put(.ready, put.name.job, attempt: put.name.attempt)
      case .notDone(let error):
        failure = error
        remaining.append(put)
        remaining[remaining.count - 1].wasTried = true
      case .inDoubt(let error):
        failure = error
        turn.emit(.putInDoubt(put.name.job))
        // What it left, hidden, is removed later: by then another attempt is meant.
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

  /// Whether a job is still to be put: its task may have ended meanwhile, or be held.
  private func isMeant(_ put: Put) -> Bool {
    guard let job = turn.state.job(put.name.job) else { return false }
    return job.attempt == put.name.attempt
      && turn.placement.whereabouts(of: put.name.job, job) == .issued(.queued)
  }

  /// When jobs that could not be put are tried again.
  var nextDue: Instant? { puts.isEmpty ? nil : nextPut }

  /// Whether there are jobs to put now.
  var hasPuts: Bool { !puts.isEmpty && turn.now >= nextPut }

  /// Jobs in ready, by task.
  var readyByTask: [Name: Int] {
    var counts: [Name: Int] = [:]
    for names in outstanding.values {
      for job in names.values { counts[job.name.job.task, default: 0] += 1 }
    }
    return counts
  }

  /// What the jobs in ready need, by task.
  var readyShapes: [Name: Set<Shape>] {
    var shapes: [Name: Set<Shape>] = [:]
    for names in outstanding.values {
      for job in names.values { shapes[job.name.job.task, default: []].insert(job.shape) }
    }
    return shapes
  }

  /// Whether pilots take jobs from what was put: only then is it worth looking often.
  var hasOutstanding: Bool { outstanding.values.contains { !$0.isEmpty } }
}
