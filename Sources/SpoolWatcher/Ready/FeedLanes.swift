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
  /// The least number of jobs of a kind in ready before those that go into lanes: each lane is to have
  /// some of them.
  public var leastAhead = 8 * Lane.count
  /// The time after which lanes that are not needed are used no more, and removed.
  public var idle = Duration.seconds(60)

  /// Makes the rule of production.
  public init() {}
}

/// The choice of the directory of ready in which a job is put. In come what puts took, and what lies in
/// ready; out go places, and lanes that are made and removed.
///
/// 1. A queue gets lanes where puts run out of time again and again, and each takes long: the kernel of
///    a host makes the changes in one directory of a mount one after the other.
/// 2. Into lanes go, in turn, the jobs behind so many others of their kind that a pilot finds the like
///    of them in any lane. The others go into the queue's own directory, into which all pilots look:
///    those that are urgent, or that few pilots can run.
/// 3. No lane is used while a pilot is there that would not look into it.
/// 4. Lanes are removed, once they are empty, where one directory has been enough for a while.
final class FeedLanes {
  /// The time until the removal of lanes is tried again, and in which puts are counted.
  static let pace = Duration.seconds(10)

  /// The lanes of a queue.
  private struct Lanes {
    /// The last time at which one directory was not enough.
    var needed: Instant
    /// Jobs a second that were put where there was one directory; nil if that is not known.
    var single: Double?
    /// The jobs that were put since a moment.
    var since: Instant
    var count = 0

    init(at now: Instant, single: Double? = nil) {
      (needed, since) = (now, now)
      self.single = single
    }

    /// Notes puts. Where they are more than a third of what one directory took while puts were made, it
    /// would not be enough: in most of a turn no puts are made.
    mutating func note(_ puts: Int, at now: Instant) {
      count += puts
      guard now - since >= FeedLanes.pace else { return }
      if let single, Double(count) * 3 >= single * (now - since).inSeconds { needed = now }
      (since, count) = (now, 0)
    }
  }

  private let spool: Spool
  private let pilots: PilotMonitor
  private let rule: LaneRule
  private var lanes: [Queue: Lanes] = [:]
  /// The time of the next try to remove the lanes of the inbox; nil if it has none.
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

  /// Notes that a queue has lanes.
  func noteSeen(_ queue: Queue, at now: Instant) {
    if lanes[queue] == nil { lanes[queue] = Lanes(at: now) }
  }

  /// True if a queue has lanes. Events tell nothing of what happens in them.
  var areThere: Bool { !lanes.isEmpty }

  // MARK: Puts

  /// Returns the place of the next put, before whose job so many of its kind lie in ready.
  func place(for queue: Queue, ahead: Int, at now: Instant) -> ReadyPlace {
    guard let lanes = lanes[queue], now < lanes.needed + rule.idle, ahead >= rule.leastAhead,
      pilots.allUseLanes
    else { return ReadyPlace(queue) }
    last = (last + 1) % Lane.count
    return ReadyPlace(queue, Lane.all[last])
  }

  /// Notes that so many jobs were put since a moment, and whether others had to wait for the next turn.
  func notePuts(
    _ count: Int, in queue: Queue, since begun: Instant, hasMore: Bool, _ turn: Turn
  ) {
    guard count > 0 else { return }
    guard lanes[queue] == nil else {
      lanes[queue]?.note(count, at: turn.now)
      return
    }
    let took = turn.now - begun
    let isLacking = hasMore && took >= rule.slow * count
    let lacking = max(0, (lacking[queue] ?? 0) + (isLacking ? 1 : -1))
    self.lacking[queue] = lacking
    guard lacking >= rule.patience, pilots.allUseLanes else { return }
    make(queue, single: Double(count) / max(0.001, took.inSeconds), turn)
  }

  private func make(_ queue: Queue, single: Double, _ turn: Turn) {
    lacking[queue] = nil
    do throws(FileError) {
      try spool.makeLanes(of: queue)
      lanes[queue] = Lanes(at: turn.now, single: single)
      inboxRemoval = nil
      turn.say("\(queue.directory)/ has lanes from now on, since one directory is too slow")
    } catch {
      turn.note(error, "the lanes of \(queue.directory)/")
    }
  }

  // MARK: Removal

  /// Removes lanes that are not needed, as soon as they are empty: first those of the queues, then
  /// those of the inbox. A pilot that finds no lane of the inbox hands in at the inbox itself.
  func removeUnneeded(_ turn: Turn) throws {
    for (queue, lanes) in lanes where turn.now >= lanes.needed + rule.idle {
      guard turn.now >= lanes.since else { continue }
      if try attempt(turn, { () throws(FileError) in try spool.removeLanes(of: queue) }) {
        self.lanes[queue] = nil
        inboxRemoval = inboxRemoval ?? turn.now
      } else {
        // Nothing is counted any more.
        self.lanes[queue]?.since = turn.now + Self.pace
      }
    }
    guard lanes.isEmpty, let due = inboxRemoval, turn.now >= due else { return }
    let isThrough = try attempt(turn) { () throws(FileError) in try spool.removeLanesOfInbox() }
    inboxRemoval = isThrough ? nil : turn.now + Self.pace
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
