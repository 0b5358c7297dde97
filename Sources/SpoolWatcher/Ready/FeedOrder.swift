internal import SpoolModel
internal import SpoolStore

/// Applies the order of claiming, and the limits of tasks, to the jobs of a spool. In come jobs on
/// their way; out go their ranks, the room for more of a task, and in words what holds a task up. The
/// decisions are those of ``ClaimOrder`` and ``ReadyRoom``. A restart finds out anew what ready and
/// pilots hold; how much an owner has used lately is forgotten.
final class FeedOrder {
  private let weights: OwnerWeights
  /// The number of each token.
  private let tokens: [String: Int]
  private var orders: [Queue: ClaimOrder] = [:]
  private var rooms: [Shape: ReadyRoom] = [:]

  init(_ weights: OwnerWeights, tokens: [String: Int]) {
    self.weights = weights
    self.tokens = tokens
    for queue in Queue.allCases { orders[queue] = ClaimOrder(weights) }
  }

  // MARK: Jobs

  private func job(_ id: JobID, _ task: TaskEntry) -> ClaimOrder.Job {
    ClaimOrder.Job(
      id: id, owner: task.accepted.owner, priority: task.spec.priority,
      cores: task.spec.resources.cpus,
      expected: task.attempts > 0 ? task.wall.inSeconds / Double(task.attempts) : nil)
  }

  /// Returns the rank of a job that is to be put into ready.
  func rank(_ id: JobID, _ task: TaskEntry, _ turn: Turn) -> Int {
    orders[task.spec.queue]?.feed(job(id, task), at: turn.now) ?? 0
  }

  /// Takes a job that an earlier watcher fed.
  func adopt(_ name: JobName, isClaimed: Bool, _ turn: Turn) {
    guard let task = turn.state.tasks[name.job.task] else { return }
    var job = job(name.job, task)
    job.priority = name.priority
    orders[task.spec.queue]?.adopt(job, rank: name.rank, isClaimed: isClaimed, at: turn.now)
  }

  /// Takes in that a pilot has a job.
  func claim(_ id: JobID, _ queue: Queue, _ turn: Turn) { orders[queue]?.claim(id, at: turn.now) }

  /// Returns when a pilot was first seen to have a job; nil if that is not known.
  func claimTime(of id: JobID, _ turn: Turn) -> Instant? {
    turn.state.tasks[id.task].flatMap { orders[$0.spec.queue]?.claimTime(of: id) }
  }

  /// Takes in that an attempt has ended, after so many seconds if that is known, or was taken back.
  func settle(_ id: JobID, ran: Double? = nil, _ turn: Turn) {
    guard let task = turn.state.tasks[id.task] else { return }
    orders[task.spec.queue]?.settle(id, ran: ran, at: turn.now)
  }

  /// Takes in that a task has ended.
  func noteEnded(task: Name, _ turn: Turn) {
    for queue in Queue.allCases { orders[queue]?.settleAll(of: task, at: turn.now) }
  }

  /// Returns the priorities of a queue whose ranks have come to an end and begin anew. Their jobs in
  /// ready are to be taken back.
  func renew(_ queue: Queue) -> [Int] {
    let ending = orders[queue]?.ending ?? []
    for priority in ending { orders[queue]?.renew(priority) }
    return ending
  }

  // MARK: Room

  /// Notes that a job takes up room in ready, or no longer does (-1).
  func count(_ change: Int, _ shape: Shape, owner: Int, priority: Int) {
    rooms[shape, default: ReadyRoom()].count(change, owner, priority: priority, weights)
  }

  /// Returns true if no job of a shape is in ready.
  func isEmpty(_ shape: Shape) -> Bool { rooms[shape]?.isEmpty ?? true }

  /// The shapes of which jobs are, or were, in ready.
  var shapes: some Collection<Shape> { rooms.keys }

  /// Returns the number of jobs of a shape, of a priority or better, that take up room in ready.
  func ahead(of priority: Int, _ shape: Shape) -> Int { rooms[shape]?.ahead(of: priority) ?? 0 }

  /// Returns the number of further jobs of a task for which a depth of ready leaves its owner room.
  func room(in depth: Int, for task: TaskEntry) -> Int {
    (rooms[task.spec.shape] ?? ReadyRoom()).room(
      in: depth, for: task.accepted.owner, priority: task.spec.priority, weights)
  }

  /// Returns the number of further jobs of a task that its limit and its tokens allow.
  func allowance(of task: TaskEntry, _ turn: Turn) -> Int {
    let needed = task.spec.resources.tokens
    guard task.spec.maxRunning != nil || !needed.isEmpty else { return .max }
    return ReadyRoom.room(
      maxRunning: task.spec.maxRunning,
      inUse: turn.placement.jobsInUse(of: task.name, turn.state),
      tokens: needed.map { token, count in (count, free(token, turn)) })
  }

