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

  /// True if the last step ended with more to claim.
  private(set) var hasMore = false
  private var claimers: [Claimer]
  private let context: PilotContext
  private let heart: Heart
  private let orders: Orders
  private let table: JobTable
  private let stages: JobStages

  init(
    _ context: PilotContext, _ heart: Heart, _ orders: Orders, _ table: JobTable,
    _ stages: JobStages
  ) {
    self.context = context
    self.heart = heart
    self.orders = orders
    self.table = table
    self.stages = stages
    claimers = context.options.queues.map { Claimer($0) }
  }

  /// Takes in that the ready directory of a queue may have changed.
  func hint(_ queue: Queue) {
    for index in claimers.indices where claimers[index].queue == queue { claimers[index].hint() }
  }

  // MARK: Claims

  /// Claims jobs until there is no room, or nothing that fits.
  func claimMore() {
    var left = Self.mostPerStep
    for index in claimers.indices {
      while hasRoom, context.now >= orders.failures.nextClaim, left > 0, claim(with: index) {
        left -= 1
      }
    }
    hasMore = left == 0
  }

  /// True if the pilot may take more jobs.
  private var hasRoom: Bool { orders.standing.state == .active && table.hasRoom }

  /// Returns the moments at which something may be claimed: none where there is no room.
  func nextClaim(at now: Instant) -> [Instant] {
    guard hasRoom else { return [] }
    if orders.failures.nextClaim > now { return [orders.failures.nextClaim] }
    return claimers.map { $0.nextListing(releases: table.capacity.releases) }
  }

  /// Tries for one job; false when there is none to be had now.
  private func claim(with index: Int) -> Bool {
    do throws(FileError) {
      try listIfDue(index)
      guard let name = takeCandidate(index) else { return false }
      // Before the claim: where there is no room for its scratch, the job is left to others.
      try table.slots.reserve()
      // A listing may repeat an entry; what is ours already is no new claim.
      if table.holds(name) { return true }
      orders.lookForQuarantine()
      guard orders.standing.quarantine == nil else { return false }
      orders.noteClaim()
      let queue = claimers[index].queue
      if let claim = try context.spool.claim(name, from: queue, for: heart.name) {
        stages.begin(claim)
      }
      return true
    } catch {
      claimers[index].backOff(at: context.now, releases: table.capacity.releases)
      context.troubles.note(error)
      return false
    }
  }

  private func listIfDue(_ index: Int) throws(FileError) {
    let now = context.now
    let releases = table.capacity.releases
    guard claimers[index].wantsListing(at: now, releases: releases) else { return }
    let spread = Int.random(in: -100...100, using: &context.random)
    claimers[index].beginListing(at: now, releases: releases)
    let names = try context.spool.readyNames(claimers[index].queue, fresh: true)
    claimers[index].take(names, at: now, spread: spread)
  }

  private func takeCandidate(_ index: Int) -> JobName? {
    let blocked = table.blockedTasks
    return claimers[index].takeCandidate({ mayRun($0, besides: blocked) }, &context.random)
  }

  /// Returns whether a job may be run, by its name: it fits, its wall time is within the lifetime,
  /// and its task is not `blocked`, because one task's trouble is not to take all the room.
  private func mayRun(_ job: JobName, besides blocked: Set<Name>) -> Bool {
    table.capacity.fits(job)
      && orders.standing.hasTime(for: .seconds(job.wall), at: context.now)
      && !blocked.contains(job.job.task)
  }

  // MARK: Late replies

  /// Compares the claims that lie in the pilot's directory with those that it knows (R1). A claim
  /// whose reply was late is run, or given back; one that is gone was taken.
  func compare(_ there: [JobName]) throws(FileError) {
    let present = Set(there)
    let known = Set(table.jobs.map(\.name))
    for name in present where !known.contains(name) {
      guard let claim = try context.spool.adopt(name, for: heart.name) else { continue }
      if mayRun(name, besides: table.blockedTasks), orders.standing.state == .active {
        stages.begin(claim)
      } else {
        stages.refuse(claim, .returned, "the claim was known too late")
      }
    }
    for job in table.jobs where !present.contains(job.name) {
      // A listing may omit an entry: absence there is no proof.
      if try context.spool.isGone(job.name, from: heart.name) { stages.lose(job) }
    }
  }
}
