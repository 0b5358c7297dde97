internal import SpoolModel
internal import SpoolStore

/// Feeds ready, and sees results through to their end: publishes outputs, registers job files.
/// All it does follows what is committed.
final class JobExecutor {
  private let books: Books
  private let pilots: PilotControl

  private struct Outstanding {
    var name: JobName
    var shape: Shape
  }

  /// Milliseconds before another try after the filesystem refused a put.
  static let putAgain = 1000

  /// Jobs that are in ready as far as is known, by file name.
  private var outstanding: [Queue: [String: Outstanding]] = [.cpu: [:], .gpu: [:]]
  private var gauges: [Shape: FeedGauge] = [:]
  /// How many claims results told of, since the last look.
  private var noted: [Shape: Int] = [:]
  /// When ready is to be looked into next, monotonic milliseconds.
  private var nextLook = 0
  /// How many jobs of a shape and priority lie in ready, or are to be put there.
  private var counts: [Shape: [Int: Int]] = [:]

  private struct Put {
    var name: JobName
    var shape: Shape
    var contents: [UInt8]
    /// Whether it was tried: something of it may lie in ready, hidden.
    var wasTried = false
  }

  /// Jobs to put once the turn is committed, and when to try, monotonic milliseconds.
  private var puts: [Put] = []
  private var nextPut = 0
  /// Tasks whose jobs are to be taken back out of ready.
  private var recalled: Set<Name> = []
  /// Jobs that were taken back and wait for another attempt, not yet told.
  private var parked: [JobID] = []
  /// Shapes that had more to form than room at the last turn.
  private(set) var shapesWithBacklog: Set<Shape> = []

  init(_ books: Books, pilots: PilotControl) {
    self.books = books
    self.pilots = pilots
  }

  // MARK: Ready

  /// Looks into the ready directories, when that is due or a `fresh` look is wanted: what is gone
  /// from there was claimed. What should not be there any more is withdrawn.
  func lookIntoReady(fresh: Bool) throws {
    guard fresh || books.time.now >= nextLook else { return }
    defer { nextLook = books.time.now + lookInterval }
    for queue in Queue.allCases where !(outstanding[queue] ?? [:]).isEmpty || fresh {
      try compare(queue, Set(try books.spool.readyNames(queue, fresh: fresh)))
    }
  }

