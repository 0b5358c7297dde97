internal import SpoolModel
internal import SpoolStore

/// The stages of a job on its way from the claim to the result.
///
/// In: claims, ends of payloads, digests of files. Out: results, written into the claimed files and
/// moved to an inbox (R2). The way is:
///
/// 1. inputs: their sizes at once, their checksums by the digester, where they are asked for;
/// 2. the payload, which writes parts beside its final outputs;
/// 3. staging: the digester syncs and sums the parts, some of which it copies from the scratch (R3);
/// 4. ``Delivery``, tried again for as long as the filesystem refuses the result.
///
/// A job that meets a filesystem out of order is `blocked` in the first stage, and `unsettled` in the
/// third, not for ever (R10).
final class JobStages {
  /// The time between the request to end and the kill of a payload.
  static let grace = Duration.seconds(2)
  /// The longest wait of a job for descriptors, memory or processes of this host.
  static let longestShortage = Duration.seconds(600)
  /// The time between two tries of what the filesystem refused.
  static let retryInterval = Duration.milliseconds(500)

  let context: PilotContext
  private let heart: Heart
  let absences: Absences
  let orders: Orders
  let table: JobTable
  private let runner: any PayloadRunner
  let digester: any FileDigester
  private let lister: any InputLister
  private let inputs: InputCheck
  let delivery: Delivery
  private(set) var parts: OutputParts
  private var retry = RetryTimer(every: retryInterval)

  init(
    _ context: PilotContext, _ heart: Heart, _ absences: Absences, _ orders: Orders,
    _ table: JobTable, runner: any PayloadRunner, digester: any FileDigester,
    lister: any InputLister
  ) {
    self.context = context
    self.heart = heart
    self.absences = absences
    self.orders = orders
    self.table = table
    self.runner = runner
    self.digester = digester
    self.lister = lister
    inputs = InputCheck(context.spool)
    parts = OutputParts(context.spool)
    delivery = Delivery(context, heart, table)
  }

  /// The moment at which a retry or a copy of a log is due.
  var nextDue: Instant {
    var next = Instant.distantFuture
    for job in table.jobs {
      switch job.stage {
      case .delivering, .blocked: next = min(next, retry.next)
      case .unsettled: next = min(next, job.settling?.next ?? next)
      case .running: next = min(next, LiveLog.next(job))
      case .staging: next = min(next, job.staging?.end ?? next)
      case .listing, .verifying, .layingIn, .starting: break
      }
    }
    return next
  }

  // MARK: The claim

  /// Starts what was claimed, or hands it in as failed where it cannot be started.
  func begin(_ claim: consuming Claim) {
    if let written = claim.written { return delivery.handIn(claim, written) }
    let document: JobDocument
    do throws(RequestError) {
      document = try JobFile(claim.contents).document
    } catch {
      refuse(claim, .torn, "the job's file cannot be read: \(error)")
      return
    }
    if let contradiction = claim.name.contradiction(to: document) {
      refuse(claim, .torn, "the job's file is not what its name says: \(contradiction)")
      return
    }
    guard !table.hasHad(AttemptID(document)) else {
      let attempt = "attempt \(document.attempt) of \(document.job)"
      refuse(claim, .torn, "\(attempt) came to this pilot before, in another file")
      return
    }
    let slot: Slot
    do throws(FileError) {
      slot = try table.slots.take()
    } catch {
      refuse(claim, .spawn, "\(error)")
      orders.noteNoStart("\(error)")
      return
    }
    checkInputs(table.admit(claim, document, slot))
  }

  /// Hands in a claim that never ran.
  func refuse(_ claim: consuming Claim, _ cause: Cause, _ reason: String) {
    orders.noteFailure(cause)
    delivery.handIn(claim, JobFailure(cause, reason))
  }

  // MARK: Inputs

  private func checkInputs(_ job: RunningJob) {
    if !job.document.stretches.isEmpty {
      job.stage = .listing
      return lister.start(job.id, InputListing(job.document, job.slot, context))
    }
    do throws(FileError) {
      if let problem = try inputs.findProblem(in: job.document) {
        return fail(job, .input, problem)
      }
    } catch {
      return wait(job, .input, error)
    }
    let requests = InputCheck.requests(for: job.document)
    guard !requests.isEmpty else { return start(job) }
    job.stage = .verifying
    digester.start(job.id, requests)
  }

  /// Takes the lists that are made.
  func takeLists() {
    for (id, outcome) in lister.poll() {
      guard let job = table[id], job.stage == .listing else { continue }
      if job.isTaken {
        discard(job)
        continue
      }
      switch outcome {
      case .listed(let arguments):
        job.arguments = arguments
        job.stage = .starting
        if job.isReturning { returnUnstarted(job) } else { start(job) }
      case .bad(let problem): fail(job, .input, problem)
      case .tooLong(let problem): fail(job, .refused, problem)
      case .failed(let error): wait(job, .input, error)
      }
    }
  }

