internal import SpoolModel

/// The order in which the jobs of one queue are claimed: what each owner may have of it, by their
/// weights. A pure value: in come the jobs that are fed, claimed, taken back and ended, with the
/// time; out go ranks. It is start-time fair queueing, for each priority by itself:
///
/// 1. Each owner has a *tag* in core-seconds per weight. A job that is fed gets the tag as its rank,
///    and its expected cost moves the tag on. When the job ends, the difference to its true cost is
///    made good with the owner's next jobs.
/// 2. The *clock* of a priority is the least tag of the owners who have jobs in ready, and no more
///    than the greatest rank that was claimed. An owner without jobs in ready goes on from the clock
///    at the earliest, so nobody saves up for long.
/// 3. An owner who used little in the last hour starts earlier by a *credit*: the cores that another
///    used more, per weight, for an hour. So that owner goes first until it has caught up, and not
///    longer. No tag ever lies further behind, so nobody waits for ever, whatever fits which pilot.
struct ClaimOrder {
  /// Ranks per core-second.
  static let ranksPerSecond = 100.0
  /// The first tag of a priority, in core-seconds. It leaves room for credits.
  static let origin = 1e7
  /// The clock from which on the ranks of a priority have to begin anew: nine tenths of them.
  static let end = Double(JobName.mostRank) / ranksPerSecond * 0.9
  /// The time over which usage is smoothed, and which a credit lasts, in seconds.
  static let memory = 3600.0
  /// The longest run time, in seconds, that is expected of the jobs of a task of which none has ended.
  /// With a longer one the first jobs of a task, if they are short, hold up all that follow.
  static let firstGuess = 1.0
  /// The part that each job has in the mean run time of all.
  private static let newest = 0.05
  /// The shortest run time that is expected, in seconds.
  private static let shortest = 0.001
  /// The number of owners from which on those without jobs are forgotten.
  private static let manyOwners = 1000

  /// A job as the order sees it.
  struct Job {
    var id: JobID
    var owner: Int
    var priority: Int
    var cores: Int
    /// The mean run time of its task's jobs, in seconds; nil if none has ended.
    var expected: Double?
  }

  /// The jobs of one priority.
  private struct Lane {
    /// The greatest rank that was claimed; nil until one was.
    var claimed: Double?
    /// The least rank that came into ready before anything was claimed.
    var first: Double?
    var flows: [Int: Flow] = [:]

    /// The rank that pilots have come to.
    var latest: Double { claimed ?? first ?? ClaimOrder.origin }
    /// The least tag of the owners with jobs in ready.
    var least: Double? { flows.values.filter { $0.waiting > 0 }.map(\.paid).min() }

    mutating func noteFirst(_ rank: Double) {
      if claimed == nil { first = min(first ?? rank, rank) }
    }
  }

  /// An owner's jobs of one priority.
  private struct Flow {
    var tag = 0.0
    /// The cost that is yet to be made good, in core-seconds per weight: negative after jobs that cost
    /// less than was expected. While jobs are in ready, the tag never goes back.
    var owed = 0.0
    /// The tag as it would be if all costs had been known.
    var paid: Double { tag + owed }
    /// The number of jobs in ready.
    var waiting = 0

    /// Moves the tag on by a cost, and by one rank at the least: of two jobs with one rank the name
    /// would decide.
    mutating func advance(_ cost: Double) {
      let step = cost + owed
      tag += max(1 / ClaimOrder.ranksPerSecond, step)
      owed = min(0, step)
    }
  }

  /// What an owner uses of the queue.
  private struct Usage {
    /// The cores of the jobs that pilots have.
    var cores = 0
    /// The cores in use, smoothed.
    var smoothed = 0.0
    var since: Instant

    mutating func pass(to now: Instant) {
      guard now > since else { return }
      let passed = (now - since).inSeconds
      smoothed += passed / (ClaimOrder.memory + passed) * (Double(cores) - smoothed)
      since = now
    }
  }

  /// A job that is in ready or that a pilot has.
  private struct Charge {
    var owner: Int
    var priority: Int
    var cores: Int
    /// The cost that moved the tag, in core-seconds.
    var cost: Double
    /// The rank, in core-seconds; nil for a job with a name of an earlier version.
    var rank: Double?
    var claimed: Instant?
  }

