internal import SpoolModel

/// The choice of which pilot keeps room for which job. A pure value: the jobs that starve, the pilots
/// and what they keep come in; out comes what each is to keep.
///
/// 1. The jobs are seen to in the order of claiming. Each keeps the pilot that it has, as long as that
///    one could run it.
/// 2. Else it gets the pilot that has the room soonest, by the wall times of what runs there. A pilot
///    that is idle has it at once, so no other keeps room then.
/// 3. A pilot keeps room for one job alone. Where all keep some, a job takes the pilot of one that
///    goes after it.
struct Reservations {
  /// A pilot that may keep room.
  struct Offer {
    var record: PilotRecord
    /// The jobs that it has, with their latest ends; nil where that is not known.
    var running: [KeptRoom.Running]?
    /// The jobs for which it kept room in vain.
    var shunned: Set<JobName> = []

    /// Returns true if the pilot takes jobs, and could run this one if it were empty.
    func canRun(_ reservation: Reservation) -> Bool {
      record.slots(for: reservation.job.shape(in: reservation.queue)) > 0
        && !shunned.contains(reservation.job)
    }

    /// Returns when the room for a job is free at the latest. Nil if that is not known, or if the
    /// pilot's lifetime is over before the job would be.
    func freeAt(
      for reservation: Reservation, at now: Instant, _ date: Timestamp
    ) -> Instant? {
      guard let running, canRun(reservation) else { return nil }
      let all = KeptRoom.Part(
        cpus: record.cpus, memory: PilotRecord.mebibytes(record.memory, cpus: record.cpus),
        gpus: record.gpus)
      let free = running.reduce(all) { $0.without($1.job) }
      guard let room = KeptRoom(for: reservation.job, free: free, running: running, at: now) else {
        return nil
      }
      let end = date + (room.freeAt - now) + .seconds(reservation.job.wall)
      return record.ends.map { end <= $0 } ?? true ? room.freeAt : nil
    }
  }

  /// What a pilot is to keep.
  struct Entry: Equatable {
    var reservation: Reservation
    /// The time at which the room is free at the latest; nil where the pilot keeps it already.
    var freeAt: Instant?
  }

  /// A pilot that could keep room for a job.
  private struct Choice {
    var pilot: PilotName
    var freeAt: Instant
    /// True where it keeps some for another job, which would have to move.
    var keepsRoom: Bool

    /// The first is the best.
    var order: (Int, Instant, PilotName) { (keepsRoom ? 1 : 0, freeAt, pilot) }
  }

  var offers: [PilotName: Offer]
  /// What pilots keep now.
  var held: [PilotName: Reservation]

  /// Returns the jobs that are to be seen to, in their order: no more than there are pilots, and none
  /// that no pilot could run.
  func eligible(among jobs: [Reservation]) -> [Reservation] {
    let shapes = Set(jobs.map { $0.job.shape(in: $0.queue) }).filter { shape in
      offers.values.contains { $0.record.slots(for: shape) > 0 }
    }
    let able = jobs.filter { shapes.contains($0.job.shape(in: $0.queue)) }
    return Array(able.sorted(by: Self.goesBefore).prefix(offers.count))
  }

  /// Returns the pilots that could keep room for one of the jobs that have none.
  func candidates(for jobs: [Reservation]) -> [PilotRecord] {
    let without = jobs.filter { holder(of: $0) == nil }
    guard !without.isEmpty else { return [] }
    return offers.filter { pilot, offer in
      without.contains { isFree(pilot, for: $0) && offer.canRun($0) }
    }.map(\.value.record)
  }

  /// Returns what each pilot is to keep for these jobs, which are in their order.
  func plan(for jobs: [Reservation], at now: Instant, _ date: Timestamp) -> [PilotName: Entry] {
    var entries: [PilotName: Entry] = [:]
    for job in jobs {
      if let pilot = holder(of: job), entries[pilot] == nil {
        entries[pilot] = Entry(reservation: job)
        continue
      }
      let choices = offers.compactMap { pilot, offer -> Choice? in
        guard entries[pilot] == nil, isFree(pilot, for: job),
          let freeAt = offer.freeAt(for: job, at: now, date)
        else { return nil }
        return Choice(pilot: pilot, freeAt: freeAt, keepsRoom: held[pilot] != nil)
      }
      guard let best = choices.min(by: { $0.order < $1.order }) else { continue }
      entries[best.pilot] = Entry(reservation: job, freeAt: best.freeAt)
    }
    return entries
  }

  /// The pilot that keeps room for a job, if it still could run it.
  private func holder(of job: Reservation) -> PilotName? {
    held.first { $0.value == job && offers[$0.key]?.canRun(job) ?? false }?.key
  }

  /// Returns true if a pilot keeps no room, or keeps it for a job that goes after this one.
  private func isFree(_ pilot: PilotName, for job: Reservation) -> Bool {
    held[pilot].map { Self.goesBefore(job, $0) } ?? true
  }

  /// The order in which jobs are seen to.
  static func goesBefore(_ left: Reservation, _ right: Reservation) -> Bool {
    left.job.goesBefore(right.job)
      || !right.job.goesBefore(left.job) && left.job.job < right.job.job
  }
}
