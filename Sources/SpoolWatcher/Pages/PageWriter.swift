internal import SpoolModel
internal import SpoolStore

/// Writes the pages for people: `STATUS`, and a page for each task, chain and dataset; and `backlog.json`
/// for factories. In comes the state; out go files. A page is written at most once a second, and only if it changed. Exceptions
/// are the pages of tasks that ended, or that a person gave an order about: these are written at
/// once.
final class PageWriter: Stage {
  private let spool: Spool
  /// The epoch of this watcher (R7).
  private let epoch: Int
  private let ready: ReadyFeeder
  private let order: FeedOrder
  private let reservations: ReservationOrders
  private let pilots: PilotMonitor
  private let marks: WaterMarks
  private let directories: WatchedDirectories
  private let remover: FileRemover
  private let datasets: DatasetPages
  private var lastPages: Instant?
  /// The time of the last look at the pages of tasks and chains.
  private var lastTasks = Instant.distantPast
  /// The page of a task or chain as it was written last.
  private var written: [Name: (head: [UInt8], request: [UInt8])] = [:]
  /// The text of `STATUS` as it was written last.
  private var lastStatus: [UInt8] = []
  /// The backlog as it was written last.
  private var lastBacklog: Backlog?
  /// Tasks and chains that ended and whose summaries are to be written.
  private var ended: Set<Name> = []
  /// Tasks and chains with an order whose effect is to be shown.
  private var ordered: Set<Name> = []
  /// Tasks and chains in work whose pages are yet to be looked at, the next one last.
  private var unwritten: [Name] = []
  /// True if there was no time for all pages that are to be written at once.
  private var isBehind = false

  /// The least time between two writings of the pages.
  static let interval = Duration.seconds(1)
  /// The least time between two writings of the pages of tasks and chains while results wait, since
  /// pilots need the time more.
  static let rarely = Duration.seconds(5)

  init(
    _ spool: Spool, epoch: Int, ready: ReadyFeeder, order: FeedOrder,
    reservations: ReservationOrders, pilots: PilotMonitor, marks: WaterMarks,
    directories: WatchedDirectories, remover: FileRemover
  ) {
    self.directories = directories
    self.remover = remover
    datasets = DatasetPages(spool, directories: directories)
    self.spool = spool
    self.epoch = epoch
    self.marks = marks
    self.ready = ready
    self.order = order
    self.reservations = reservations
    self.pilots = pilots
  }

  /// Returns the time of the next writing, while tasks are in work or pages of datasets are out of
  /// date; else nil.
  func nextDue(_ turn: Turn) -> Instant? {
    if isBehind || !unwritten.isEmpty || datasets.isBehind { return .distantPast }
    guard !turn.state.live.isEmpty || datasets.isBusy else { return nil }
    return nextPages
  }

  private var nextPages: Instant { (lastPages ?? .distantPast) + Self.interval }

  /// Notes that a dataset's page may be out of date.
  func noteChanged(dataset: Name) { datasets.noteChanged(dataset) }

  /// Writes the pages that are due; fewer if results wait. With `isLast`, at the watcher's end, it
  /// writes all. `foreign` are the entries of `incoming/` that are not taken. If a page cannot be
  /// written, it is written later, and holds nothing up.
  func write(
    foreign: [Spool.Foreign], resultsWait: Bool = false, isLast: Bool = false, _ turn: Turn
  ) {
    isBehind = false
    writeOrdered(turn)
    writeSummaries(turn)
    // STATUS goes first: whatever time the other pages take, it is fresh.
    let isDue = isLast || isDue(turn)
    guard isDue || !unwritten.isEmpty || datasets.isBehind else { return }
    let waiting = ready.readyByTask
    if isDue {
      writeStatus(waiting, foreign: foreign, isLast: isLast, turn)
      writeBacklog(turn)
      noteUnwritten(onlyNew: resultsWait && turn.now < lastTasks + Self.rarely, turn)
    }
    writePages(waiting, turn)
    if isDue || datasets.isBehind { datasets.write(isDue: isDue, isLast: isLast, turn) }
  }