  /// Half the time in which pilots take what lies there: looking is not free.
  private var lookInterval: Int {
    gauges.values.map { gauge in
      gauge.rate < 1 ? 50 : min(200, max(4, Int(Double(FeedGauge.floor) * 500 / gauge.rate)))
    }.min() ?? 50
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
    let now = books.time.now
    var claimed = noted.filter { $0.key.queue == queue }
    for shape in claimed.keys { noted[shape] = nil }
    for (file, job) in outstanding[queue] ?? [:] where !present.contains(file) {
      forget(job)
      claimed[job.shape, default: 0] += 1
      if books.state.job(job.name.job)?.phase == .ready {
        books.state.setPhase(.claimed, of: job.name.job)
      }
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

  /// A job that is in ready though not known to be: after a restart, or nothing of ours any more.
  private func meet(_ name: JobName, _ queue: Queue) throws {
    let shape = name.shape(in: queue)
    if let job = books.state.job(name.job), job.attempt == name.attempt {
      switch job.phase {
      case .publishing, .waiting: break
      case .pending, .ready, .claimed, .unknown:
        if books.state.tasks[name.job.task]?.state == .held { break }
        count(name, shape, 1)
        remember(name, shape)
        books.state.setPhase(.ready, of: name.job)
        return
      }
    }
    // Also of a task that is not known any more: whoever ran it would do so in vain.
    try books.checkLeaseOnce()
    if try books.spool.withdraw(name, queue) { park(name) }
  }

  /// A job that was taken back out of ready waits for its next attempt.
  private func park(_ name: JobName) {
    guard let job = books.state.job(name.job), job.attempt == name.attempt else { return }
    switch job.phase {
    case .publishing, .waiting: break
    case .pending, .ready, .claimed, .unknown:
      books.state.setPhase(.waiting(until: books.time.epoch), of: name.job)
      parked.append(name.job)
    }
  }

  // MARK: Recall

  /// Once it is committed, what of a task lies in ready is taken back.
  func withdraw(_ task: Name) { recalled.insert(task) }

  /// Takes back what was recalled.
  func recall() throws {
    guard !recalled.isEmpty else { return }
    try books.checkLeaseOnce()
    for put in puts where recalled.contains(put.name.job.task) { park(put.name) }
    for jobs in outstanding.values {
      let meant = jobs.values.filter { recalled.contains($0.name.job.task) }
      for job in meant.sorted(by: { $0.name.job < $1.name.job }) {
        guard try books.spool.withdraw(job.name, job.shape.queue) else { continue }
        forget(job)
        park(job.name)
      }
    }
    recalled = []
  }

  /// The jobs that were taken back: each waits for another attempt, since a number is not put twice
  /// (R4).
  func takeParked() -> [JobID] {
    defer { parked = [] }
    return parked
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
  func forget(tasks: Set<Name>) {
    for jobs in outstanding.values {
      for job in jobs.values where tasks.contains(job.name.job.task) { forget(job) }
    }
  }

  /// How many more jobs of a task may be formed now: a task has room as long as jobs of its shape
  /// and of its priority or better do not fill ready.
  func room(for task: TaskEntry) -> Int {
    let shape = task.spec.shape
    let ahead = (counts[shape] ?? [:]).filter { $0.key <= task.spec.priority }
      .reduce(0) { $0 + $1.value }
    let room = (gauges[shape] ?? FeedGauge()).depth(slots: pilots.slots(for: shape)) - ahead
    if room <= 0 { shapesWithBacklog.insert(shape) }
    return max(0, room)
  }

  /// Called before a turn's forming, which finds out anew.
  func forgetBacklog() { shapesWithBacklog = [] }

  /// A job to put into ready once it is committed. It has its room from now on.
  func enqueue(_ name: JobName, _ task: TaskSpec, _ contents: [UInt8]) {
    let shape = name.shape(in: task.queue)
    count(name, shape, 1)
    puts.append(Put(name: name, shape: shape, contents: contents))
  }

  /// Puts what was committed. Returns the jobs whose put is in doubt, which need a new attempt (R4).
  func putReady() -> [JobID] {
    guard hasPuts else { return [] }
    var doubtful: [JobID] = []
    var remaining: [Put] = []
    var failure: FileError?
    for put in puts {
      if failure != nil {
        remaining.append(put)
        continue
      }
      guard isMeant(put) else {
        do throws(FileError) {
          if put.wasTried { try books.spool.removeUnfinishedPut(put.name, put.shape.queue) }
          count(put.name, put.shape, -1)
        } catch {
          failure = error
          remaining.append(put)
        }
        continue
      }
      switch books.spool.put(put.name, put.shape.queue, put.contents) {
      case .done:
        remember(put.name, put.shape)
        books.state.setPhase(.ready, of: put.name.job)
      case .notDone(let error):
        failure = error
        remaining.append(put)
        remaining[remaining.count - 1].wasTried = true
      case .inDoubt(let error):
        failure = error
        doubtful.append(put.name.job)
        // What it left, hidden, is removed later: by then another attempt is meant.
        remaining.append(put)
        remaining[remaining.count - 1].wasTried = true
      }
    }
    puts = remaining
    if let failure {
      books.troubles.note(failure, "what is to be put into ready")
      nextPut = books.time.now + Self.putAgain
    }
    return doubtful
  }

  /// Whether a job is still to be put: its task may have ended meanwhile, or be held.
  private func isMeant(_ put: Put) -> Bool {
    guard let job = books.state.job(put.name.job) else { return false }
    return job.phase == .pending && job.attempt == put.name.attempt
  }

  /// Whether there are jobs to put now.
  var hasPuts: Bool { !puts.isEmpty && books.time.now >= nextPut }

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
