internal import SpoolModel
internal import SpoolStore

/// The turn of the watcher that is under way, as its stages see it: the moment, the state, what is
/// known beside it, and the ways to decide something and to tell others of it.
final class Turn {
  let commit: GroupCommit
  let views: ViewWriter
  let placement: Placement
  private let events: TurnEvents
  private let time: any TimeSource
  /// Tells the operator something.
  let say: (String) -> Void
  /// The refusals of the filesystem that last.
  let troubles: Troubles

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

  var now: Instant { time.instant }
  /// The wall clock, for records and people.
  var date: Timestamp { time.timestamp }
  /// The state, read in place: a copy of it would count a reference for each of its tables.
  var state: SpoolState { _read { yield commit.state } }

  /// Decides something: the state has it at once, others after the commit.
  func record(_ record: Record) { commit.record(record) }

  func emit(_ event: TurnEvent) { events.emit(event) }

  /// Removes and returns the events that wait for nothing.
  func takeEvents() -> [TurnEvent] { events.take() }

  /// Removes and returns the events whose commit has come.
  func takeCommittedEvents() -> [TurnEvent] { events.takeCommitted() }

  /// Writes the lines that come before what is to be appended to a catalogue.
  func fillCatalogue(_ name: Name) throws {
    if placement.readable(name) < state.datasets[name]?.length ?? 0 { try commit.commit() }
    try views.write()
  }

  /// Notes that the filesystem refused something, and what waits for that.
  func note(_ error: FileError, _ waits: String = "") { troubles.note(error, waits) }

  /// As ``TimeSource/instant(of:atMost:)``.
  func instant(of due: Timestamp, atMost longest: Duration) -> Instant {
    time.instant(of: due, atMost: longest)
  }

  func checkLease() throws { try commit.checkLease() }
  func checkLeaseOnce() throws { try commit.checkLeaseOnce() }
}