  /// Notes that the pages of all tasks and chains in work are to be looked at, or of those that have none
  /// yet: whoever sent them looks for it. Those that still wait from the last time go first.
  private func noteUnwritten(onlyNew: Bool, _ turn: Turn) {
    if !onlyNew { lastTasks = turn.now }
    let chains = turn.state.chains.values.filter { !turn.state.state(of: $0).hasEnded }
    let all = turn.state.liveTasks.map(\.name) + chains.map(\.name)
    let waiting = Set(unwritten)
    let due = all.filter { !waiting.contains($0) && (!onlyNew || written[$0] == nil) }
    unwritten = due.reversed() + unwritten
  }

  /// Writes pages of tasks and chains in work, as many as the turn has time for.
  private func writePages(_ waiting: [Name: Int], _ turn: Turn) {
    let budget = turn.budget()
    while let name = unwritten.popLast() {
      let isInWork =
        turn.state.tasks[name].map { !$0.state.hasEnded }
        ?? turn.state.chains[name].map { !turn.state.state(of: $0).hasEnded }
      if isInWork == true { writePage(name, waiting, turn) }
      if budget.isOver { break }
    }
  }

  private func isDue(_ turn: Turn) -> Bool { lastPages == nil || turn.now >= nextPages }

  /// Writes only `STATUS`, if it is due. Used when a turn failed.
  func writeStatus(foreign: [Spool.Foreign], _ turn: Turn) {
    if isDue(turn) { writeStatus(ready.readyByTask, foreign: foreign, isLast: false, turn) }
  }

  private func writeStatus(
    _ waiting: [Name: Int], foreign: [Spool.Foreign], isLast: Bool, _ turn: Turn
  ) {
    lastPages = turn.now
    let status = StatusPage(
      spool: spool, epoch: epoch, pilots: pilots.living, kept: reservations.kept, ready: waiting,
      shapes: ready.readyShapes, full: marks.reasons(turn),
      waits: { [self] in waits($0, waiting, turn) }, foreign: foreign,
      directories: directories,
      remover: remover,
      isLast: isLast)
    let text = status.text(turn)
    guard isLast || text != lastStatus else { return }
    do throws(FileError) {
      try spool.writeStatus(Array(status.heading(turn).utf8) + text)
      lastStatus = text
    } catch {
      turn.note(error)
    }
  }

  private func writeBacklog(_ turn: Turn) {
    let backlog = BacklogPage.backlog(epoch: epoch, order: order, marks: marks, turn)
    guard backlog != lastBacklog else { return }
    do throws(FileError) {
      try spool.write(backlog)
      lastBacklog = backlog
    } catch {
      turn.note(error)
    }
  }

  private func writePage(_ name: Name, _ ready: [Name: Int], _ turn: Turn) {
    guard let (_, head) = page(name, ready, turn) else { return }
    do throws(FileError) {
      try writePage(name, head, turn)
    } catch {
      turn.note(error)
    }
  }

  private func writePage(_ name: Name, _ head: [UInt8], _ turn: Turn) throws(FileError) {
    guard written[name]?.head != head else { return }
    let request = request(name, turn)
    try spool.write(TaskPage.text(head, request: request), to: .active(name))
    written[name] = (head, request)
  }

  /// Shows the effect of orders at once. A task in work has only a page in `running/`, even if it
  /// had ended before.
  private func writeOrdered(_ turn: Turn) {
    guard !ordered.isEmpty else { return }
    let waiting = ready.readyByTask
    let budget = turn.budget()
    for (number, name) in ordered.enumerated() {
      if number > 0, budget.isOver {
        isBehind = true
        break
      }
      do throws(FileError) {
        try showAtWork(name, waiting, turn)
        ordered.remove(name)
      } catch {
        turn.note(error)
      }
    }
  }

  /// Writes a page in `running/` for a task that is in work, and removes the summary that it may
  /// have had.
  private func showAtWork(_ name: Name, _ ready: [Name: Int], _ turn: Turn) throws(FileError) {
    guard let (state, head) = page(name, ready, turn), !state.hasEnded else { return }
    try writePage(name, head, turn)
    for failed in [false, true] {
      try spool.remove(.ended(name, failed: failed))
    }
  }

