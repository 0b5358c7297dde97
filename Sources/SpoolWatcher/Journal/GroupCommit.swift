internal import SpoolModel
internal import SpoolStore

/// Records decisions, and makes them durable with one `fsync` a turn.
///
/// In come records; out go the state that they add up to, lines for views, and events. Nobody else
/// may see the consequences of a record before ``commit()`` has returned (R3, R6). A commit counts
/// only if this watcher owns the spool before and after it (R7).
final class GroupCommit {
  private(set) var state: SpoolState
  private let spool: Spool
  private let journal: Journal
  private let lease: WatcherLease
  private let views: ViewWriter
  private let events: TurnEvents
  private let time: any TimeSource
  /// Lines for views that wait for the commit.
  private var fresh: [ViewLine] = []
  private var lastBeat: Instant?
  private var nextCheckpoint = Instant.distantPast
  /// True if this turn has checked the lease.
  private var isChecked = false
  /// True while the journal is written, but the lease has not been checked since.
  private var isUnconfirmed = false
  /// A record that the state contradicted. After it the watcher writes nothing more.
  private var contradiction: Contradiction?

  init(
    _ spool: Spool, time: any TimeSource, state: SpoolState, journal: Journal, lease: WatcherLease,
    views: ViewWriter, events: TurnEvents
  ) {
    self.spool = spool
    self.time = time
    self.state = state
    self.journal = journal
    self.lease = lease
    self.views = views
    self.events = events
  }

  /// The epoch of this watcher (R7).
  var epoch: Int { lease.epoch }

  // MARK: Recording

  /// Applies a record to the state, and commits it with the turn. A record that contradicts the
  /// state is a fault of the watcher: it traps in a debug build, and otherwise ends the watcher at
  /// the next commit.
  func record(_ record: Record) {
    guard contradiction == nil else { return }
    let ended = state.viewsEnded(by: record)
    do throws(Contradiction) {
      let effects = try state.apply(record, graceful: spool.config.partGrace)
      journal.append(record.line.object)
      views.end(ended)
      fresh += effects.lines
      for event in effects.events { events.emit(event) }
    } catch {
      contradiction = error
      assertionFailure("\(error)")
    }
  }

  /// True while there is something to commit.
  var isDirty: Bool { journal.isDirty || isUnconfirmed || contradiction != nil }

  /// Makes all records durable, if this watcher owns the spool before and after (R7). Only the
  /// second check makes sure that a successor has read these lines, so only then may others see
  /// what follows from them.
  func commit() throws {
    guard isDirty else { return }
    if let contradiction { throw contradiction }
    try checkLease()
    isUnconfirmed = true
    try journal.commit()
    try checkLease()
    try lease.note(committed: journal.committed)
    isUnconfirmed = false
    views.add(fresh)
    fresh.removeAll(keepingCapacity: true)
    events.noteCommit()
  }

  // MARK: The lease

  /// Throws if another watcher owns the spool. Called before every batch of renames (R7).
  func checkLease() throws {
    try lease.check()
    isChecked = true
  }

  /// Checks the lease unless this turn has done so. One check covers all renames of a turn.
  func checkLeaseOnce() throws { if !isChecked { try checkLease() } }

  /// Begins a turn, whose renames need a new check of the lease.
  func beginTurn() { isChecked = false }

  /// The time at which the next heartbeat is due.
  var nextBeat: Instant { (lastBeat ?? .distantPast) + spool.config.heartbeat }

  /// Writes the heartbeat if it is due and this watcher still owns the spool.
  func beatIfDue() throws {
    let now = time.instant
    guard now >= nextBeat else { return }
    lastBeat = now
    try lease.check()
    try lease.beat()
  }

  // MARK: Checkpoints

  /// True if the journal has grown long enough for a checkpoint.
  var isCheckpointDue: Bool {
    journal.lines >= spool.config.checkpointEvery && time.instant >= nextCheckpoint
  }
  /// The time until the next try after a view refused to be made durable.
  private static let checkpointRetry = Duration.seconds(10)

  /// Cuts the views to the bytes that count, makes them durable, and writes the state as a
  /// checkpoint (DESIGN 4). `leaving` are forgotten datasets whose catalogues are yet to be
  /// removed. Returns the error of a view that the filesystem refuses. There is no checkpoint then,
  /// and the journal keeps what the view lacks.
  func checkpoint(leaving: Set<Name>) throws -> FileError? {
    try commit()
    do throws(FileError) {
      try views.settle(state)
    } catch {
      nextCheckpoint = time.instant + Self.checkpointRetry
      return error
    }
    try lease.check()
    try journal.checkpoint(state.json(leaving: leaving)) { segment throws(FileError) in
      try lease.note(segment: segment)
    }
    return nil
  }

  /// Closes the journal and gives back the lease.
  func close() {
    journal.close()
    lease.release()
  }
}
