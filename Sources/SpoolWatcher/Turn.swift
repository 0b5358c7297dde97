internal import SpoolModel
internal import SpoolStore

/// The watcher's present turn. The watcher passes it to each function of a stage that works in a
/// turn; no stage keeps it. It gives them the time, the state and the volatile knowledge beside it,
/// and the check of the lease (R7). It takes records, events, messages, and the refusals of the
/// filesystem.
final class Turn {
  private let commit: GroupCommit
  let placement: Placement
  private let events: TurnEvents
  private let time: any TimeSource
  /// Takes a message for the operator.
  let say: (String) -> Void
  /// The time that a stage may spend on files; nil for no limit.
  var stageTime: Duration? = StageBudget.usual
  /// The lasting refusals of the filesystem.
  let troubles: Troubles
  /// True if something was missing, as if somebody had removed a directory of the spool.
  var mayLackDirectories = false
  /// What is unsafe on the spool's mount, for people.
  var mountAdvice: [String] = []

  init(
    commit: GroupCommit, placement: Placement, events: TurnEvents, time: any TimeSource,
    say: @escaping (String) -> Void
  ) {
    self.commit = commit
    self.placement = placement
    self.events = events
    self.time = time
    self.say = say
    troubles = Troubles(time: time, say: say)
  }

  /// The monotonic clock, for waits.
  var now: Instant { time.instant }
  /// The wall clock, for records and people.
  var date: Timestamp { time.timestamp }
  /// The durable state, with the records of this turn. It is read in place, since a copy would
  /// count a reference for each of its tables.
  var state: SpoolState { _read { yield commit.state } }

  /// Returns the time that a stage has from now on, or so many times that for a stage on which the
  /// others wait.
  func budget(times: Int = 1) -> StageBudget { StageBudget(time, stageTime.map { $0 * times }) }

  /// Returns the time that a stage has from now on, even in a turn that is shortened.
  func wholeBudget() -> StageBudget {
    StageBudget(time, stageTime.map { max($0, StageBudget.usual) })
  }

  /// Shortens the stages of this turn if it answered a request, but not those of two turns in a row:
  /// whatever many requests come, the rest goes on.
  func hurry(_ hasAnswered: Bool) {
    stageTime =
      hasAnswered && stageTime == StageBudget.usual ? StageBudget.hurried : StageBudget.usual
  }

  /// Records a decision. The state has it at once; others may see it after the commit.
  func record(_ record: Record) { commit.record(record) }

  /// Tells other stages of an event.
  func emit(_ event: TurnEvent) { events.emit(event) }

  /// Notes that the filesystem refused something, and names what waits for it.
  func note(_ error: FileError, _ waits: String = "") {
    if error.isMissing { mayLackDirectories = true }
    troubles.note(error, waits)
  }

  /// Returns a recorded time on the monotonic clock, as ``TimeSource/instant(of:atMost:)`` does.
  func instant(of due: Timestamp, atMost longest: Duration) -> Instant {
    time.instant(of: due, atMost: longest)
  }

  /// Throws if another watcher owns the spool (R7).
  func checkLease() throws { try commit.checkLease() }
  /// Throws if another watcher owns the spool, unless this turn has checked that already (R7).
  func checkLeaseOnce() throws { try commit.checkLeaseOnce() }
}
