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
  private var claimers: [Claimer]
  private var nextID = 1
  private var freeSlots: [Slot] = []
  private var slotCount = 0
  private var nextBeat = 0
  private var isDraining = false
  /// Whether a step ended with more to claim.
  private var hasMore = false
  /// What the filesystem last refused when claiming.
  private var trouble = ""
  private var retryAt = 0
  var logs: [Name: Int] = [:]
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
    capacity = Capacity(options)
    claimers = options.queues.map { Claimer($0) }
    record = PilotRecord(
      pilot: PilotName(
        host: options.host, random: UInt32.random(in: .min ... .max, using: &random)),
      host: options.host, version: options.version, process: options.process,
      queues: options.queues, tags: options.tags, cpus: options.cpus, memory: options.memory,
      gpus: options.gpus.count, started: seams.time.epoch)
    try spool.register(record)
    nextBeat = time.now + spool.config.heartbeat
  }

  public var name: PilotName { record.pilot }
  /// How many jobs it has.
  public var load: Int { jobs.count }
  /// Whether it has been told to leave and has nothing left.
  public var isFinished: Bool { isDraining && jobs.isEmpty }

  /// A ready directory may have changed.
  public func hint(_ queue: Queue) {
    for index in claimers.indices where claimers[index].queue == queue { claimers[index].hint() }
  }

  /// One step. Returns how many milliseconds the shell may wait for something to happen.
  public func step() -> Int {
    finishDigests()
    // What ended makes room, which is used before the results are seen to: the cores wait for none.
    let ended = takeEnded()
    if !isDraining { claimMore() }
    for job in ended { settle(job) }
    if time.now >= retryAt { retryDeliveries() }
    if time.now >= nextBeat { beat() }
    copyLiveLogs()
    return wait()
  }

  private func wait() -> Int {
    if hasMore { return 0 }
    let now = time.now
    var until = nextBeat
    if hasRoom {
      for claimer in claimers { until = min(until, claimer.nextListing) }
    }
    for job in jobs.values {
      switch job.stage {
      case .delivering: until = min(until, retryAt)
      case .running: until = min(until, job.liveLog?.next ?? job.begun + LiveLog.after)
      case .verifying, .staging: break
      }
    }
    return max(1, until - now)
  }

  // MARK: Claiming

  private func claimMore() {
    // Jobs that fail at once make room at once: the heart must go on beating all the same.
    var left = Self.claimsPerStep
    for index in claimers.indices {
      while hasRoom, left > 0, claim(with: index) { left -= 1 }
    }
    hasMore = left == 0
  }

  /// Whether it may take more: not while there is a result that it cannot hand in, or too many that
  /// are being staged.
  private var hasRoom: Bool {
    guard !isDraining, !capacity.isFull else { return false }
    var staged = 0
    for job in jobs.values where job.hasReleased {
      if case .delivering = job.stage { return false }
      staged += 1
    }
    return staged < max(4, options.cpus)
  }

  /// Tries for one job; false when there is none to be had now.
  private func claim(with index: Int) -> Bool {
    let queue = claimers[index].queue
    do throws(FileError) {
      if claimers[index].wantsListing(at: time.now) {
        let spread = Int.random(in: -100...100, using: &random)
        try claimers[index].list(spool, at: time.now, spread: spread)
      }
      let capacity = capacity
      guard let name = claimers[index].candidate({ capacity.fits($0) }, &random) else {
        return false
      }
      // A listing may repeat an entry; what is ours already is no new claim.
      if jobs.values.contains(where: { $0.name == name }) { return true }
      if let claim = try spool.claim(name, from: queue, for: self.name) { begin(claim) }
      trouble = ""
      return true
    } catch {
      claimers[index].backOff(at: time.now)
      if trouble != "\(error)" { say("\(error)") }
      trouble = "\(error)"
      return false
    }
  }

  /// Starts what was claimed, or hands it in as failed where it cannot be.
  func begin(_ claim: consuming Claim) {
    let name = claim.name
    if let written = claim.written { return handIn(claim, written) }
    let document: JobDocument
    do throws(RequestError) {
      document = try JobFile(claim.contents).document
    } catch {
      refuse(claim, .torn, "the job's file cannot be read: \(error)")
      return
    }
    let slot: Slot
    do throws(FileError) {
      slot = try takeSlot()
    } catch {
      refuse(claim, .spawn, "\(error)")
      return
    }
    let gpus = capacity.take(name)
    let job = RunningJob(
      id: nextID, claim: claim, document: document, slot: slot, gpus: gpus, begun: time.now,
      started: time.epoch)
    nextID += 1
    jobs[job.id] = job
    checkInputs(job)
  }

  /// Hands in a claim that never ran.
  private func refuse(_ claim: consuming Claim, _ cause: Cause, _ reason: String) {
    let now = time.epoch
    var result = JobResult(
      pilot: name, host: options.host, started: now, ended: now, cause: cause)
    result.reason = reason
    handIn(claim, result)
  }

  private func handIn(_ claim: consuming Claim, _ result: JobResult) {
    switch claim.finish(result, in: spool) {
    case .delivered: break
    case .taken: break
    // It lies in our directory: the next heartbeat finds it and tries again.
    case .pending(let held, let error):
      held.forget()
      say("\(error)")
    }
  }

  private func takeSlot() throws(FileError) -> Slot {
    if let slot = freeSlots.popLast() { return slot }
    let slot = Slot(number: slotCount, in: options.scratch)
    try slot.prepare(local)
    slotCount += 1
    return slot
  }

  /// A job is through: its place and its share are free.
  func release(_ job: RunningJob) {
    jobs[job.id] = nil
    releaseShare(of: job)
    if let log = job.liveLog { try? spool.files.removeIfPresent(log.path) }
    do throws(FileError) {
      try job.slot.clean(local)
      freeSlots.append(job.slot)
    } catch {
      say("\(error); that slot is not used again")
    }
  }

  /// A job's payload has ended, or never ran: its cores, memory and GPUs are free.
  func releaseShare(of job: RunningJob) {
    guard !job.hasReleased else { return }
    job.hasReleased = true
    capacity.give(job.name, job.gpus)
    for index in claimers.indices { claimers[index].reconsider() }
  }

  // MARK: The heart

  private func beat() {
    nextBeat = time.now + spool.config.heartbeat
    record.counter += 1
    record.freeCpus = capacity.cpus
    record.freeMemory = capacity.memory << 20
    record.freeGpus = capacity.gpus.count
    record.jobs = jobs.count
    do throws(FileError) {
      try spool.beat(record)
      try compareClaims()
    } catch {
      if error.isMissing { registerAnew() } else { say("\(error)") }
    }
  }

  /// What lies in the own directory against what is known (R1): a claim whose reply was late is
  /// run, or given back; one that is gone was taken.
  private func compareClaims() throws(FileError) {
    guard let there = try spool.claims(of: name) else { return registerAnew() }
    let known = Set(jobs.values.map(\.name))
    for name in Set(there) where !known.contains(name) {
      guard let claim = try spool.adopt(name, for: self.name) else { continue }
      if capacity.fits(name), !isDraining {
        begin(claim)
      } else {
        refuse(claim, .returned, "the claim was known too late")
      }
    }
    let present = Set(there)
    for job in jobs.values where !present.contains(job.name) {
      // A listing may omit an entry: absence there is no proof.
      if try spool.isGone(job.name, from: name) { lose(job) }
    }
  }

  /// The watcher took a claim: its payload ends, and what it made does not count.
  private func lose(_ job: RunningJob) {
    guard !job.isTaken else { return }
    job.isTaken = true
    job.forget()
    say("\(job.name.job) was taken back")
    switch job.stage {
    case .running: runner.end(job.id, grace: 2000)
    // The digester is let finish; a verdict that waits has become pointless.
    case .verifying, .staging: break
    case .delivering: release(job)
    }
  }

  /// The watcher gave this pilot up: all payloads end, and it begins anew under another name (R5).
  private func registerAnew() {
    say("the watcher has given \(name) up; registering anew")
    for job in jobs.values { lose(job) }
    record.pilot = PilotName(
      host: options.host, random: UInt32.random(in: .min ... .max, using: &random))
    record.counter = 0
    logs = [:]
    do throws(FileError) {
      try spool.register(record)
    } catch {
      say("\(error)")
    }
  }

  // MARK: Leaving

  /// Claims nothing more, and lets what runs end.
  public func drain() { isDraining = true }

  /// Ends what runs and gives it back.
  public func giveBack() {
    isDraining = true
    for job in jobs.values where !job.isReturning && !job.isTaken {
      job.isReturning = true
      if job.stage == .running { runner.end(job.id, grace: 2000) }
    }
  }

  /// Leaves the spool, once finished.
  public func leave() throws(FileError) { _ = try spool.unregister(name) }

  private func retryDeliveries() {
    retryAt = time.now + 500
    for job in jobs.values {
      if case .delivering(let result) = job.stage { deliver(job, result) }
    }
  }
}