  private let weights: OwnerWeights
  private var lanes = Array(repeating: Lane(), count: 10)
  private var usages: [Int: Usage] = [:]
  private var charges: [JobID: Charge] = [:]
  /// The mean run time of all jobs, in seconds, smoothed; nil before the first.
  private var mean: Double?
  /// The greatest usage per weight: smoothed, and smoothed or of this moment.
  private var greatest = (smoothed: 0.0, any: 1.0)
  private var lastPass = Instant.distantPast

  init(_ weights: OwnerWeights) { self.weights = weights }

  // MARK: Jobs

  /// Takes a job that is to be put into ready. Returns its rank.
  mutating func feed(_ job: Job, at now: Instant) -> Int {
    pass(to: now)
    settle(job.id, ran: nil, at: now)
    let start = start(of: job.owner, at: job.priority)
    let cost = cost(of: job)
    let share = weights.weight(of: job.owner)
    change(job.owner, job.priority) { flow in
      if flow.waiting == 0 { flow.owed = 0 }
      flow.tag = start
      flow.advance(cost / share)
      flow.waiting += 1
    }
    lanes[job.priority].noteFirst(start)
    let rank = min(JobName.mostRank, Int(start * Self.ranksPerSecond))
    charges[job.id] = Charge(
      owner: job.owner, priority: job.priority, cores: job.cores, cost: cost, rank: start)
    return rank
  }

  /// Takes a job that was found in ready, or, if `isClaimed`, with a pilot: an earlier watcher fed it.
  mutating func adopt(_ job: Job, rank: Int?, isClaimed: Bool, at now: Instant) {
    guard charges[job.id] == nil else { return }
    pass(to: now)
    let start = rank.map { Double($0) / Self.ranksPerSecond }
    let cost = start == nil ? 0 : cost(of: job)
    let share = weights.weight(of: job.owner)
    change(job.owner, job.priority) { flow in
      if let start { flow.tag = max(flow.tag, start + cost / share) }
      flow.waiting += 1
    }
    charges[job.id] = Charge(
      owner: job.owner, priority: job.priority, cores: job.cores, cost: cost, rank: start)
    if isClaimed { return claim(job.id, at: now) }
    if let start { lanes[job.priority].noteFirst(start) }
  }

  /// Returns the expected cost of a job, in core-seconds. Of a task without any run time it is rather
  /// too low than too high: that costs others no more than the owner's share of ready.
  private func cost(of job: Job) -> Double {
    let expected = job.expected ?? min(Self.firstGuess, mean ?? Self.firstGuess)
    return Double(job.cores) * max(Self.shortest, expected)
  }

  /// Takes in that a pilot has a job.
  mutating func claim(_ id: JobID, at now: Instant) {
    guard let charge = charges[id], charge.claimed == nil else { return }
    charges[id]?.claimed = now
    change(charge.owner, charge.priority) { $0.waiting -= 1 }
    use(charge.owner, charge.cores, at: now)
    guard let rank = charge.rank else { return }
    lanes[charge.priority].claimed = max(lanes[charge.priority].claimed ?? rank, rank)
  }

  /// Returns when a pilot was first seen to have a job.
  func claimTime(of id: JobID) -> Instant? { charges[id]?.claimed }

  /// Takes in that an attempt has ended, or is given up. `ran` is its run time in seconds, if it is
  /// known; else the time counts for which a pilot was seen to have it. A job that no pilot had costs
  /// nothing, unless it `ran`.
  mutating func settle(_ id: JobID, ran: Double?, at now: Instant) {
    if let ran {
      claim(id, at: now)
      mean = (mean ?? ran) + Self.newest * (ran - (mean ?? ran))
    }
    guard let charge = charges.removeValue(forKey: id) else { return }
    let seen = charge.claimed.map { (now - $0).inSeconds } ?? 0
    let cost = Double(charge.cores) * (ran ?? seen)
    let share = weights.weight(of: charge.owner)
    change(charge.owner, charge.priority) { flow in
      flow.owed += (cost - charge.cost) / share
      if charge.claimed == nil { flow.waiting -= 1 }
    }
    guard charge.claimed != nil else { return }
    use(charge.owner, -charge.cores, at: now)
    // Whoever looks seldom sees short jobs too late, or not at all.
    let unseen = cost - Double(charge.cores) * seen
    usages[charge.owner]?.smoothed += max(0, unseen) / Self.memory
  }

