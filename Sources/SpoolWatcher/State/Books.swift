internal import SpoolModel
internal import SpoolStore

/// Keeps the books: what is decided is recorded, which changes the state and the views at once;
/// what others may see of it waits for the commit.
final class Books {
  let spool: Spool
  let time: any TimeSource
  let state: WatcherState
  /// Tells the operator something.
  let say: (String) -> Void
  /// What the filesystem refuses.
  let troubles: Troubles
  private let journal: Journal
  private let lease: WatcherLease
  /// Lines of records that are not committed yet; and of those that are, gathered by view.
  private var fresh: [ViewLine] = []
  private var views: [ViewLine] = []
  /// Views that were written since the last checkpoint, and so are not durable.
  private var unsettled: Set<ViewLine.View> = []
  /// Tasks whose end was recorded and not yet seen to; and those about which an order was.
  private var ended: [Name] = []
  private var ordered: [Name] = []
  private var lastBeat: Int?
  private var isChecked = false
  /// The journal was written, and it is not known yet whether that counts.
  private var isUnconfirmed = false
  /// Whether this turn made lines of a catalogue readable, of which jobs may be formed next.
  private(set) var hasGrown = false

  init(
    spool: Spool, time: any TimeSource, state: WatcherState, journal: Journal,
    lease: WatcherLease, say: @escaping (String) -> Void
  ) {
    self.spool = spool
    self.time = time
    self.state = state
    self.journal = journal
    self.lease = lease
    self.say = say
    troubles = Troubles(time: time, say: say)
  }

  var epoch: Int { lease.epoch }

  func record(_ record: Record) {
    journal.append(record.json)
    switch record {
    case .ended(let task, _, _, _): ended.append(task)
    case .control(let control): ordered.append(control.request.task)
    default: break
    }
    for view in state.viewsEnded(by: record) { unsettled.remove(view) }
    fresh += state.apply(record, graceful: spool.config.partGrace.milliseconds)
  }

  /// Lines of a replay are written like new ones, and each view that may still grow is cut to what
  /// counts.
  func add(_ lines: [ViewLine]) {
    gather(lines)
    for dataset in state.datasets.values where dataset.state == .open && dataset.length > 0 {
      unsettled.insert(.catalogue(dataset.name))
    }
    for task in state.liveTasks where task.ledgerLength > 0 { unsettled.insert(.ledger(task.name)) }
  }

  var isDirty: Bool { journal.isDirty || isUnconfirmed }

  /// Makes all that was recorded durable, if this watcher still owns the spool (R7). Only if it does
  /// so afterwards, too, is it certain that whoever comes next has read these lines, and may others
  /// see what follows from them.
  func commit() throws {
    guard isDirty else { return }
    try checkLease()
    isUnconfirmed = true
    try journal.commit()
    try checkLease()
    isUnconfirmed = false
    gather(fresh)
    fresh.removeAll(keepingCapacity: true)
  }

  /// The tasks that ended, to be seen to once that is committed.
  func takeEnded() -> [Name] {
    guard !isDirty else { return [] }
    defer { ended = [] }
    return ended
  }

  /// The tasks about which an order was recorded, once that is committed.
  func takeOrdered() -> [Name] {
    guard !isDirty else { return [] }
    defer { ordered = [] }
    return ordered
  }

  /// Before a batch of renames: does this watcher still own the spool (R7)?
  func checkLease() throws {
    try lease.check()
    isChecked = true
  }

  /// A turn's renames need one check, which the commit may have made.
  func checkLeaseOnce() throws { if !isChecked { try checkLease() } }

  func beginTurn() {
    isChecked = false
    hasGrown = false
  }

  /// When the next heartbeat is due, monotonic.
  var nextBeat: Int { (lastBeat ?? 0) + spool.config.heartbeat.milliseconds }

  func beatIfDue() throws {
    guard lastBeat == nil || time.now >= nextBeat else { return }
    lastBeat = time.now
    try lease.check()
    try lease.beat()
  }

  /// Writes the lines that committed records added, view by view. What fails is tried again.
  func writeViews() throws(FileError) {
    var refused: [ViewLine] = []
    var trouble: FileError?
    for line in views {
      guard !refused.contains(where: { $0.view == line.view }) else {
        refused.append(line)
        continue
      }
      do throws(FileError) {
        try write(line)
      } catch {
        trouble = trouble ?? error
        refused.append(line)
      }
    }
    views = refused
    if let trouble { throw trouble }
  }

  private func write(_ line: ViewLine) throws(FileError) {
    try spool.write(line.bytes, toView: path(line.view), at: line.offset)
    unsettled.insert(line.view)
    if case .catalogue(let name) = line.view {
      state.datasets[name]?.readable = line.offset + line.bytes.count
      hasGrown = true
    }
  }

  /// Lines of one view that follow each other are written at once. Between them may lie what a
  /// manifest added, which is in the catalogue already.
  private func gather(_ lines: [ViewLine]) {
    for line in lines {
      if let index = views.lastIndex(where: { $0.view == line.view }),
        views[index].offset + views[index].bytes.count == line.offset
      {
        views[index].bytes += line.bytes
      } else {
        views.append(line)
      }
    }
  }

  private func path(_ view: ViewLine.View) -> String {
    switch view {
    case .catalogue(let name): spool.layout.catalogue(name)
    case .ledger(let name): spool.layout.ledger(name)
    }
  }

  private func length(_ view: ViewLine.View) -> Int {
    switch view {
    case .catalogue(let name): state.datasets[name]?.length ?? 0
    case .ledger(let name): state.tasks[name]?.ledgerLength ?? 0
    }
  }

  /// Writes what comes before a manifest's lines in a catalogue.
  func fill(_ dataset: DatasetEntry?) throws {
    if let dataset, dataset.readable < dataset.length { try commit() }
    try writeViews()
  }

  /// A manifest's lines are in the catalogue, and durable there.
  func noteCatalogue(_ name: Name) {
    unsettled.insert(.catalogue(name))
    if let dataset = state.datasets[name] { dataset.readable = dataset.length }
  }

  var isCheckpointDue: Bool { journal.lines >= spool.config.checkpointEvery }

  /// Cuts the views to what counts, makes them durable, and writes the state down (DESIGN 4).
  func checkpoint() throws {
    try commit()
    try writeViews()
    for dataset in state.datasets.values { dataset.readable = dataset.length }
    for view in unsettled { try spool.settleView(path(view), length: length(view)) }
    unsettled = []
    try lease.check()
    try journal.checkpoint(state.json) { segment throws(FileError) in
      try lease.note(segment: segment)
    }
  }

  func close() {
    journal.close()
    lease.release()
  }
}
