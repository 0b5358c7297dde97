internal import SpoolModel
internal import SpoolStore

/// Records what is decided, and makes it durable with one `fsync` a turn.
///
/// In come records; out go the state that they add up to, the lines that they add to views, and
/// events. What others may see of a record waits for ``commit()`` (R3, R6), and no commit counts that
/// was made without owning the spool (R7).
final class GroupCommit {
  private(set) var state: SpoolState
  private let spool: Spool
  private let journal: Journal
  private let lease: WatcherLease
  private let views: ViewWriter
  private let events: TurnEvents
  private let time: any TimeSource
  /// Lines of records that are not committed yet.
  private var fresh: [ViewLine] = []
  private var lastBeat: Instant?
  private var isChecked = false
  /// Whether the journal was written, and it is not known yet whether that counts.
  private var isUnconfirmed = false
  /// A record that the state contradicted: nothing more is written.
  private var contradiction: ImpossibleRecord?

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

  var epoch: Int { lease.epoch }

  // MARK: Recording

  /// Takes a record into the state, to be committed at the end of the turn. A record that the state
  /// contradicts is a fault of the watcher: it traps in debug, and ends the watcher at the next
  /// commit.
  func record(_ record: Record) {
    guard contradiction == nil else { return }
    let ended = state.viewsEnded(by: record)
    do throws(ImpossibleRecord) {
      let effects = try state.apply(record, graceful: spool.config.partGrace)
      journal.append(record.json)
      views.end(ended)
      fresh += effects.lines
      for event in effects.events { events.emit(event) }
    } catch {
      contradiction = error
      assertionFailure("\(error)")
    }
  }

  var isDirty: Bool { journal.isDirty || isUnconfirmed || contradiction != nil }

  /// Makes all that was recorded durable, if this watcher still owns the spool (R7). Only if it does
  /// so afterwards, too, is it certain that whoever comes next has read these lines, and may others
  /// see what follows from them.
  func commit() throws {
    guard isDirty else { return }
    if let contradiction { throw contradiction }
    try checkLease()
    isUnconfirmed = true
    try journal.commit()
    try checkLease()
    isUnconfirmed = false
    views.add(fresh)
    fresh.removeAll(keepingCapacity: true)
    events.noteCommit()
  }

  // MARK: The lease

  /// Fails where another watcher owns the spool: called before a batch of renames (R7).
  func checkLease() throws {
    try lease.check()
    isChecked = true
  }

  /// Checks the lease unless this turn has done so: one check covers a turn's renames.
  func checkLeaseOnce() throws { if !isChecked { try checkLease() } }

  /// Begins a turn: its renames need a check of their own.
  func beginTurn() { isChecked = false }

  /// When the next heartbeat is due.
  var nextBeat: Instant { (lastBeat ?? .distantPast) + spool.config.heartbeat }

  func beatIfDue() throws {
    let now = time.instant
    guard now >= nextBeat else { return }
    lastBeat = now
    try lease.check()
    try lease.beat()
  }

  // MARK: Checkpoints

  var isCheckpointDue: Bool { journal.lines >= spool.config.checkpointEvery }

  /// Cuts the views to what counts, makes them durable, and writes the state down (DESIGN 4).
  /// `leaving` are forgotten datasets whose catalogues are yet to be removed.
  func checkpoint(leaving: Set<Name>) throws {
    try commit()
    try views.settle(state)
    try lease.check()
    try journal.checkpoint(state.json(leaving: leaving)) { segment throws(FileError) in
      try lease.note(segment: segment)
    }
  }

  func close() {
    journal.close()
    lease.release()
  }
}
