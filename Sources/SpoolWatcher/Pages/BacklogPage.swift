internal import SpoolModel

/// The jobs that need pilots, by what they need, for `backlog.json`. In comes the state; out goes a
/// ``Backlog``. Only what would run now if there were pilots counts as waiting.
struct BacklogPage {
  private let order: FeedOrder
  private let marks: WaterMarks
  /// The tokens that jobs need which are already counted.
  private var promised: [String: Int] = [:]
  private var needs: [Key: Backlog.Need] = [:]
  /// The attempts of the tasks with a need, and the time that they took.
  private var ran: [Key: (attempts: Int, time: Duration)] = [:]

  private struct Key: Hashable {
    var shape: Shape
    var wall: Duration

    var need: Backlog.Need { Backlog.Need(shape, wall: wall) }
  }

  /// A retry that is due within this time counts as waiting: a pilot without a job stays so long.
  static let soon = Duration.seconds(60)

  init(order: FeedOrder, marks: WaterMarks) {
    self.order = order
    self.marks = marks
  }

  /// Returns the backlog of all tasks in work.
  static func backlog(
    epoch: Int, order: FeedOrder, marks: WaterMarks, _ turn: Turn
  ) -> Backlog {
    var page = BacklogPage(order: order, marks: marks)
    for task in order.tasks(turn) { page.add(task, turn) }
    for (key, ran) in page.ran where ran.attempts > 0 {
      page.needs[key]?.mean = .milliseconds(ran.time.milliseconds / ran.attempts)
    }
    return Backlog(epoch: epoch, needs: Array(page.needs.values))
  }

  private mutating func add(_ task: TaskEntry, _ turn: Turn) {
    var own: [Key: Backlog.Need] = [:]
    var coming = 0
    for (index, job) in turn.state.jobs(of: task.name) {
      let key = key(of: job, task)
      let id = JobID(task: task.name, index: index)
      switch turn.placement.whereabouts(of: id, job) {
      case .publishing: break
      case .issued(.claimed), .issued(.unknown): own[key, default: key.need].running += 1
      case .issued(.ready), .issued(.queued): own[key, default: key.need].waiting += 1
      case .issued(.parked), .waiting: if isDue(job, turn) { coming += 1 }
      }
    }
    if task.state != .held, !marks.holdsBack(task, turn) {
      coming = allowed(coming.addingClamped(unformed(task, turn)), task, turn)
      let key = key(of: nil, task)
      if coming > 0 {
        let waiting = own[key]?.waiting ?? 0
        own[key, default: key.need].waiting = waiting.addingClamped(coming)
      }
    }
    for (key, need) in own { merge(need, key, task) }
  }

  private mutating func merge(_ need: Backlog.Need, _ key: Key, _ task: TaskEntry) {
    let waiting = (needs[key]?.waiting ?? 0).addingClamped(need.waiting)
    needs[key, default: key.need].waiting = waiting
    needs[key, default: key.need].running += need.running
    // Attempts that mostly fail, or are given back, say little of how long a job takes.
    guard task.done * 2 >= task.attempts else { return }
    let before = ran[key] ?? (0, .zero)
    ran[key] = (before.attempts + task.attempts, before.time + task.wall)
  }

  private func isDue(_ job: JobEntry, _ turn: Turn) -> Bool {
    if case .waiting(let time) = job.phase { time - turn.date <= Self.soon } else { true }
  }

  /// Returns what a job needs, or with nil one of the task's that is not formed.
  private func key(of job: JobEntry?, _ task: TaskEntry) -> Key {
    var shape = task.spec.shape
    if let memory = job?.memory { shape.memory = TaskSpec.mebibytes(memory) }
    return Key(shape: shape, wall: job?.wall ?? task.spec.resources.wall)
  }

  /// Returns how many of these jobs of a task its limit and its tokens allow.
  private mutating func allowed(_ jobs: Int, _ task: TaskEntry, _ turn: Turn) -> Int {
    var most = min(jobs, order.allowance(of: task, turn))
    let needed = task.spec.resources.tokens
    for (token, count) in needed {
      let free = order.free(token, turn) - (promised[token] ?? 0)
      most = min(most, max(0, free / max(1, count)))
    }
    for (token, count) in needed { promised[token, default: 0] += count * most }
    return most
  }

  /// Returns the number of jobs of a task that could be formed now.
  private func unformed(_ task: TaskEntry, _ turn: Turn) -> Int {
    guard turn.placement.status(of: task) == .active, !task.isRepair,
      turn.placement.mayReadInputs(of: task)
    else { return 0 }
    let total: Int
    switch task.spec.input {
    case .count(let count): total = count
    case .values(let values): total = values.count
    case .files(let files):
      total =
        task.spec.groupBy == nil
        ? jobs(of: files.count, task, isWhole: true) : task.spec.listedJobs
    case .datasets(let names):
      guard task.spec.groupBy == nil else {
        return max(0, (task.groups?.jobs ?? 0) - task.formed)
      }
      let datasets = names.compactMap { turn.state.datasets[$0] }
      if task.spec.isOneMerge {
        let isThere = datasets.allSatisfy(turn.placement.isClosedAndReadable)
        return task.formed == 0 && isThere && datasets.contains { $0.files > 0 } ? 1 : 0
      }
      total = datasets.reduce(0) { $0 + jobs(of: $1.files, task, isWhole: $1.state != .open) }
    }
    return max(0, total - task.formed)
  }

  /// Returns the number of jobs that files make. While more may come, files that do not fill a job wait.
  private func jobs(of files: Int, _ task: TaskEntry, isWhole: Bool) -> Int {
    switch task.spec.filesPerJob {
    case .all: min(1, files)
    case .files(let size): isWhole ? (files + size - 1) / size : files / size
    }
  }
}
