internal import SpoolModel
internal import SpoolStore

/// The orders to keep room, which this watcher writes into pilots' directories, and removes. In come
/// the jobs that starve, and the pilots; the choice is that of ``Reservations``. All of it is in the
/// watcher's memory: the next one finds the files, and takes over those that it has a use for.
final class ReservationOrders {
  /// An order that lies in a pilot's directory.
  private struct Order {
    var reservation: Reservation
    /// The time at which the room is free at the latest, for people.
    var freeAt: Timestamp
    /// The time of the next look at the pilot: the first shows what it has claimed before it saw the
    /// order, and so when the job has to run. At the second, another pilot is tried (R10).
    var check: Instant
    var isChecked = false
  }

  /// The time that a payload over its wall time has to end, and some more.
  private static let grace = Duration.seconds(15)
  /// The number of pilots whose jobs are looked at for one choice.
  private static let mostPilots = 32

  private let spool: Spool
  private let ready: ReadyFeeder
  private let order: FeedOrder
  private let pilots: PilotMonitor
  private var orders: [PilotName: Order] = [:] {
    didSet { ready.reserved = Set(orders.values.map(\.reservation)) }
  }
  /// The pilots that are to keep no room any more.
  private var withdrawn: Set<PilotName> = []
  /// The pilots in whose directories an order lies that this watcher did not write.
  private var strange: Set<PilotName> = []
  /// The pilots that kept room for a job in vain.
  private var shunned: [JobName: Set<PilotName>] = [:]
  /// The jobs that starve, or for which room is kept, at the last look.
  private var waiting: [Reservation] = []
  private var lastLook = Instant.distantPast

  init(_ spool: Spool, ready: ReadyFeeder, order: FeedOrder, pilots: PilotMonitor) {
    self.spool = spool
    self.ready = ready
    self.order = order
    self.pilots = pilots
  }

  // MARK: Events

  /// Notes that an order lies in a pilot's directory.
  func noteSeen(_ pilot: PilotName) { if orders[pilot] == nil { strange.insert(pilot) } }

  /// Drops the order of a pilot that is gone: its directory went with it.
  func noteGone(_ pilot: PilotName) {
    orders[pilot] = nil
    withdrawn.remove(pilot)
    strange.remove(pilot)
  }

  // MARK: The work of a turn

  /// Takes back the orders whose jobs have left ready, and, if a look is due, gives others. What the
  /// filesystem refuses the next look tries again.
  func act(_ turn: Turn) throws {
    for (pilot, order) in orders where !ready.holds(order.reservation) { withdraw(pilot) }
    let isDue = turn.now - lastLook >= pilots.interval
    if isDue || !strange.isEmpty { try choose(turn) }
    guard !withdrawn.isEmpty else { return }
    try turn.checkLeaseOnce()
    for pilot in withdrawn {
      attempt(turn) { () throws(FileError) in
        try spool.withdrawReserve(pilot)
        withdrawn.remove(pilot)
      }
    }
  }

  private func withdraw(_ pilot: PilotName) {
    orders[pilot] = nil
    withdrawn.insert(pilot)
  }

  private func attempt(_ turn: Turn, _ body: () throws(FileError) -> Void) {
    do throws(FileError) {
      try body()
    } catch {
      // The pilot has left.
      if !error.isMissing { turn.note(error, "an order to keep room") }
    }
  }

  private func choose(_ turn: Turn) throws {
    lastLook = turn.now
    adoptStrange(turn)
    waiting = Array(Set(ready.starving(turn) + orders.values.map(\.reservation)))
    shunned = shunned.filter { job, _ in waiting.contains { $0.job == job } }
    guard !waiting.isEmpty else { return }
    for (pilot, order) in orders where turn.now >= order.check { check(pilot, order, turn) }
    var choice = Reservations(
      offers: pilots.living.reduce(into: [:]) { $0[$1.pilot] = offer($1) },
      held: orders.mapValues(\.reservation))
    let jobs = choice.eligible(among: waiting)
    lookAtPilots(&choice, jobs, turn)
    let plan = choice.plan(for: jobs, at: turn.now, turn.date)
    for pilot in orders.keys where plan[pilot] == nil { withdraw(pilot) }
    // Where no other pilot is left, one that was tried in vain is tried again.
    for job in jobs where !plan.values.contains(where: { $0.reservation == job }) {
      shunned[job.job] = nil
    }
    try give(plan, turn)
  }

  /// Finds out anew when a pilot has the room. If it should long have had it, or never will, another
  /// pilot is tried.
  private func check(_ pilot: PilotName, _ order: Order, _ turn: Turn) {
    let job = order.reservation
    if !order.isChecked, let freeAt = estimate(pilot, job, turn) {
      note(job, on: pilot, freeAt: freeAt, isChecked: true, turn)
    } else if pilots.isAlive(pilot) {
      shunned[job.job, default: []].insert(pilot)
      turn.say("\(pilot) kept room for \(job.job.job) in vain")
    }
  }