  /// Returns the number of a token that no job holds.
  func free(_ token: String, _ turn: Turn) -> Int {
    (tokens[token] ?? 0) - holders(of: token, turn).reduce(0) { $0 + $1.count }
  }

  /// Returns the tasks that hold a token, each with the number.
  private func holders(of token: String, _ turn: Turn) -> [(task: Name, count: Int)] {
    turn.state.tokenTasks.compactMap { name in
      guard let needed = turn.state.tasks[name]?.spec.resources.tokens[token] else { return nil }
      let count = needed * turn.placement.jobsInUse(of: name, turn.state)
      return count > 0 ? (name, count) : nil
    }
  }

  /// Returns the tasks in work in the order of feeding: that of claiming. Tasks that need tokens go by
  /// the tags of their owners, because the first to be fed takes the tokens that are free.
  func tasks(_ turn: Turn) -> [TaskEntry] {
    let live = turn.state.liveTasks
    let names = turn.state.tokenTasks
    guard names.count > 1 else { return live }
    var sorted = live.filter { names.contains($0.name) }.map { ($0, start($0)) }
      .sorted { left, right in
        (left.0.spec.priority, left.1, left.0.number)
          < (right.0.spec.priority, right.1, right.0.number)
      }.makeIterator()
    return live.map { names.contains($0.name) ? sorted.next()?.0 ?? $0 : $0 }
  }

  private func start(_ task: TaskEntry) -> Double {
    orders[task.spec.queue]?.start(of: task.accepted.owner, at: task.spec.priority) ?? 0
  }

  // MARK: In words

  /// The number of tasks or owners that a reason names.
  static let mostNamed = 5

  /// Returns in words what holds up the jobs of an active task that wait to be fed or claimed.
  func reasons(_ task: TaskEntry, _ turn: Turn) -> [String] {
    limitReason(task, turn) + tokenReasons(task, turn) + shareReason(task)
  }

  private func limitReason(_ task: TaskEntry, _ turn: Turn) -> [String] {
    let inUse = turn.placement.jobsInUse(of: task.name, turn.state)
    guard let most = task.spec.maxRunning, inUse >= most else { return [] }
    return [
      "at most \(most) of its jobs may run at once; `spool limit \(task.name) none` lifts that"
    ]
  }

  private func tokenReasons(_ task: TaskEntry, _ turn: Turn) -> [String] {
    task.spec.resources.tokens.sorted { $0.key < $1.key }.compactMap { token, needed in
      let all = tokens[token] ?? 0
      if let fault = Self.fault(token, needed, of: tokens) { return fault }
      let holders = holders(of: token, turn).sorted { ($1.count, $0.task) < ($0.count, $1.task) }
      let used = holders.reduce(0) { $0 + $1.count }
      guard all - used < needed else { return nil }
      return "\(used) of \(all) tokens \(token) are in use, by "
        + Self.list(holders.map { "\($0.task) (\($0.count))" })
    }
  }

  /// Returns the reason why there are too few of a token, with what to do; nil if there are enough.
  static func fault(_ token: String, _ needed: Int, of tokens: [String: Int]) -> String? {
    guard let all = tokens[token] else {
      let advice = Nearest.question(token, among: Array(tokens.keys)).map { " (\($0))" } ?? ""
      return "spool.json has no token \(token)\(advice): add it to \"tokens\" there, and start the "
        + "watcher anew"
    }
    guard needed > all else { return nil }
    return
      "a job needs \(needed) tokens \(token), and spool.json has \(all): ask for fewer, or raise "
      + "the number there, and start the watcher anew"
  }

  private func shareReason(_ task: TaskEntry) -> [String] {
    let queue = task.spec.queue
    let shares = orders[queue]?.shares(at: task.spec.priority) ?? []
    let own = task.accepted.owner
    guard shares.contains(where: { $0.owner != own }) else { return [] }
    let texts = shares.map { share in
      let weight = share.weight == 1 ? "" : ", share \(Self.text(share.weight))"
      return "uid \(share.owner)\(share.owner == own ? ", its owner," : "") uses \(share.cores) "
        + "cores\(weight)"
    }
    return ["the queue \(queue.rawValue) is shared: \(Self.list(texts, by: "; "))"]
  }

  private static func text(_ weight: Double) -> String {
    weight == weight.rounded() ? "\(Int(weight))" : "\(weight)"
  }

  /// Returns texts as a list, of which the first few are named.
  static func list(_ texts: [String], by comma: String = ", ") -> String {
    let more = texts.count - mostNamed
    return texts.prefix(mostNamed).joined(separator: comma) + (more > 0 ? " and \(more) more" : "")
  }
}