  /// Settles all jobs of a task, which has ended.
  mutating func settleAll(of task: Name, at now: Instant) {
    for id in charges.keys.filter({ $0.task == task }) { settle(id, ran: nil, at: now) }
  }

  // MARK: Ranks

  /// Returns the tag, in core-seconds, that the next job of an owner would get as its rank.
  func start(of owner: Int, at priority: Int) -> Double {
    let latest = lanes[priority].latest
    let earliest = max(0, latest - greatest.any * Self.memory)
    let flow = lanes[priority].flows[owner]
    if let flow, flow.waiting > 0 { return max(flow.tag, earliest) }
    let own = (usages[owner]?.smoothed ?? 0) / weights.weight(of: owner)
    let credit = max(0, greatest.smoothed - own) * Self.memory
    let clock = min(latest, lanes[priority].least ?? latest)
    return max(flow?.paid ?? 0, clock - credit, earliest)
  }

  /// The priorities whose ranks come to an end. Their jobs in ready have to be fed anew, after
  /// ``renew(_:)``.
  var ending: [Int] { lanes.indices.filter { lanes[$0].latest > Self.end } }

  /// Lets the ranks of a priority begin anew, in the same order.
  mutating func renew(_ priority: Int) {
    let shift = lanes[priority].latest - Self.origin
    lanes[priority].claimed = Self.origin
    for owner in lanes[priority].flows.keys {
      change(owner, priority) { $0.tag = max(0, $0.tag - shift) }
    }
    for (id, charge) in charges where charge.priority == priority {
      charges[id]?.rank = charge.rank.map { max(0, $0 - shift) }
    }
  }

  private mutating func change(_ owner: Int, _ priority: Int, _ body: (inout Flow) -> Void) {
    body(&lanes[priority].flows[owner, default: Flow()])
  }

  // MARK: Usage

  private mutating func use(_ owner: Int, _ cores: Int, at now: Instant) {
    usages[owner, default: Usage(since: now)].pass(to: now)
    usages[owner]?.cores += cores
  }

  /// Brings the usage of all owners up to date, at most once a second.
  private mutating func pass(to now: Instant) {
    guard now - lastPass >= .seconds(1) else { return }
    lastPass = now
    greatest = (0, 1)
    for owner in usages.keys {
      usages[owner]?.pass(to: now)
      guard let usage = usages[owner] else { continue }
      let share = weights.weight(of: owner)
      greatest.smoothed = max(greatest.smoothed, usage.smoothed / share)
      greatest.any = max(greatest.any, usage.smoothed / share, Double(usage.cores) / share)
    }
    if usages.count > Self.manyOwners { forgetIdle() }
  }

  private mutating func forgetIdle() {
    usages = usages.filter { $0.value.cores > 0 || $0.value.smoothed > 0.01 }
    for index in lanes.indices {
      lanes[index].flows = lanes[index].flows.filter {
        $0.value.waiting > 0 || usages[$0.key] != nil
      }
    }
  }

  /// An owner's part of the queue, for people.
  struct Share: Equatable {
    var owner: Int
    var weight: Double
    /// The cores of the jobs that pilots have.
    var cores: Int
  }

  /// Returns the owners who have jobs in ready at a priority, or with pilots at any, by the cores that
  /// they use.
  func shares(at priority: Int) -> [Share] {
    let waiting = lanes[priority].flows.filter { $0.value.waiting > 0 }.keys
    let using = usages.filter { $0.value.cores > 0 }.keys
    return Set(waiting).union(using).map { owner in
      Share(owner: owner, weight: weights.weight(of: owner), cores: usages[owner]?.cores ?? 0)
    }.sorted { ($1.cores, $0.owner) < ($0.cores, $1.owner) }
  }
}
