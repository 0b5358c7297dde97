internal import SpoolModel
internal import SpoolStore

/// The claiming of jobs (R1).
///
/// In: hints that a ready directory changed, and what the pilot's own directory holds. Out: claims,
/// handed on to ``JobStages``. A pilot claims only what fits it, its lifetime, and its standing.
final class Claiming {
  /// The number of claims in one step: jobs that fail at once make room at once, and the heart must
  /// go on beating all the same.
  static let mostPerStep = 64
  /// The time of a call after which its answer is in doubt: the client may have sent it twice, and the
  /// second answer be that of a rename that was done already.
  static let doubtfulAfter = Duration.milliseconds(500)

  /// True if the last step ended with more to claim.
  private(set) var hasMore = false
  private var claimers: [Claimer]
  private let context: PilotContext
  private let heart: Heart
  private let absences: Absences
  private let orders: Orders
  private let table: JobTable
  private let stages: JobStages
  private var unreadable = UnreadableClaims()
  private var refused = RefusedJobs()

  init(
    _ context: PilotContext, _ heart: Heart, _ absences: Absences, _ orders: Orders,
    _ table: JobTable, _ stages: JobStages
  ) {
    self.context = context
    self.heart = heart
    self.absences = absences
    self.orders = orders
    self.table = table
    self.stages = stages
    claimers = context.options.queues.map { Claimer($0) }
  }

  /// Takes in that the ready directory of a queue may have changed.
  func hint(_ queue: Queue) {
    for index in claimers.indices where claimers[index].queue == queue {
      claimers[index].hint(at: context.now, &context.random)
    }
  }

  // MARK: Claims

  /// Claims jobs until there is no room, or nothing that fits.
  func claimMore() {
    claimReserved()
    var left = Self.mostPerStep
    for index in claimers.indices {
      while hasRoom, context.now >= orders.failures.nextClaim, left > 0, claim(with: index) {
        left -= 1
      }
    }
    hasMore = left == 0
  }

  /// True if the pilot may take more jobs: not while its own directory, where claims go, is in doubt,
  /// nor while it cannot read what it has claimed.
  private var hasRoom: Bool {
    orders.standing.state == .active && heart.isRegistered && !absences.doubtsStanding
      && !unreadable.hasShortage && table.hasRoom
  }

  /// True while a claim that cannot be read is tried again: the pilot looks more often.
  var hasUnreadable: Bool { unreadable.isTryingAny }

  /// Returns the moments at which something may be claimed: none where there is no room.
  func nextClaim(at now: Instant) -> [Instant] {
    guard hasRoom else { return [] }
    if orders.failures.nextClaim > now { return [orders.failures.nextClaim] }
    if dueReservation != nil { return [now] }
    return claimers.map { $0.nextLook(releases: table.capacity.releases) }
  }

  /// Tries for one job; false when there is none to be had now.
  private func claim(with index: Int) -> Bool {
    do throws(FileError) {
      try lookIfDue(index)
      guard let name = takeCandidate(index) else { return false }
      // Before the claim: where there is no room for its scratch, the job is left to others.
      try table.slots.reserve()
      // A listing may repeat an entry; what is ours already is no new claim.
      if table.holds(name) { return true }
      orders.lookForQuarantine()
      guard orders.standing.quarantine == nil else { return false }
      orders.noteClaim()
      return reach(for: name, with: index)
    } catch {
      claimers[index].backOff(at: context.now, releases: table.capacity.releases)
      // A directory that is gone with its spool is told as that.
      guard !error.isMissing || absences.look(for: heart.name) != .away else { return false }
      context.troubles.note(error)
      return false
    }
  }

  /// Claims a job. One that the filesystem refuses is left alone for a while: it may be the first of
  /// the best priority, and others are to be had.
  private func reach(for name: JobName, with index: Int) -> Bool {
    do throws(FileError) {
      take(try reach(for: name, from: claimers[index].queue), name, with: index)
      return true
    } catch {
      refused.note(name, at: context.now)
      claimers[index].backOff(at: context.now, releases: table.capacity.releases)
      context.troubles.note(error)
      return false
    }
  }

  private func reach(for name: JobName, from queue: Queue) throws(FileError) -> Spool.Reach {
    let begun = context.now
    let reach = try context.spool.claim(name, from: queue, for: heart.name)
    guard context.now - begun >= Self.doubtfulAfter, reach.isMissed else { return reach }
    return context.spool.adopt(name, for: heart.name)
  }

  private func take(_ reach: consuming Spool.Reach, _ name: JobName, with index: Int) {
    if reach.isMissed {
      claimers[index].noteLoss(at: context.now, &context.random)
    } else {
      claimers[index].noteWin()
    }
    take(reach, name)
  }

  private func take(_ reach: consuming Spool.Reach, _ name: JobName) {
    switch consume reach {
    case .claimed(let claim): stages.begin(claim)
    case .missed: break
    case .unreadable(let error): setAside(name, error)
    }
  }

  /// Looks at a ready directory if that is due: at its mark, and, unless that says that it is still
  /// empty, at its entries. The first look is fresh, and so is the second after it (R9).
  private func lookIfDue(_ index: Int) throws(FileError) {
    let now = context.now
    let releases = table.capacity.releases
    guard claimers[index].wantsLook(at: now, releases: releases) else { return }
    claimers[index].beginLook(at: now, releases: releases)
    let queue = claimers[index].queue
    let mark = try context.spool.readyMark(queue)
    guard claimers[index].needsListing(mark, at: now, &context.random) else { return }
    let names = try context.spool.readyNames(queue, fresh: false)
    claimers[index].take(names, mark, at: now, &context.random)
  }