  /// Returns when a pilot has the room for a job at the latest, by what it has claimed.
  private func estimate(_ pilot: PilotName, _ job: Reservation, _ turn: Turn) -> Instant? {
    guard let record = pilots.living.first(where: { $0.pilot == pilot }),
      let claims = try? spool.claims(of: pilot)
    else { return nil }
    return Reservations.Offer(record: record, running: latestEnds(claims, turn))
      .freeAt(for: job, at: turn.now, turn.date)
  }

  private func offer(_ record: PilotRecord) -> Reservations.Offer {
    Reservations.Offer(
      record: record, running: nil,
      shunned: Set(shunned.filter { $0.value.contains(record.pilot) }.keys))
  }

  /// Finds out what the pilots run that could keep room: of many, those with the most free cores.
  private func lookAtPilots(_ choice: inout Reservations, _ jobs: [Reservation], _ turn: Turn) {
    let able = choice.candidates(for: jobs)
      .sorted { ($1.freeCpus, $0.pilot) < ($0.freeCpus, $1.pilot) }
      .prefix(Self.mostPilots).map(\.pilot)
    guard !able.isEmpty else { return }
    let budget = turn.budget()
    let spool = spool
    let answers = spool.each(able, until: { _ in budget.isOver }) { try? spool.claims(of: $0) }
    for (pilot, claims) in zip(able, answers) {
      choice.offers[pilot]?.running = claims.map { latestEnds($0, turn) }
    }
  }

  /// Returns the latest ends of claimed jobs, by their wall times.
  private func latestEnds(_ claims: [JobName], _ turn: Turn) -> [KeptRoom.Running] {
    claims.map { name in
      let begun = order.claimTime(of: name.job, turn) ?? turn.now
      return KeptRoom.Running(name, end: begun + .seconds(name.wall))
    }
  }

  /// Writes the orders that are new.
  private func give(_ plan: [PilotName: Reservations.Entry], _ turn: Turn) throws {
    for (pilot, entry) in plan.sorted(by: { $0.key < $1.key }) {
      guard let freeAt = entry.freeAt else { continue }
      try turn.checkLeaseOnce()
      attempt(turn) { () throws(FileError) in
        try spool.reserve(pilot, entry.reservation)
        note(entry.reservation, on: pilot, freeAt: freeAt, turn)
        turn.say("\(pilot) \(entry.reservation.words), free by \(turn.date + (freeAt - turn.now))")
      }
    }
  }

  private func note(
    _ reservation: Reservation, on pilot: PilotName, freeAt: Instant, isChecked: Bool = false,
    _ turn: Turn
  ) {
    withdrawn.remove(pilot)
    let seen = spool.config.heartbeat * 2
    orders[pilot] = Order(
      reservation: reservation, freeAt: turn.date + (freeAt - turn.now),
      check: isChecked ? freeAt + seen + Self.grace : turn.now + seen, isChecked: isChecked)
  }

  // MARK: Orders of others

  /// Takes over the orders that an earlier watcher left, as far as they are of use, and removes the
  /// others.
  private func adoptStrange(_ turn: Turn) {
    for pilot in strange.sorted() where orders[pilot] == nil {
      withdrawn.insert(pilot)
      attempt(turn) { () throws(FileError) in
        guard case .read(let found) = try spool.reserveOrder(of: pilot), ready.holds(found),
          !orders.values.contains(where: { $0.reservation == found })
        else { return }
        guard let freeAt = estimate(pilot, found, turn) else { return }
        note(found, on: pilot, freeAt: freeAt, turn)
      }
    }
    strange = []
  }

  // MARK: In words

  /// The reservations, by pilot.
  var kept: [PilotName: Reservation] { orders.mapValues(\.reservation) }

  /// Returns in words for which of a task's jobs room is kept.
  func reasons(_ task: TaskEntry) -> [String] {
    let jobs = waiting.filter { $0.job.job.task == task.name && ready.holds($0) }
    guard !jobs.isEmpty else { return [] }
    let own = orders.filter { $0.value.reservation.job.job.task == task.name }
      .sorted { $0.key < $1.key }
    let texts = own.map { pilot, order in
      "\(pilot) \(order.reservation.words), free by \(order.freeAt)"
    }
    let count = "\(jobs.count) \(jobs.count == 1 ? "job waits" : "jobs wait") for a reservation"
    guard !texts.isEmpty else { return ["\(count), and no pilot is left to keep room"] }
    return ["\(count): \(FeedOrder.list(texts, by: "; "))"]
  }
}