  /// Returns the state of a task or chain, and its page without the request.
  private func page(_ name: Name, _ ready: [Name: Int], _ turn: Turn) -> (TaskState, [UInt8])? {
    if let task = turn.state.tasks[name] {
      let page = TaskPage(
        task, turn.state, turn.placement, ready: ready[name] ?? 0, waits: waits(task, ready, turn))
      return (task.state, page.head)
    }
    guard let chain = turn.state.chains[name] else { return nil }
    let page = ChainPage(chain, turn.state, turn.placement, ready: ready)
    return (turn.state.state(of: chain), page.head)
  }

  /// Returns in words what holds up the jobs of a task that wait.
  private func waits(_ task: TaskEntry, _ ready: [Name: Int], _ turn: Turn) -> [String] {
    let page = TaskPage(task, turn.state, turn.placement, ready: ready[task.name] ?? 0)
    return page.hasBacklog ? order.reasons(task, turn) + reservations.reasons(task) : []
  }

  /// Returns the request of a task or chain as its page shows it. It is made once, because it may
  /// have megabytes.
  private func request(_ name: Name, _ turn: Turn) -> [UInt8] {
    if let request = written[name]?.request { return request }
    let source =
      turn.state.tasks[name]?.spec.source ?? turn.state.chains[name]?.accepted.spec.source
    return JSON.object(source ?? JSONObject()).pretty(indent: 2)
  }

  /// Writes the summaries of ended tasks and chains at once, because somebody may wait for them.
  private func writeSummaries(_ turn: Turn) {
    let budget = turn.budget()
    for (number, name) in ended.enumerated() {
      if number > 0, budget.isOver {
        isBehind = true
        break
      }
      do throws(FileError) {
        if let (state, head) = page(name, [:], turn), state.hasEnded {
          let text = TaskPage.text(head, request: request(name, turn))
          try spool.write(text, to: .ended(name, failed: state != .done))
          try spool.remove(.active(name))
          written[name] = nil
        }
        ended.remove(name)
      } catch {
        turn.note(error)
      }
    }
  }

  /// Notes that a task has ended, after the commit.
  func noteEnded(_ name: Name, _ turn: Turn) {
    ended.insert(name)
    if let chain = turn.state.tasks[name]?.chain { ended.insert(chain) }
  }

  /// Notes that an order was accepted, after the commit. An order about a chain or a step may
  /// concern all of the chain.
  func noteOrdered(_ name: Name, _ turn: Turn) {
    let state = turn.state
    guard let chain = state.chains[name] ?? state.tasks[name].flatMap(state.chain(of:)) else {
      ordered.insert(name)
      return
    }
    ordered.formUnion(chain.tasks + [chain.name])
  }

  /// The time after which the kernel has written a file to disk, with or without `fsync`.
  private static let settling = Duration.seconds(120)

  /// Finds ended tasks and chains without a summary. Of the latest it also checks that the summary
  /// is whole. A check of all would take too long.
  private func findUnwritten(_ turn: Turn) throws(FileError) {
    let all = turn.state
    let latest = all.tasks.values.compactMap(\.ended).max() ?? turn.date
    var names: [Bool: Set<Name>] = [:]
    for failed in [false, true] {
      names[failed] = Set(try spool.pages(in: .outcome(failed: failed), fresh: true))
    }
    let tasks = all.tasks.values.compactMap { task in
      task.ended.map { (task.name, task.state, $0) }
    }
    let chains = all.chains.values.compactMap { chain in
      all.end(ofUnit: chain.name).map { (chain.name, all.state(of: chain), $0) }
    }
    for (name, state, end) in tasks + chains {
      let page = Spool.Page.ended(name, failed: state != .done)
      let isThere = names[state != .done]?.contains(name) ?? false
      guard isThere else {
        ended.insert(name)
        continue
      }
      if latest - end <= Self.settling, try !spool.isWhole(page) { ended.insert(name) }
    }
  }

  /// Finds the pages to write after a restart, and removes pages in `running/` of tasks that have
  /// ended.
  func resume(_ turn: Turn) throws(FileError) {
    for task in turn.state.liveTasks { noteOrdered(task.name, turn) }
    datasets.resume(turn)
    try findUnwritten(turn)
    for name in try spool.running(fresh: true).tasks {
      guard let (state, _) = page(name, [:], turn), state.hasEnded else { continue }
      try spool.remove(.active(name))
    }
  }
}