  private func verified(_ job: RunningJob, _ digests: [FileDigest]) {
    do throws(FileError) {
      if let problem = try InputCheck.problem(in: job.document, digests) {
        return fail(job, .input, problem)
      }
    } catch {
      return wait(job, .input, error)
    }
    job.stage = .starting
    start(job)
  }

  /// Lets a job wait in the pilot's hands for a filesystem that is out of order, but not for ever
  /// (R10): that is no fault of the job's. Any other refusal fails the job.
  func wait(_ job: RunningJob, _ cause: Cause, _ error: FileError) {
    let now = context.now
    let since = job.blockedSince ?? now
    job.blockedSince = since
    let longest = job.isShort ? Self.longestShortage : error.longestWait
    guard now - since < longest else {
      if cause == .spawn { orders.noteNoStart("\(error)") }
      return fail(job, cause, "\(error)")
    }
    job.stage = .blocked
    context.troubles.note(error, job.name.job.description)
  }

  private func resume(_ job: RunningJob) {
    if job.isReturning { return returnUnstarted(job) }
    // The watcher may have given this pilot up, and the job to another.
    if absences.doubtsStanding { return }
    job.stage = .starting
    job.isShort = false
    checkInputs(job)
  }

  private func returnUnstarted(_ job: RunningJob) {
    fail(job, .returned, "given back before it ran")
  }

  // MARK: The payload

  func start(_ job: RunningJob) {
    if job.document.checkpoint?.kept != nil, !job.hasCheckpoint { return layIn(job) }
    do throws(FileError) {
      try parts.ensureDirectories(of: job.document)
      if let obstacle = try parts.findObstacle(to: job.document) {
        return fail(job, .exists, obstacle)
      }
      try parts.makeDirectories(for: job)
    } catch {
      return wait(job, .staging, error)
    }
    if let problem = PayloadFiller.problem(job.document, context.options) {
      return fail(job, .spawn, problem)
    }
    let time = min(job.document.wall, orders.standing.timeLeft(at: context.now))
    let filler = PayloadFiller(
      job: job.document, name: job.name, pilot: heart.name, slot: job.slot, share: job.share,
      options: context.options, inputs: job.arguments, time: time,
      ends: context.time.timestamp + time)
    do throws(FileError) {
      try InputListing.write(job.document, to: job.slot, context.local)
    } catch {
      return wait(job, .spawn, error)
    }
    runner.start(filler.payload(job.id))
    takeStarts()
  }

  private func takeStarts() {
    for start in runner.takeStarts() { take(start) }
  }

  /// Takes in how the start of a payload went.
  private func take(_ start: PayloadStart) {
    guard let job = table[start.id], job.stage == .starting else { return }
    if let error = start.error { return takeNoStart(job, error) }
    job.stage = .running
    job.payloadStart = context.now
    orders.noteStart()
  }

  private func takeNoStart(_ job: RunningJob, _ error: SpawnError) {
    if job.isTaken { return discard(job) }
    if job.isReturning { return returnUnstarted(job) }
    if let fault = error.fault { return fail(job, fault.cause, fault.words) }
    // A directory that the task names and that is not there is no sign of a bad node.
    let isPlace = !error.isExec && error.program == job.document.directory
    if !isPlace, renewSlot(of: job, error) { return self.start(job) }
    let call = FileError(isPlace ? "enter the directory" : "start", error.program, error.code)
    if error.isShortage {
      job.isShort = true
      return wait(job, .spawn, call)
    }
    if isPlace, call.isOutage { return wait(job, .spawn, call) }
    fail(job, error.isTheTasks ? .program : .spawn, error.isTheTasks ? error.words : "\(call)")
    if !error.isTheTasks, !isPlace { orders.noteNoStart("\(call)") }
  }

  /// Makes the directories of a job's slot anew if somebody, as a program that clears temporary files,
  /// has removed them. Returns true if that is worth another start.
  private func renewSlot(of job: RunningJob, _ error: SpawnError) -> Bool {
    guard error.isMissingPlace, !job.hasNewSlot else { return false }
    job.hasNewSlot = true
    do throws(FileError) {
      try job.slot.prepare(context.local)
    } catch {
      return false
    }
    job.hasCheckpoint = false
    context.say("\(job.slot.directory) was removed by somebody; it is made anew")
    return true
  }

