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
  /// True if a job has begun since the last look at ready for a claim that is to wait. So these looks
  /// are no more than one for each job, whatever happens in ready.
  private var hasBegun = false
  /// True if the last look at ready found jobs for GPUs that this pilot could run. Then jobs without
  /// GPUs leave each free GPU its share, so that these do not wait for ever; else they may use all.
  private var doGPUJobsWait = false

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

  /// Takes in that the ready directory of a queue may have changed, at that moment or later.
  func hint(_ queue: Queue, at moment: Instant) {
    for index in claimers.indices where claimers[index].queue == queue {
      claimers[index].hint(at: moment, &context.random)
    }
  }

  // MARK: Claims

  /// Begins the claims that wait, as far as there is room, and claims jobs until there is none, or
  /// nothing that fits.
  func claimMore() {
    returnStock()
    claimReserved()
    beginStock()
    var left = Self.mostPerStep
    for index in claimers.indices {
      while hasRoom, context.now >= orders.failures.nextClaim, left > 0, claim(with: index) {
        left -= 1
      }
    }
    hasMore = left == 0
    if !hasRoom { for index in claimers.indices { claimers[index].noteFull() } }
  }

  /// True if the pilot may take more jobs: not while its own directory, where claims go, is in doubt,
  /// nor while it cannot read what it has claimed.
  private var mayClaim: Bool {
    orders.standing.state == .active && heart.isRegistered && !absences.doubtsStanding
      && !unreadable.hasShortage
  }

  private var hasRoom: Bool {
    mayClaim && table.hasRoom && orders.failures.mayStart(besides: table.starting)
  }

  // MARK: Claims that wait

  /// Claims short jobs that are to begin when there is room.
  func stockMore() {
    guard wantsStock, context.now >= orders.failures.nextClaim else { return }
    for index in claimers.indices {
      var left = Self.mostPerStep
      while left > 0, wantsStock, claim(with: index, forStock: true) { left -= 1 }
      if !hasRoom { claimers[index].noteFull() }
    }
  }

  /// True if claims may wait for room: the pilot is full, keeps no room for a reserved job, and the jobs
  /// that it runs are short. Not where the last one failed: this node may be to blame.
  private var wantsStock: Bool {
    mayClaim && orders.failures.failed == 0 && table.capacity.isFull && !table.isHeldUp
      && table.hasStockRoom && !keepsRoom
  }

  private var keepsRoom: Bool { keptRoom(besides: table.blockedTasks) != nil }

  /// Begins the claims for which there is room.
  private func beginStock() {
    guard !table.stock.isEmpty, context.now >= orders.failures.nextClaim else { return }
    orders.lookForQuarantine()
    let blocked = table.blockedTasks
    while hasRoom,
      let claim = table.stock.take({ mayRun($0, besides: blocked) && leavesShares($0) })
    {
      hasBegun = true
      stages.begin(claim)
    }
  }

  /// Gives back the claims that have waited for too long, and all of them where the pilot takes no
  /// more jobs or keeps room for another. No attempt is lost.
  private func returnStock() {
    guard !table.stock.isEmpty else { return }
    let now = context.now
    let all = orders.standing.state != .active || keepsRoom
    while let claim = table.stock.takeOverdue(at: now, all: all) {
      stages.refuse(claim, .returned, "given back before it ran")
    }
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

  /// Tries for one job, that is to begin at once or when there is room; false when there is none to
  /// be had now.
  private func claim(with index: Int, forStock: Bool = false) -> Bool {
    do throws(FileError) {
      if forStock, wantsLook(index) {
        guard hasBegun else { return false }
        hasBegun = false
      }
      try lookIfDue(index)
      guard let job = forStock ? takeSpare(index) : takeCandidate(index) else { return false }
      // Before the claim: where there is no room for its scratch, the job is left to others.
      if !forStock { try table.slots.reserve() }
      // A listing may repeat an entry; what is ours already is no new claim.
      if table.holds(job.name) { return true }
      orders.lookForQuarantine()
      guard orders.standing.quarantine == nil else { return false }
      orders.noteClaim()
      return reach(for: job, with: index)
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
  private func reach(for job: Claimer.Candidate, with index: Int) -> Bool {
    do throws(FileError) {
      take(try reach(for: job.name, from: job.place), job.name, with: index)
      return true
    } catch {
      refused.note(job.name, at: context.now)
      claimers[index].backOff(at: context.now, releases: table.capacity.releases)
      context.troubles.note(error)
      return false
    }
  }

  private func reach(
    for name: JobName, from place: ReadyPlace
  ) throws(FileError) -> Spool.Reach {
    let begun = context.now
    let reach = try context.spool.claim(name, from: place, for: heart.name)
    guard context.now - begun >= Self.doubtfulAfter, reach.isMissed else { return reach }
    return context.spool.adopt(name, from: place.lane, for: heart.name)
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
    case .claimed(let claim):
      // What was claimed before there was room for it waits.
      if table.capacity.fits(name) {
        hasBegun = true
        stages.begin(claim)
      } else {
        table.stock.add(claim, at: context.now)
      }
    case .missed: break
    case .unreadable(let error): setAside(name, error)
    }
  }

  private func wantsLook(_ index: Int) -> Bool {
    claimers[index].wantsLook(at: context.now, releases: table.capacity.releases)
  }

  /// Looks at a ready directory if that is due: at its mark, and, unless that says that no job is in it
  /// still, at its entries; then at a lane, if there are any. The mark comes from the server, so the
  /// listing behind it is fresh (R9).
  private func lookIfDue(_ index: Int) throws(FileError) {
    guard wantsLook(index) else { return }
    let now = context.now
    claimers[index].beginLook(at: now, releases: table.capacity.releases)
    let queue = claimers[index].queue
    if claimers[index].looksAtDirectory {
      let mark = try context.spool.readyMark(queue)
      if claimers[index].needsListing(mark, at: now) {
        let names = try context.spool.readyNames(ReadyPlace(queue), fresh: false)
        claimers[index].take(names, mark, at: now)
      }
    }
    lookIntoLane(index)
    claimers[index].endLook(at: now, &context.random)
    noteGPUJobs(index)
  }

  /// Looks into a lane, if there are any. One that the filesystem refuses holds up nothing else.
  private func lookIntoLane(_ index: Int) {
    guard let lane = claimers[index].drawLane(&context.random) else { return }
    do throws(FileError) {
      guard let names = try context.spool.readyNamesIfPresent(lane) else {
        return claimers[index].forgetLanes()
      }
      claimers[index].add(names, from: lane)
    } catch {
      context.troubles.note(error)
    }
  }

  /// Takes in whether jobs wait for the pilot's GPUs, after a look.
  private func noteGPUJobs(_ index: Int) {
    guard claimers[index].queue == .gpu else { return }
    doGPUJobsWait = claimers[index].hasCandidate { $0.gpus > 0 && table.capacity.couldHold($0) }
  }

  /// Returns whether a job leaves to GPUs what jobs that wait for them are due.
  private func leavesShares(_ job: JobName) -> Bool {
    !doGPUJobsWait || table.capacity.leavesShares(job)
  }

  private func takeCandidate(_ index: Int) -> Claimer.Candidate? {
    let blocked = table.blockedTasks
    refused.forget(at: context.now)
    let kept = keptRoom(besides: blocked)
    return claimers[index].takeCandidate {
      !refused.contains($0) && mayRun($0, besides: blocked) && leavesShares($0)
        && kept?.admits($0, at: context.now) ?? true
    }
  }

  private func takeSpare(_ index: Int) -> Claimer.Candidate? {
    let blocked = table.blockedTasks
    return claimers[index].takeSpare { name in
      !refused.contains(name) && table.mayStock(name.job.task) && !blocked.contains(name.job.task)
        && leavesShares(name)
        && orders.standing.hasTime(for: .seconds(name.wall) + Stock.patience, at: context.now)
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
      let reach = try reach(for: order.job, from: order.place)
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
    let stock = table.stock.names
    absences.forgetClaims(besides: Set(table.jobs.map(\.name) + stock))
    for job in table.jobs where !job.isTaken {
      if isTaken(job.name, present) { stages.lose(job) }
    }
    for name in stock where isTaken(name, present) { table.stock.drop(name) }
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

  /// Returns true if the watcher took a claim. A listing may omit an entry: absence there is no proof.
  private func isTaken(_ name: JobName, _ present: Set<JobName>) -> Bool {
    do throws(FileError) {
      if !present.contains(name), try context.spool.isGone(name, from: heart.name) {
        return absences.isGone(.claim(name))
      }
    } catch {
      context.troubles.note(error, name.job.description)
    }
    absences.settle(.claim(name))
    return false
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
