internal import SpoolModel
internal import SpoolStore

/// The orders that a pilot follows: files in its directory, its operator's word, its own findings.
///
/// In: a reading of the pilot's directory, and how its jobs ended. Out: the pilot's ``Standing``,
/// and its own `quarantine` file where payloads cannot be started. An order is taken back only when
/// its file is certainly gone, because a listing may omit it (R8).
final class Orders {
  private(set) var standing: Standing
  private(set) var failures = FailureRow()
  /// The job for which the pilot keeps room; nil: none.
  private(set) var reservation: Reservation?
  /// The job of an order that is over: the pilot has the job, or found it gone.
  private var isOver: JobName?
  /// True once the operator was told that the order is none.
  private var hasToldDamage = false
  private let context: PilotContext
  private let heart: Heart
  private let absences: Absences

  init(_ context: PilotContext, _ heart: Heart, _ absences: Absences) {
    self.context = context
    self.heart = heart
    self.absences = absences
    standing = Standing(lifetimeEnd: context.options.lifetime.map { context.now + $0 })
  }

  // MARK: Files in the directory

  /// Follows the orders that were found in the pilot's directory. `load` is the number of its jobs.
  func obey(_ found: PilotDirectory, load: Int) {
    if found.hasDrain {
      absences.settle(.drain)
      if standing.noteDrain() {
        context.say("told to leave: it takes no more jobs, and lets \(load) end")
      }
    } else if standing.isDrained, isGone(.drain, context.spool.isDrainGone) {
      standing.noteNoDrain()
      context.say("not to leave any more")
    }
    if found.hasQuarantine {
      absences.settle(.quarantine)
      readQuarantine()
    } else if standing.quarantine != nil, isGone(.quarantine, context.spool.isQuarantineGone) {
      standing.leaveQuarantine()
      failures = FailureRow()
      context.say("released from quarantine")
    }
    if found.hasReserve {
      absences.settle(.reserve)
      readReserve()
    } else if reservation == nil {
      isOver = nil
    } else if isGone(.reserve, context.spool.isReserveGone) {
      reservation = nil
      context.say("keeps no room any more")
    }
  }

  /// Returns true where an order that a listing lacks is gone. What the filesystem refuses is no
  /// proof, and holds up nothing else.
  private func isGone(
    _ thing: Absences.Thing, _ look: (PilotName) throws(FileError) -> Bool
  ) -> Bool {
    do throws(FileError) {
      if try look(heart.name) { return absences.isGone(thing) }
    } catch {
      context.troubles.note(error)
    }
    absences.settle(thing)
    return false
  }

  /// Reads the quarantine file, and takes no more jobs until it is removed.
  private func readQuarantine() {
    let text: String
    do throws(FileError) {
      guard let found = try context.spool.quarantineText(of: heart.name) else { return }
      text = found
    } catch {
      text = "\(error)"
    }
    enterQuarantine(PilotRecord.reason(text))
  }

  /// Looks for a quarantine file before a claim, where the last job failed: the watcher may have
  /// set the pilot aside since the last heartbeat.
  func lookForQuarantine() {
    guard failures.failed > 0, context.spool.hasQuarantine(heart.name) else { return }
    readQuarantine()
  }

  private func enterQuarantine(_ reason: String) {
    guard standing.enterQuarantine(reason) else { return }
    heart.beatSoon()
    context.say("in quarantine: \(reason)")
  }

  /// Writes the pilot's own quarantine file, unless somebody has written one.
  func writeQuarantine() {
    guard let reason = standing.quarantine else { return }
    do throws(FileError) {
      guard try context.spool.isQuarantineGone(from: heart.name) else { return }
      try context.spool.quarantine(heart.name, reason)
    } catch {
      context.say("\(error)")
    }
  }

  // MARK: The order to keep room

  /// Reads the order to keep room. What is no order is ignored, and told once.
  private func readReserve() {
    do throws(FileError) {
      switch try context.spool.reserveOrder(of: heart.name) {
      case .read(let order): keepRoom(order)
      case .damaged:
        reservation = nil
        if !hasToldDamage {
          context.say("running/\(heart.name)/reserve names no job: it is ignored")
        }
        hasToldDamage = true
      case .absent: break
      }
    } catch {
      context.troubles.note(error, "the order to keep room")
    }
  }

  private func keepRoom(_ order: Reservation) {
    hasToldDamage = false
    guard order.job != isOver, order != reservation else { return }
    reservation = order
    context.say(order.words)
  }

  /// Takes in that the pilot has the job for which it kept room, or found it gone.
  func endReservation() {
    isOver = reservation?.job
    reservation = nil
  }

  // MARK: The operator's word

  /// Leaves for good.
  func leave() { standing.leave() }

  /// Leaves for good, and soon after the grace that payloads have.
  func giveBack(grace: Duration) { standing.giveBack(at: context.now, grace: grace) }

  /// Ends the lifetime if it is over. Returns true the first time.
  func expire() -> Bool { standing.expire(at: context.now) }

  /// Keeps what the pilot was told, though its directory is gone: but for room, which another pilot
  /// keeps now.
  func outliveDirectory() {
    standing.outliveDirectory()
    reservation = nil
  }

  // MARK: How jobs end

  /// Takes in that a job is about to be claimed.
  func noteClaim() { failures.noteClaim(at: context.now) }
  /// Takes in that a job succeeded.
  func noteSuccess() { failures.noteSuccess() }
  /// Takes in that a job failed.
  func noteFailure(_ cause: Cause) { failures.noteFailure(cause) }
  /// Takes in that a payload was started.
  func noteStart() { failures.noteStart() }

  /// Takes in that a payload could not be started though its program is there. After several in a
  /// row this node is to blame, and the pilot sets itself aside.
  func noteNoStart(_ why: String) {
    guard failures.noteNoStart(), standing.quarantine == nil else { return }
    enterQuarantine(PilotRecord.reason("payloads cannot be started here: \(why)"))
    writeQuarantine()
  }
}