  /// Takes from the runner the payloads that were started, and those that ended. The share of these
  /// is free from now on; ``settle(_:)`` is to follow for each.
  func takeEnded() -> [RunningJob] {
    let ends = runner.poll()
    takeStarts()
    return ends.compactMap { end in
      guard let job = table[end.id] else { return nil }
      job.end = end
      table.noteRun(of: job)
      return job
    }
  }

  // MARK: Outputs

  /// Takes finished digests, of inputs and of outputs, from the digester.
  func takeDigests() {
    for (id, digests) in digester.poll() {
      guard let job = table[id] else { continue }
      switch job.stage {
      case .verifying: verified(job, digests)
      case .layingIn: laidIn(job, digests)
      case .staging where job.isKeeping: kept(job, digests)
      case .staging: staged(job, digests)
      case .listing, .starting, .running, .unsettled, .delivering, .blocked: break
      }
    }
  }

  // MARK: Results

  func fail(_ job: RunningJob, _ cause: Cause, _ reason: String) {
    fail(job, JobFailure(cause, reason))
  }

  func fail(_ job: RunningJob, _ failure: JobFailure) {
    orders.noteFailure(failure.cause)
    parts.remove(job)
    parts.forgetDirectories(of: job.document)
    delivery.finish(job, .failure(failure))
  }

  // MARK: Retries and logs

  /// Tries again what the filesystem refused, if that is due.
  func retryIfDue() {
    endOverdueStaging()
    let now = context.now
    for job in table.jobs where job.stage == .unsettled && now >= job.settling?.next ?? now {
      settle(job)
    }
    guard retry.isDue(at: now) else { return }
    retry.wait(from: now)
    for job in table.jobs {
      switch job.stage {
      case .delivering(let result): delivery.deliver(job, result)
      case .blocked: resume(job)
      case .listing, .verifying, .layingIn, .starting, .running, .staging, .unsettled: break
      }
    }
  }

  /// Copies what long jobs have printed to where it can be followed.
  func copyLiveLogs() {
    let now = context.now
    for job in table.jobs where job.stage == .running && now >= LiveLog.next(job) {
      var log = job.liveLog ?? LiveLog(context.spool, heart.name, job.name)
      log.copy(job.slot, local: context.local, at: now)
      job.liveLog = log
    }
  }

  // MARK: Endings

  /// Ends a job whose claim the watcher took: what its payload made does not count.
  func lose(_ job: RunningJob) {
    guard !job.isTaken else { return }
    job.isTaken = true
    job.forget()
    context.say("\(job.name.job) was taken back")
    switch job.stage {
    // Nothing of it counts, so there is nothing to warn it of.
    case .starting, .running: runner.end(job.id, grace: Self.grace)
    // The lister is let finish.
    case .listing: break
    case .verifying, .staging:
      digester.cancel(job.id)
      discard(job)
    case .layingIn:
      giveUpLayingIn(job)
      discard(job)
    case .unsettled: discard(job)
    case .blocked: table.remove(job)
    // Without a result nobody else knows of the parts.
    case .delivering: if job.hasBegunResult { table.remove(job) } else { discard(job) }
    }
  }

  /// Ends all jobs: the watcher gave this pilot up. The logs of its next name begin anew.
  func loseAll() {
    for job in table.jobs { lose(job) }
    delivery.forgetLogs()
  }

  /// Ends what runs, to be given back: each payload as its task says, or soon if there is no time for
  /// that. Returns the longest time that a payload has. A further call changes nothing, unless it is
  /// the first that hurries.
  func giveBack(isHurried: Bool) -> Duration {
    for job in table.jobs
    where !job.isTaken && (!job.isReturning || isHurried && !job.isHurried) {
      job.isReturning = true
      job.isHurried = isHurried
      switch job.stage {
      case .starting, .running: stop(job)
      // It waits no longer: one more try decides.
      case .unsettled: settle(job)
      case .verifying:
        digester.cancel(job.id)
        returnUnstarted(job)
      case .layingIn:
        giveUpLayingIn(job)
        returnUnstarted(job)
      // A checkpoint spares more work than the outputs of a job that is given back.
      case .staging where job.isKeeping && !isHurried: break
      case .staging: job.hurryStaging(to: context.now + Self.grace)
      case .blocked, .listing, .delivering: break
      }
    }
    return table.jobs.filter { !$0.isTaken }.map { grace(of: $0) }.max() ?? .zero
  }

  /// Returns the time that a payload has when its job is given back.
  private func grace(of job: RunningJob) -> Duration {
    let grace = job.document.stop?.grace ?? Self.grace
    return job.isHurried ? min(grace, Self.grace) : grace
  }

  private func stop(_ job: RunningJob) { runner.stop(job.id, grace: grace(of: job)) }

  func discard(_ job: RunningJob) {
    parts.remove(job)
    table.remove(job)
  }
}
