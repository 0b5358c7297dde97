internal import SpoolModel
internal import SpoolStore

/// How a pilot takes jobs, and lets go of them.
extension Pilot {
  func claimMore() {
    // Jobs that fail at once make room at once: the heart must go on beating all the same.
    var left = Self.claimsPerStep
    for index in claimers.indices {
      while hasRoom, time.now >= failures.nextClaim, left > 0, claim(with: index) { left -= 1 }
    }
    hasMore = left == 0
  }

  /// Whether it may take more: not while there is a result that it cannot hand in, or too many that
  /// are being staged.
  var hasRoom: Bool {
    guard state == .active, !capacity.isFull else { return false }
    var staged = 0
    for job in jobs.values where job.hasReleased {
      if case .delivering = job.stage { return false }
      staged += 1
    }
    return staged < max(4, options.cpus)
  }

  /// Tries for one job; false when there is none to be had now.
  func claim(with index: Int) -> Bool {
    let queue = claimers[index].queue
    do throws(FileError) {
      if claimers[index].wantsListing(at: time.now) {
        let spread = Int.random(in: -100...100, using: &random)
        try claimers[index].list(spool, at: time.now, spread: spread)
      }
      let blocked = blockedTasks
      let mayRun = { (name: JobName) in self.mayRun(name, besides: blocked) }
      guard let name = claimers[index].candidate(mayRun, &random) else {
        return false
      }
      // Before the claim: where there is no room for its scratch, the job is left to others.
      if freeSlots.isEmpty { freeSlots.append(try makeSlot()) }
      // A listing may repeat an entry; what is ours already is no new claim.
      if jobs.values.contains(where: { $0.name == name }) { return true }
      if isSetAside { return false }
      failures.noteClaim(at: time.now)
      if let claim = try spool.claim(name, from: queue, for: self.name) { begin(claim) }
      return true
    } catch {
      claimers[index].backOff(at: time.now)
      troubles.note(error)
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
      noteNoStart("\(error)")
      return
    }
    let gpus = capacity.take(name)
    let job = RunningJob(
      id: nextID, claim: claim, document: document, slot: slot, gpus: gpus, begun: time.now,
      started: time.timestamp)
    nextID += 1
    jobs[job.id] = job
    checkInputs(job)
  }

  /// Hands in a claim that never ran.
  func refuse(_ claim: consuming Claim, _ cause: Cause, _ reason: String) {
    let now = time.timestamp
    failures.noteFailure(cause)
    var result = JobResult(
      pilot: name, host: options.host, started: now, ended: now, cause: cause)
    result.reason = reason
    handIn(claim, result)
  }

  func handIn(_ claim: consuming Claim, _ result: JobResult) {
    switch claim.finish(result, in: spool) {
    case .delivered: break
    case .taken: break
    // It lies in our directory: the next heartbeat finds it and tries again.
    case .pending(let held, let error):
      troubles.note(error, "the result of \(held.name.job)")
      held.forget()
    }
  }

  func takeSlot() throws(FileError) -> Slot {
    if let slot = freeSlots.popLast() { return slot }
    return try makeSlot()
  }

  private func makeSlot() throws(FileError) -> Slot {
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
}