  private func takeCandidate(_ index: Int) -> JobName? {
    let blocked = table.blockedTasks
    refused.forget(at: context.now)
    let kept = keptRoom(besides: blocked)
    return claimers[index].takeCandidate {
      !refused.contains($0) && mayRun($0, besides: blocked)
        && kept?.admits($0, at: context.now) ?? true
    }
  }

  /// Returns whether a job may be run, by its name: it fits, its wall time is within the lifetime,
  /// and its task is not `blocked`, because one task's trouble is not to take all the room.
  private func mayRun(_ job: JobName, besides blocked: Set<Name>) -> Bool {
    table.capacity.fits(job)
      && orders.standing.hasTime(for: .seconds(job.wall), at: context.now)
      && !blocked.contains(job.job.task)
  }

  // MARK: The reserved job

  /// The reserved job, as long as this pilot could run it.
  private func reservation(besides blocked: Set<Name>) -> Reservation? {
    guard let order = orders.reservation, claimers.contains(where: { $0.queue == order.queue }),
      table.capacity.hasTags(of: order.job), !refused.contains(order.job),
      !blocked.contains(order.job.job.task)
    else { return nil }
    return order
  }

  /// Returns the room that is kept for the reserved job. Nil where there is none, or where the pilot
  /// could not run it then: nothing waits for that.
  private func keptRoom(besides blocked: Set<Name>) -> KeptRoom? {
    guard let job = reservation(besides: blocked)?.job,
      let kept = table.room(for: job, at: context.now),
      orders.standing.hasTime(for: .seconds(job.wall), at: kept.freeAt)
    else { return nil }
    return kept
  }

  /// The reserved job, if it may be claimed now.
  private var dueReservation: Reservation? {
    let blocked = table.blockedTasks
    guard hasRoom, context.now >= orders.failures.nextClaim,
      let order = reservation(besides: blocked), mayRun(order.job, besides: blocked)
    else { return nil }
    return order
  }

  /// Claims the reserved job as soon as it fits, without a look at ready. One that is gone another
  /// pilot has, or it was taken back.
  private func claimReserved() {
    refused.forget(at: context.now)
    guard let order = dueReservation else { return }
    guard !table.holds(order.job) else { return orders.endReservation() }
    do throws(FileError) {
      try table.slots.reserve()
      orders.lookForQuarantine()
      guard orders.standing.quarantine == nil else { return }
      orders.noteClaim()
      let reach = try reach(for: order.job, from: order.queue)
      orders.endReservation()
      if reach.isMissed { context.say("keeps no room any more: \(order.job.job) is gone") }
      take(reach, order.job)
    } catch {
      refused.note(order.job, at: context.now)
      context.troubles.note(error)
    }
  }

  // MARK: Late replies

  /// Compares the claims that lie in the pilot's directory with those that it knows (R1). A claim
  /// whose reply was late is run, or given back; one that is gone was taken. None holds up another.
  func compare(_ there: [JobName]) {
    let present = Set(there)
    for name in unreadable.names where !present.contains(name) { forget(name) }
    for name in there where !table.holds(name) { adopt(name) }
    absences.forgetClaims(besides: Set(table.jobs.map(\.name)))
    for job in table.jobs where !job.isTaken {
      if present.contains(job.name) { absences.settle(.claim(job.name)) } else { lookFor(job) }
    }
  }

  private func adopt(_ name: JobName) {
    switch context.spool.adopt(name, for: heart.name) {
    case .claimed(let claim):
      forget(name)
      if mayRun(name, besides: table.blockedTasks), orders.standing.state == .active {
        stages.begin(claim)
      } else {
        stages.refuse(claim, .returned, "the claim was known too late")
      }
    case .missed: break
    case .unreadable(let error): setAside(name, error)
    }
  }

  /// Looks for the claim of a job. A listing may omit an entry: absence there is no proof.
  private func lookFor(_ job: RunningJob) {
    do throws(FileError) {
      guard try context.spool.isGone(job.name, from: heart.name) else {
        return absences.settle(.claim(job.name))
      }
      if absences.isGone(.claim(job.name)) { stages.lose(job) }
    } catch {
      absences.settle(.claim(job.name))
      context.troubles.note(error, job.name.job.description)
    }
  }

  // MARK: Unreadable claims

  /// Hands in a claim that cannot be read, unopened, once that is certain to last: the watcher judges
  /// it. What cannot even be renamed is told once, and passed over.
  private func setAside(_ name: JobName, _ error: FileError) {
    guard unreadable.isHopeless(name, error, at: context.now, after: context.patience) else {
      table.reserve(name)
      heart.beatSoon(within: Absences.interval)
      return context.troubles.note(error, name.job.description)
    }
    do throws(FileError) {
      guard try context.spool.take(name, from: heart.name, as: .torn) else { return }
      forget(name)
      orders.noteFailure(.torn)
      context.say("\(error); \(name.job) is handed in as torn")
    } catch let refusal {
      table.release(name)
      guard unreadable.isUntold(name) else { return }
      context.say("\(error), and \(refusal); \(name.job) stays where it is, and is passed over")
    }
  }

  private func forget(_ name: JobName) {
    unreadable.forget(name)
    table.release(name)
  }
}
