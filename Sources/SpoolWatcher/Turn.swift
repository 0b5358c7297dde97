internal import SpoolModel
internal import SpoolStore

/// The watcher's present turn, as its stages see it. It gives them the time, the state and the
/// volatile knowledge beside it. It takes records, events and messages.
final class Turn {
  let commit: GroupCommit
  let views: ViewWriter
  let placement: Placement
  private let events: TurnEvents
  private let time: any TimeSource
  /// Takes a message for the operator.
  let say: (String) -> Void
  /// The lasting refusals of the filesystem.
  let troubles: Troubles
  /// What is unsafe on the spool's mount, for people.
  var mountAdvice: [String] = []

  init(
    commit: GroupCommit, views: ViewWriter, placement: Placement, events: TurnEvents,
    time: any TimeSource, say: @escaping (String) -> Void
  ) {
    self.commit = commit
    self.views = views
    self.placement = placement
    self.events = events
    self.time = time
    self.say = say
    troubles = Troubles(time: time, say: say)
  }

  /// Begins a turn.
  func begin() {
    commit.beginTurn()
    views.beginTurn()
  }

  /// The monotonic clock, for waits.
  var now: Instant { time.instant }
  /// The wall clock, for records and people.
  var date: Timestamp { time.timestamp }
  /// The durable state, with the records of this turn. It is read in place, since a copy would
  /// count a reference for each of its tables.
  var state: SpoolState { _read { yield commit.state } }

  /// Records a decision. The state has it at once; others may see it after the commit.
  func record(_ record: Record) { commit.record(record) }

  /// Tells other stages of an event.
  func emit(_ event: TurnEvent) { events.emit(event) }

  /// Removes and returns the events that wait for nothing.
  func takeEvents() -> [TurnEvent] { events.take() }

  /// Removes and returns the events whose commit has come.
  func takeCommittedEvents() -> [TurnEvent] { events.takeCommitted() }

  /// Commits and writes the lines that come before others that are to be appended to a catalogue.
  func fillCatalogue(_ name: Name) throws {
    if placement.readable(name) < state.datasets[name]?.length ?? 0 { try commit.commit() }
    try views.write()
  }

  /// Notes that the filesystem refused something, and names what waits for it.
  func note(_ error: FileError, _ waits: String = "") { troubles.note(error, waits) }

  /// Returns a recorded time on the monotonic clock, as ``TimeSource/instant(of:atMost:)`` does.
  func instant(of due: Timestamp, atMost longest: Duration) -> Instant {
    time.instant(of: due, atMost: longest)
  }

  /// Throws if another watcher owns the spool (R7).
  func checkLease() throws { try commit.checkLease() }
  /// Throws if another watcher owns the spool, unless this turn has checked that already (R7).
  func checkLeaseOnce() throws { try commit.checkLeaseOnce() }
}
