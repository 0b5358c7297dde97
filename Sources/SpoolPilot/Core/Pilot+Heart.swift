internal import SpoolModel
internal import SpoolStore

/// The pilot's heartbeat, and what it finds out by it (R1, R5).
extension Pilot {
  func beat() {
    nextBeat = time.now + spool.config.heartbeat.milliseconds
    do throws(FileError) {
      try writeBeat()
      try compareClaims()
      // What it found there is told at once.
      if record.state != state { try writeBeat() }
    } catch {
      if error.isMissing { registerAnew() } else { troubles.note(error, "the heartbeat") }
    }
  }

  private func writeBeat() throws(FileError) {
    record.counter += 1
    updateRecord()
    try spool.beat(record)
  }

  private func updateRecord() {
    record.freeCpus = capacity.cpus
    record.freeMemory = min(record.memory, capacity.memory << 20)
    record.freeGpus = capacity.gpus.count
    record.jobs = jobs.count
    record.state = state
    record.reason = quarantine
    record.trouble = trouble
  }

  /// What the filesystem refuses, and how much waits for that.
  private var trouble: String? {
    guard let first = troubles.first else { return nil }
    var results = 0
    var blocked = 0
    for job in jobs.values {
      switch job.stage {
      case .delivering: results += 1
      case .blocked: blocked += 1
      case .verifying, .running, .staging: break
      }
    }
    let text = "\(results) results and \(blocked) jobs wait: \(first)"
    return text.utf8.count <= 500 ? text : "\(results) results and \(blocked) jobs wait"
  }

  /// What lies in the own directory against what is known (R1): a claim whose reply was late is
  /// run, or given back; one that is gone was taken.
  func compareClaims() throws(FileError) {
    guard let directory = try spool.directory(of: name) else { return registerAnew() }
    try obey(directory)
    let there = directory.claims
    let known = Set(jobs.values.map(\.name))
    for name in Set(there) where !known.contains(name) {
      guard let claim = try spool.adopt(name, for: self.name) else { continue }
      if mayRun(name, besides: blockedTasks), state == .active {
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
  func lose(_ job: RunningJob) {
    guard !job.isTaken else { return }
    job.isTaken = true
    job.forget()
    say("\(job.name.job) was taken back")
    switch job.stage {
    case .running: runner.end(job.id, grace: 2000)
    // The digester is let finish; a verdict that waits has become pointless.
    case .verifying, .staging: break
    case .delivering, .blocked: release(job)
    }
  }

  /// The watcher gave this pilot up: all payloads end, and it begins anew under another name (R5).
  func registerAnew() {
    say("the watcher has given \(name) up; registering anew")
    for job in jobs.values { lose(job) }
    record.pilot = PilotName(
      host: options.host, random: UInt32.random(in: .min ... .max, using: &random))
    record.counter = 0
    logs = [:]
    // What it was told went with its directory, and holds all the same.
    if isDrained { isLeaving = true }
    updateRecord()
    do throws(FileError) {
      try spool.register(record)
      writeQuarantine()
    } catch {
      troubles.note(error, "the registration")
    }
  }
}
