internal import SpoolModel
internal import SpoolStore

/// What a pilot is told by files in its directory, and when it leaves or stands aside by itself.
extension Pilot {
  /// Whether it takes no more jobs and leaves.
  var isDraining: Bool { isLeaving || isDrained }

  var state: PilotState {
    if isDraining { return .draining }
    return quarantine == nil ? .active : .quarantined
  }

  // MARK: Files in its directory

  /// Follows what was found in its directory. That a file is gone is looked at twice, since a
  /// listing may omit it.
  func obey(_ found: PilotDirectory) throws(FileError) {
    if found.hasDrain {
      if !isDrained { say("told to leave: it takes no more jobs, and lets \(load) end") }
      isDrained = true
    } else if isDrained, try spool.isGone(spool.layout.drain(name)) {
      isDrained = false
      say("not to leave any more")
    }
    if found.hasQuarantine {
      standAside()
    } else if quarantine != nil, try spool.isGone(spool.layout.quarantine(name)) {
      quarantine = nil
      failures = FailureRow()
      say("released from quarantine")
    }
  }

  /// Takes no more jobs until its quarantine file is removed.
  func standAside() {
    let text: String
    do throws(FileError) {
      guard let found = try spool.quarantineText(of: name) else { return }
      text = found
    } catch {
      text = "\(error)"
    }
    let reason = PilotRecord.reason(text)
    guard reason != quarantine else { return }
    quarantine = reason
    nextBeat = time.now
    say("in quarantine: \(reason)")
  }

  /// A look before a claim, where the last job failed: whoever judges may have set it aside since
  /// the last heartbeat.
  var isSetAside: Bool {
    guard failures.failed > 0, spool.files.isPresent(spool.layout.quarantine(name)) else {
      return false
    }
    standAside()
    return quarantine != nil
  }

  /// A payload could not be started though its program is there: this node is to blame.
  func noteNoStart(_ why: String) {
    guard failures.noteNoStart(), quarantine == nil else { return }
    let reason = PilotRecord.reason("payloads cannot be started here: \(why)")
    quarantine = reason
    nextBeat = time.now
    say("in quarantine: \(reason)")
    writeQuarantine()
  }

  /// Its own file, where nobody has written one.
  func writeQuarantine() {
    guard let quarantine else { return }
    do throws(FileError) {
      guard try spool.isGone(spool.layout.quarantine(name)) else { return }
      try spool.quarantine(name, quarantine)
    } catch {
      say("\(error)")
    }
  }

  // MARK: The end

  /// Milliseconds of its lifetime that are left.
  var timeLeft: Int { endsAt.map { $0 - time.now } ?? .max }

  /// Tasks of which a job waits here for a filesystem that is out of order.
  var blockedTasks: Set<Name> {
    jobs.values.reduce(into: []) { tasks, job in
      if job.stage == .blocked { tasks.insert(job.document.job.task) }
    }
  }

  /// Whether a job may be run, by its name: it fits, its wall time is within what is left, and its
  /// task is none of those that are blocked: one task's trouble is not to take all the room.
  func mayRun(_ job: JobName, besides blocked: Set<Name>) -> Bool {
    capacity.fits(job) && job.wall * 1000 <= timeLeft && !blocked.contains(job.job.task)
  }

  /// At the end of its lifetime what still runs is given back.
  func seeToItsEnd() {
    guard let endsAt, time.now >= endsAt, !hasExpired else { return }
    hasExpired = true
    say("its lifetime is over: giving back \(load) jobs")
    giveBack()
  }

  /// One that is to leave when idle looks whether there is anything to do, while it has nothing.
  func seeWhetherIdle() {
    guard options.exitsWhenIdle, !isDraining else { return }
    guard jobs.isEmpty else { return idleness.noteBusy() }
    guard time.now >= idleness.nextLook else { return }
    // Where the filesystem refuses to tell, there may be something.
    let hasWork = (try? spool.hasWork()) ?? true
    guard let reason = idleness.look(at: time.now, hasWork: hasWork) else { return }
    say("leaving: \(reason)")
    drain()
  }
}
