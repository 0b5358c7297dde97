internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The one reader that follows the spool for all viewers: at each look it reads what has changed, puts
/// the new snapshot in place, and publishes events. It has no thread and no clock of its own.
final class Follower {
  private let spool: Spool
  private let version: String
  private let store: SnapshotStore
  private let events: EventLog
  private let counters: Counters

  private var snapshot = Snapshot()
  private var rooms = TaskRooms()
  private var datasets = RoomLook(.datasets)
  private var datasetStamps = PageStamps()
  private var tails = LedgerTails()
  private var pilots = PilotFollower()
  private var readyMarks: [Queue: (mark: DirectoryMark, changed: Timestamp)] = [:]
  /// The queues that have lanes, of which their directory's mark tells nothing.
  private var lanedQueues: Set<Queue> = []
  private var watcherStamp: Int64?
  /// Names that were missing at the last look: one look may miss an entry of a directory that changes.
  private var missing: Set<Name> = []
  private var missingDatasets: Set<Name> = []
  private var dirtyTasks: Set<Name> = []
  private var dirtyPilots: Set<PilotName> = []
  private var lastSummary: Timestamp?
  private var pending: [(kind: String, task: Name?, isOfTaskAlone: Bool, data: [UInt8])] = []

  /// Events of tasks, and of pilots, that a look publishes; what is beyond comes with the next look.
  static let mostTaskEvents = 500
  static let mostPilotEvents = 100

  init(
    _ spool: Spool, version: String, store: SnapshotStore, events: EventLog, counters: Counters
  ) {
    self.spool = spool
    self.version = version
    self.store = store
    self.events = events
    self.counters = counters
  }

  /// Looks at the spool once. A part that the filesystem refuses stays as it was.
  func look(at now: Timestamp) {
    snapshot.trouble = nil
    part { () throws(FileError) in try lookAtWatcher() }
    part { () throws(FileError) in snapshot.disk = try spool.usage() }
    part { () throws(FileError) in try lookAtTasks(now) }
    part { () throws(FileError) in try lookAtDatasets(now) }
    part { () throws(FileError) in
      let changed = try pilots.look(spool, names: pilotNames, &snapshot.pilots)
      dirtyPilots.formUnion(changed.changed)
      for gone in changed.gone { tellGone("pilot", gone.text, task: nil) }
    }
    part { () throws(FileError) in try lookAtQueues(now) }
    part { () throws(FileError) in try readLedgers() }
    if !snapshot.isComplete {
      part { () throws(FileError) in
        let newest = snapshot.newest.lazy.compactMap { Name($0.name) }
          .compactMap { [tasks = snapshot.tasks] in tasks[$0] }
        try HistorySeed(spool, at: now).fill(&snapshot.history, Array(newest))
      }
    }
    snapshot.isComplete = true
    store.set(snapshot)
    publish(now)
  }

  private func part(_ body: () throws(FileError) -> Void) {
    do throws(FileError) {
      try body()
    } catch {
      snapshot.refused += 1
      snapshot.trouble = "\(error)"
    }
  }

  // MARK: Watcher and queues

  private func lookAtWatcher() throws(FileError) {
    guard let seen = try spool.watcherAttributes() else {
      snapshot.watcher = nil
      return
    }
    guard seen.modified != watcherStamp else { return }
    guard let record = spool.watcherRecord() else { return }
    watcherStamp = seen.modified
    snapshot.watcher = Snapshot.WatcherRow(record: record, beat: seen.modifiedAt)
  }

  private func lookAtQueues(_ now: Timestamp) throws(FileError) {
    for queue in Queue.allCases {
      let mark = try spool.readyMark(queue)
      if let last = readyMarks[queue], last.mark == mark {
        guard now - last.changed < .seconds(3) || lanedQueues.contains(queue) else { continue }
      } else {
        readyMarks[queue] = (mark, now)
      }
      let listings = try spool.readyListings(queue, fresh: false)
      if listings.count > 1 { lanedQueues.insert(queue) } else { lanedQueues.remove(queue) }
      snapshot.ready[queue] = listings.flatMap { $0.names.compactMap { JobName(fileName: $0) } }
    }
  }

  // MARK: Tasks

