internal import SpoolModel
internal import SpoolStore

/// Feeds ready, and sees results through to their end: publishes outputs, registers job files.
/// All it does follows what is committed.
final class JobExecutor {
  private let books: Books
  private let pilots: PilotControl

  /// Jobs that are in ready as far as is known, and since when.
  private var outstanding: [Queue: [JobName: Int]] = [.cpu: [:], .gpu: [:]]
  private var gauges: [Shape: FeedGauge] = [:]
  /// How many jobs of a shape and priority lie in ready.
  private var counts: [Shape: [Int: Int]] = [:]
  /// Jobs to put once the turn is committed.
  private var puts: [(name: JobName, shape: Shape, contents: [UInt8])] = []
  /// Shapes that had more to form than room at the last turn.
  private(set) var shapesWithBacklog: Set<Shape> = []

  init(_ books: Books, pilots: PilotControl) {
    self.books = books
    self.pilots = pilots
  }

  // MARK: Ready

  /// Looks into the ready directories: what is gone from there was claimed. What should not be
  /// there any more is withdrawn.
  func lookIntoReady(fresh: Bool) throws(FileError) {
    for queue in Queue.allCases where !(outstanding[queue] ?? [:]).isEmpty || fresh {
      let listing = try books.spool.readyJobs(queue, fresh: fresh)
      try compare(queue, Set(listing.jobs))
    }
  }

  private func compare(_ queue: Queue, _ present: Set<JobName>) throws(FileError) {
    let now = books.time.now
    var claimed: [Shape: (count: Int, delay: Int)] = [:]
    for (name, since) in outstanding[queue] ?? [:] where !present.contains(name) {
      let shape = forget(name, queue)
      claimed[shape, default: (0, 0)].count += 1
      claimed[shape, default: (0, 0)].delay += now - since
      if books.state.job(name.job)?.phase == .ready {
        books.state.setPhase(.claimed, of: name.job)
      }
    }
    for name in present where outstanding[queue]?[name] == nil { try meet(name, queue) }
    for shape in counts.keys where shape.queue == queue {
      let gone = claimed[shape] ?? (0, 0)
      let mean = gone.count > 0 ? Double(gone.delay) / Double(gone.count) : 0
      let isDry = (counts[shape]?.values.reduce(0, +) ?? 0) == 0
      gauges[shape, default: FeedGauge()].look(
        at: now, claimed: gone.count, meanDelay: mean,
        ranDry: isDry && shapesWithBacklog.contains(shape))
    }
  }

  /// A job that is in ready though not known to be: after a restart, or nothing of ours any more.
  private func meet(_ name: JobName, _ queue: Queue) throws(FileError) {
    let shape = Self.shape(name, queue)
    if let job = books.state.job(name.job), job.attempt == name.attempt {
      switch job.phase {
      case .publishing, .waiting: break
      case .pending, .ready, .claimed, .unknown:
        remember(name, shape)
        books.state.setPhase(.ready, of: name.job)
        return
      }
    }
    if books.state.tasks[name.job.task] == nil { return }
    _ = try books.spool.withdraw(name, queue)
  }

  private static func shape(_ name: JobName, _ queue: Queue) -> Shape {
    Shape(
      queue: queue, cores: name.cores, memory: name.memory, gpus: name.gpus, tags: name.tags)
  }

  private func remember(_ name: JobName, _ shape: Shape) {
    guard outstanding[shape.queue]?.updateValue(books.time.now, forKey: name) == nil else { return }
    counts[shape, default: [:]][name.priority, default: 0] += 1
  }

  private func forget(_ name: JobName, _ queue: Queue) -> Shape {
    let shape = Self.shape(name, queue)
    outstanding[queue]?[name] = nil
    counts[shape]?[name.priority]? -= 1
    return shape
  }

  /// The jobs of tasks that have ended are not meant to be in ready any more: the next look there
  /// withdraws them.
  func forget(tasks: Set<Name>) {
    for (queue, names) in outstanding {
      for name in names.keys where tasks.contains(name.job.task) { _ = forget(name, queue) }
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
    let shape = Self.shape(name, task.queue)
    remember(name, shape)
    puts.append((name, shape, contents))
  }

  /// Puts what was committed. Returns the jobs whose put is in doubt, which need a new attempt (R4).
  func putReady() -> [JobID] {
    var doubtful: [JobID] = []
    var remaining: [(name: JobName, shape: Shape, contents: [UInt8])] = []
    var failure: FileError?
    for put in puts {
      guard books.state.job(put.name.job)?.phase == .pending else {
        _ = forget(put.name, put.shape.queue)
        continue
      }
      if failure != nil {
        remaining.append(put)
        continue
      }
      switch books.spool.put(put.name, put.shape.queue, put.contents) {
      case .done: books.state.setPhase(.ready, of: put.name.job)
      case .notDone(let error):
        failure = error
        remaining.append(put)
      case .inDoubt(let error):
        failure = error
        _ = forget(put.name, put.shape.queue)
        doubtful.append(put.name.job)
      }
    }
    puts = remaining
    if let failure { books.say("\(failure); \(remaining.count) jobs wait to be put into ready") }
    return doubtful
  }

  /// Whether jobs could not be put, and are to be tried again.
  var isStuck: Bool { !puts.isEmpty }

  /// Jobs in ready, by task.
  var readyByTask: [Name: Int] {
    var counts: [Name: Int] = [:]
    for names in outstanding.values {
      for name in names.keys { counts[name.job.task, default: 0] += 1 }
    }
    return counts
  }

  /// Whether pilots take jobs from what was put: only then is it worth looking often.
  var hasOutstanding: Bool { outstanding.values.contains { !$0.isEmpty } }
}
