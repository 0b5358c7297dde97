public import SpoolModel
public import SpoolStore

/// A pilot: claims jobs that fit, runs them, hands in results. A synchronous state machine that is
/// stepped and waits for nothing; processes and threads are behind its seams.
public final class Pilot {
  /// What it needs of the world, besides the spool.
  public struct Seams {
    public var time: any TimeSource
    public var runner: any PayloadRunner
    public var digester: any FileDigester
    public var random: any RandomNumberGenerator
    /// The filesystem of the scratch directory and of inputs and outputs.
    public var local: any FileSystem
    public var say: (String) -> Void

    public init(
      time: any TimeSource, runner: any PayloadRunner, digester: any FileDigester,
      random: any RandomNumberGenerator, local: any FileSystem, say: @escaping (String) -> Void
    ) {
      self.time = time
      self.runner = runner
      self.digester = digester
      self.random = random
      self.local = local
      self.say = say
    }
  }

  static let claimsPerStep = 64
  /// Milliseconds for which a pilot that gives back what it has waits for the filesystem (R10).
  static let longestFarewell = 20_000

  let spool: Spool
  let options: PilotOptions
  let time: any TimeSource
  let runner: any PayloadRunner
  let digester: any FileDigester
  let local: any FileSystem
  let say: (String) -> Void
  var random: any RandomNumberGenerator

  var record: PilotRecord
  var capacity: Capacity
  var jobs: [Int: RunningJob] = [:]
  var claimers: [Claimer]
  var nextID = 1
  var freeSlots: [Slot] = []
  var slotCount = 0
  var nextBeat = 0
  /// Whether it leaves for good, and whether a file tells it to, which may be taken back.
  var isLeaving = false
  var isDrained = false
  /// Why it is set aside, if it is.
  var quarantine: String?
  var failures = FailureRow()
  var idleness = IdleWatch()
  /// When its lifetime is over, monotonic milliseconds.
  let endsAt: Int?
  var hasExpired = false
  /// When it leaves whatever is not handed in by then, monotonic milliseconds.
  private var leaveAt: Int?
  /// Whether a step ended with more to claim.
  var hasMore = false
  let troubles: Troubles
  var retryAt = 0
  var logs: [Name: LogEnd] = [:]
  var knownDirectories: Set<String> = []

  /// Registers the pilot: from now on the watcher counts on its heartbeat.
  public init(_ spool: Spool, _ options: PilotOptions, _ seams: Seams) throws(FileError) {
    self.spool = spool
    self.options = options
    time = seams.time
    runner = seams.runner
    digester = seams.digester
    random = seams.random
    local = seams.local
    say = seams.say
    troubles = Troubles(time: seams.time, say: seams.say)
    capacity = Capacity(options)
    claimers = options.queues.map { Claimer($0) }
    record = PilotRecord(
      pilot: PilotName(
        host: options.host, random: UInt32.random(in: .min ... .max, using: &random)),
      host: options.host, version: options.version, process: options.process,
      queues: options.queues, tags: options.tags, cpus: options.cpus, memory: options.memory,
      gpus: options.gpus.count, started: seams.time.timestamp)
    endsAt = options.lifetime.map { seams.time.now + $0 }
    record.ends = options.lifetime.map { seams.time.timestamp + .milliseconds($0) }
    try spool.register(record)
    nextBeat = time.now + spool.config.heartbeat.milliseconds
  }

  public var name: PilotName { record.pilot }
  /// How many jobs it has.
  public var load: Int { jobs.count }
  /// Whether it has been told to leave and has nothing left; or only what the filesystem will not
  /// take from it, for too long: the watcher finds that in its directory, as of any pilot that died.
  public var isFinished: Bool {
    guard isDraining else { return false }
    if jobs.isEmpty { return true }
    guard let leaveAt, time.now >= leaveAt else { return false }
    return jobs.values.allSatisfy { $0.stage != .running || $0.end != nil }
  }

  /// A ready directory may have changed.
  public func hint(_ queue: Queue) {
    for index in claimers.indices where claimers[index].queue == queue { claimers[index].hint() }
  }

  /// One step. Returns how many milliseconds the shell may wait for something to happen.
  public func step() -> Int {
    seeToItsEnd()
    finishDigests()
    // What ended makes room, which is used before the results are seen to: the cores wait for none.
    let ended = takeEnded()
    claimMore()
    for job in ended { settle(job) }
    if time.now >= retryAt { retryDeliveries() }
    if time.now >= nextBeat { beat() }
    copyLiveLogs()
    seeWhetherIdle()
    troubles.look()
    return wait()
  }

  private func wait() -> Int {
    if hasMore { return 0 }
    let now = time.now
    var until = min(nextBeat, leaveAt.map { max($0, now + 100) } ?? .max)
    if !hasExpired, let endsAt { until = min(until, endsAt) }
    if options.exitsWhenIdle, jobs.isEmpty { until = min(until, idleness.nextLook) }
    if hasRoom, failures.nextClaim > now {
      until = min(until, failures.nextClaim)
    } else if hasRoom {
      for claimer in claimers { until = min(until, claimer.nextListing) }
    }
    for job in jobs.values {
      switch job.stage {
      case .delivering, .blocked: until = min(until, retryAt)
      case .running: until = min(until, job.liveLog?.next ?? job.begun + LiveLog.after)
      case .verifying, .staging: break
      }
    }
    return max(1, until - now)
  }

  // MARK: Leaving

  /// Claims nothing more, and lets what runs end.
  public func drain() { isLeaving = true }

  /// Ends what runs and gives it back.
  public func giveBack() {
    isLeaving = true
    leaveAt = leaveAt ?? time.now + Self.longestFarewell
    for job in jobs.values where !job.isReturning && !job.isTaken {
      job.isReturning = true
      if job.stage == .running { runner.end(job.id, grace: 2000) }
    }
  }

  /// Leaves the spool, once finished.
  public func leave() throws(FileError) { _ = try spool.unregister(name) }

  func retryDeliveries() {
    retryAt = time.now + 500
    for job in jobs.values {
      switch job.stage {
      case .delivering(let result): deliver(job, result)
      case .blocked: resume(job)
      case .verifying, .running, .staging: break
      }
    }
  }
}