  private func lookAtTasks(_ now: Timestamp) throws(FileError) {
    guard let seen = try rooms.look(spool, at: now) else { return }
    let isFirst = !snapshot.isComplete
    var isReordered = false
    for page in seen.changed {
      guard let read = spool.read(page).flatMap({ TaskPage($0) }) else {
        rooms.forget(page)
        continue
      }
      if put(TaskRow(read), isFirst: isFirst, now) { isReordered = true }
    }
    let gone = Set(snapshot.tasks.keys).subtracting(seen.names)
    for name in gone where missing.contains(name) {
      snapshot.tasks[name] = nil
      isReordered = true
      rooms.forget(name)
      tellGone("task", name.text, task: name)
    }
    missing = gone
    if isReordered {
      snapshot.newest = snapshot.tasks.values.map(\.cursor).sorted(by: TaskRow.isNewer)
    }
    followLedgers(isFirst: isFirst)
  }

  /// Puts a page into the snapshot. Returns true if the order of tasks has changed.
  private func put(_ row: TaskRow, isFirst: Bool, _ now: Timestamp) -> Bool {
    let old = snapshot.tasks[row.name]
    snapshot.tasks[row.name] = row
    dirtyTasks.insert(row.name)
    if !isFirst, !row.isChain {
      let isSame = old?.accepted == row.accepted
      snapshot.history.add(
        done: max(0, row.jobs.done - (isSame ? old?.jobs.done ?? 0 : 0)),
        failed: max(0, row.jobs.failed - (isSame ? old?.jobs.failed ?? 0 : 0)), at: now)
    }
    return old?.cursor != row.cursor
  }

  private func followLedgers(isFirst: Bool) {
    let inWork = snapshot.tasks.values.filter { !$0.isChain && !$0.state.hasEnded }.map(\.name)
    let changed = dirtyTasks.filter { snapshot.tasks[$0]?.isChain == false }
    tails.follow(inWork: inWork, changed: Array(changed), isFirst: isFirst, spool)
  }

  private func readLedgers() throws(FileError) {
    var left = LedgerTails.mostLines
    let followed = events.followed
    for name in tails.tasks where left > 0 {
      let task = Array(name.text.utf8)
      left -= try tails.read(name, spool, most: left) { line in
        guard let head = LedgerHead(line, of: task) else { return }
        counters.count { $0.attempts.count(head, line) }
        guard followed.contains(name), let json = try? JSON.parse(line) else { return }
        pending.append(("attempt", name, true, json.unsealed.compact))
      }
    }
  }

  // MARK: Datasets

  private func lookAtDatasets(_ now: Timestamp) throws(FileError) {
    guard try datasets.look(spool, at: now) else { return }
    for name in datasets.names {
      let page = Spool.Page.dataset(name)
      guard try datasetStamps.hasChanged(page, spool) else { continue }
      guard let json = spool.read(page), let read = DatasetPage(json) else {
        datasetStamps.forget(page)
        continue
      }
      let row = Snapshot.DatasetRow(summary: read.summary, text: read.json.compact)
      snapshot.datasets[name] = row
      pending.append(("dataset", nil, false, row.text))
    }
    let gone = Set(snapshot.datasets.keys).subtracting(datasets.names)
    for name in gone where missingDatasets.contains(name) {
      snapshot.datasets[name] = nil
      datasetStamps.forget(.dataset(name))
      tellGone("dataset", name.text, task: nil)
    }
    missingDatasets = gone
  }

  // MARK: Pilots and events

  private var pilotNames: () throws(FileError) -> [PilotName] {
    { [spool] () throws(FileError) in try spool.running(fresh: false).pilots }
  }

  private func tellGone(_ kind: String, _ name: String, task: Name?) {
    let data: JSON = ["kind": .string(kind), "name": .string(name)]
    pending.append(("gone", task, false, data.compact))
  }

  private func publish(_ now: Timestamp) {
    for name in dirtyTasks.sorted().prefix(Self.mostTaskEvents) {
      dirtyTasks.remove(name)
      if let row = snapshot.tasks[name] { pending.append(("task", name, false, row.text)) }
    }
    for name in dirtyPilots.sorted().prefix(Self.mostPilotEvents) {
      dirtyPilots.remove(name)
      guard let row = snapshot.pilots[name] else { continue }
      let json = row.json(at: now, deadAfter: spool.config.deadAfter)
      pending.append(("pilot", nil, false, json.compact))
    }
    if lastSummary.map({ now - $0 >= .seconds(1) || now < $0 }) ?? true {
      lastSummary = now
      let summary = snapshot.summary(spool, version: version, at: now)
      pending.append(("summary", nil, false, summary.compact))
    }
    events.publish(pending)
    pending.removeAll(keepingCapacity: true)
  }
}
