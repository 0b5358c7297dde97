internal import SpoolModel
internal import SpoolStore

/// When a queue gets lanes, which jobs go into them, and when they are removed.
public struct LaneRule: Sendable {
  /// The time of a put from which on puts at the same time are of use. On a faster filesystem nothing
  /// is done at the same time.
  public var slow = Duration.microseconds(600)
  /// The number of turns in which puts ran out of time, beyond those in which they did not, before there
  /// are lanes.
  public var patience = 8
  /// The least number of jobs of a kind for ready, of a priority or better, that go into lanes: each
  /// lane is to have some of them.
  public var leastAhead = 8 * Lane.count
  /// The time after which lanes that got no job are removed, and in which that is tried again; and the
  /// time in which is counted whether one directory would be enough.
  public var idle = Duration.seconds(5)

  /// Makes the rule of production.
  public init() {}
}

/// The choice of the directory of ready in which a job is put. In come what puts took, and what lies in
/// ready; out go places, and lanes that are made and removed.
///
/// 1. A queue gets lanes where puts run out of time again and again, and each takes long: the kernel of
///    a host makes the changes in one directory of a mount one after the other.
/// 2. Into lanes go, in turn, the jobs of which there are so many that a pilot finds the like of them in
///    any lane. The others go into the queue's own directory, into which all pilots look: those that are
///    urgent, or that few pilots can run.
/// 3. No lane is used while a pilot is there that would not look into it, nor where one directory would
///    be enough: a few pilots that look seldom would find a job in its lane late.
/// 4. Where lanes got no job for a while, those in them go into the queue's own directory, and the lanes
///    are removed: a few jobs in many lanes would be found late, by many looks.
final class FeedLanes {
  /// The lanes of a queue.
  private struct Lanes {
    /// The time of the last put into one, or of the last try to remove them.
    var since: Instant
    /// True if one directory would not be enough.
    var isNeeded: Bool
    /// Jobs a second that were put while there was one directory; nil if that is not known.
    var single: Double?
    /// The number of jobs that were put since a moment.
    var count = 0
    var counting: Instant

    init(at now: Instant, isNeeded: Bool, single: Double? = nil) {
      (since, counting) = (now, now)
      (self.isNeeded, self.single) = (isNeeded, single)
    }

    /// Notes puts. One directory is enough for a third of what it took while jobs were put: much of a
    /// turn goes to other things.
    mutating func note(_ puts: Int, at now: Instant, every interval: Duration) {
      count += puts
      guard now - counting >= interval else { return }
      isNeeded = single.map { Double(count) * 3 > $0 * (now - counting).inSeconds } ?? false
      (count, counting) = (0, now)
    }
  }

  private let spool: Spool
  private let pilots: PilotMonitor
  private let rule: LaneRule
  private var lanes: [Queue: Lanes] = [:]
  /// The time from which on the lanes of the inbox are removed, if no queue has any; nil: there are
  /// none.
  private var inboxRemoval: Instant?
  /// The number of turns in which puts ran out of time, less those since in which they did not.
  private var lacking: [Queue: Int] = [:]
  /// The number of the last lane into which a job was put.
  private var last = 0

  init(_ spool: Spool, pilots: PilotMonitor, rule: LaneRule) {
    self.spool = spool
    self.pilots = pilots
    self.rule = rule
  }

  /// Finds out whether an earlier watcher has left lanes of the inbox. Those of a queue show in the
  /// looks into ready.
  func resume(_ turn: Turn) throws(FileError) {
    if try spool.hasLanesOfInbox() { inboxRemoval = turn.now + rule.idle }
  }

  /// Notes that a queue has lanes. Those that an earlier watcher left may not be needed.
  func noteSeen(_ queue: Queue, at now: Instant) {
    if lanes[queue] == nil { lanes[queue] = Lanes(at: now, isNeeded: false) }
  }

  /// True if a queue has lanes. Events tell nothing of what happens in them.
  var areThere: Bool { !lanes.isEmpty }

  // MARK: Puts

  /// The queues whose jobs may go into lanes, of those that have some. A put whose lane is missing goes
  /// elsewhere.
  var usable: Set<Queue> {
    let needed = Set(lanes.filter(\.value.isNeeded).keys)
    return !needed.isEmpty && pilots.allUseLanes ? needed : []
  }

  /// Returns whether so many jobs of a kind are enough for lanes.
  func areEnough(_ count: Int) -> Bool { count >= rule.leastAhead }

  /// Returns the lane for the next put.
  func next(of queue: Queue, at now: Instant) -> ReadyPlace {
    lanes[queue]?.since = now
    last = (last + 1) % Lane.count
    return ReadyPlace(queue, Lane.all[last])
  }

  /// Notes that so many jobs were put since a moment, and whether others that would go into lanes had to
  /// wait for the next turn.
  func notePuts(
    _ count: Int, in queue: Queue, since begun: Instant, hasMore: Bool, _ turn: Turn
  ) {
    guard count > 0 else { return }
    if lanes[queue]?.isNeeded == true {
      lanes[queue]?.note(count, at: turn.now, every: rule.idle)
      return
    }
    let took = turn.now - begun
    let isLacking = hasMore && took >= rule.slow * count
    let lacking = max(0, (lacking[queue] ?? 0) + (isLacking ? 1 : -1))
    self.lacking[queue] = lacking
    guard lacking >= rule.patience, pilots.allUseLanes else { return }
    turn.say("\(queue.directory)/ has lanes from now on, since one directory is too slow")
    guard make(queue, turn) else { return }
    lanes[queue] = Lanes(
      at: turn.now, isNeeded: true, single: Double(count) / max(0.001, took.inSeconds))
  }

  /// Makes the lanes that are missing. Returns false if the filesystem refused one.
  private func make(_ queue: Queue, _ turn: Turn) -> Bool {
    inboxRemoval = turn.now + rule.idle
    do throws(FileError) {
      try spool.makeLanes(of: queue)
      return true
    } catch {
      turn.note(error, "the lanes of \(queue.directory)/")
      lacking[queue] = nil
      return false
    }
  }

  // MARK: Removal

  /// Gives up the lanes that got no job for a while: none is put into them from now on. Returns their
  /// queues.
  func giveUpIdle(at now: Instant) -> [Queue] {
    let idle = Queue.allCases.filter { lanes[$0].map { now >= $0.since + rule.idle } ?? false }
    for queue in idle { lanes[queue]?.isNeeded = false }
    return idle
  }

  /// Removes the lanes of queues, each if it is empty; and those of the inbox, if no queue has any. A
  /// pilot that finds no lane of the inbox hands in at the inbox itself. Those that are not empty are
  /// tried again later.
  func remove(_ queues: [Queue], _ turn: Turn) throws {
    for queue in queues {
      if try attempt(turn, { () throws(FileError) in try spool.removeLanes(of: queue) }) {
        self.lanes[queue] = nil
        // They come back soon where they are needed again.
        lacking[queue] = max(0, rule.patience - 1)
      } else {
        self.lanes[queue]?.since = turn.now
      }
    }
    guard lanes.isEmpty, let due = inboxRemoval, turn.now >= due else { return }
    let isThrough = try attempt(turn) { () throws(FileError) in try spool.removeLanesOfInbox() }
    inboxRemoval = isThrough ? nil : turn.now + rule.idle
  }

  private func attempt(_ turn: Turn, _ body: () throws(FileError) -> Bool) throws -> Bool {
    try turn.checkLeaseOnce()
    do throws(FileError) {
      return try body()
    } catch {
      turn.note(error, "lanes that are to be removed")
      return false
    }
  }
}
