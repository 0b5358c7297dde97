internal import SpoolModel
internal import SpoolStore

/// Makes the lists of tasks whose inputs are in groups: the files of closed datasets, by group. In come
/// catalogues; out go a list for ``InputReader``, which ``Placement`` tells of, and its `grouped`
/// record. It sorts on the spool's disk, a stretch a turn, and holds one run of lines in memory. A list
/// that is lost is made again from the same bytes of the catalogues.
final class TaskGroups: Stage {
  /// A list that is being made.
  private final class Making {
    let list: GroupList
    /// The bytes of each catalogue whose files are in the list.
    let lengths: [Int]
    /// The dataset that is being read, and the place in its catalogue.
    var source = 0
    var offset = 0
    /// The number of files that were read.
    var files = 0
    /// The group that is being written, and the number of its files.
    var group: [UInt8]?
    var size = 0
    /// The number of jobs so far.
    var jobs = 0

    init(_ list: GroupList, _ lengths: [Int]) {
      self.list = list
      self.lengths = lengths
    }
  }

  private let spool: Spool
  private let reader: InputReader
  private let readiness: TaskReadiness
  private var makings: [Name: Making] = [:]
  /// The times until which nothing is tried, since the filesystem refused something.
  private var pauses: [Name: Instant] = [:]
  /// Tasks that have ended, and whose lists are to be removed.
  private var leaving: Set<Name> = []
  private var nextRemoval = Instant.distantPast

  /// The time after which a list is begun again that the filesystem refused.
  static let pause = Duration.seconds(10)
  /// The files that are read or written between two looks at the clock.
  private static let stretch = 256

  init(_ spool: Spool, readiness: TaskReadiness) {
    self.spool = spool
    self.readiness = readiness
    reader = InputReader(spool: spool)
  }

  /// Removes what a former watcher left that no task in work needs.
  func resume(_ turn: Turn) {
    let needed = turn.state.liveTasks.filter { $0.groups != nil }.map(\.name)
    do throws(FileError) {
      try spool.removeGroups(but: Set(needed))
    } catch {
      turn.note(error, "lists of groups")
    }
  }

  /// Makes a stretch of a task's list, if the task needs one. Returns true if there was anything to do.
  func prepare(_ task: TaskEntry, _ turn: Turn) throws(FileError) -> Bool {
    guard !turn.placement.mayReadInputs(of: task) else { return false }
    let name = task.name
    guard turn.now >= pauses[name] ?? .distantPast, try isNeeded(task, turn) else { return false }
    do throws(FileError) {
      try work(task, turn)
      return true
    } catch {
      abandon(name)
      pauses[name] = turn.now + Self.pause
      throw error
    }
  }

  /// Returns true if a task's list is to be made. If it is there, notes that instead.
  private func isNeeded(_ task: TaskEntry, _ turn: Turn) throws(FileError) -> Bool {
    guard let groups = task.groups else {
      // An order to try it again is carried out first, since this may end the task.
      return task.revival == nil && readiness.mayForm(task, turn)
        && readiness.mayFormOverAll(task, task.spec.inputDatasets, turn)
    }
    guard makings[task.name] == nil,
      try spool.attributes(of: .groups(task.name))?.size ?? 0 == groups.length
    else { return true }
    turn.placement.setGroups(true, of: task.name)
    return false
  }

  private func work(_ task: TaskEntry, _ turn: Turn) throws(FileError) {
    let budget = turn.budget()
    let making = try making(of: task, turn)
    while making.source < making.lengths.count {
      if let problem = try read(making, task, budget, turn) { return end(task, problem, turn) }
      if budget.isOver { return }
    }
    while true {
      for _ in 0..<Self.stretch {
        guard let group = try making.list.writeNext() else {
          return try finish(making, task, turn)
        }
        if let problem = count(group, making, task) { return end(task, problem, turn) }
      }
      if budget.isOver { return }
    }
  }

  private func making(of task: TaskEntry, _ turn: Turn) throws(FileError) -> Making {
    if let making = makings[task.name] { return making }
    let lengths = task.groups?.lengths ?? lengths(task, turn)
    let making = Making(try spool.beginGroups(of: task.name), lengths)
    makings[task.name] = making
    return making
  }

  private func lengths(_ task: TaskEntry, _ turn: Turn) -> [Int] {
    task.spec.inputDatasets.map { turn.state.datasets[$0]?.length ?? 0 }
  }

  /// Reads on in a catalogue, as far as there is time. Returns what is wrong with one of its files, or nil.
  private func read(
    _ making: Making, _ task: TaskEntry, _ budget: StageBudget, _ turn: Turn
  ) throws(FileError) -> String? {
    let end = making.lengths[making.source]
    guard making.offset < end, let key = task.spec.groupBy,
      let dataset = turn.state.datasets[task.spec.inputDatasets[making.source]]
    else {
      making.source += 1
      making.offset = 0
      return nil
    }
    guard turn.placement.readable(dataset.name) >= end else {
      throw FileError("read all of", spool.place(of: .catalogue(dataset.name)), Errno.busy)
    }
    var problem: String?
    let start = making.offset
    try reader.visit(dataset, from: start, to: end, turn) { file, line throws(FileError) in
      guard let group = key.key(of: file.file.path) else {
        problem = key.problem(with: file.file.path)
        return false
      }
      let order = task.spec.order.key(of: file, number: making.files)
      try making.list.add(line.bytes, group: group, order: order)
      making.files += 1
      making.offset = line.next
      return making.files % Self.stretch != 0 || !budget.isOver
    }
    if making.files > Limits.groupedFiles {
      problem = "\"groupBy\" is for up to \(Limits.groupedFiles) files, and its input has more"
    }
    // The header is a catalogue's only line without a file.
    if problem == nil, making.offset == start { making.offset = end }
    return problem
  }

  /// Counts a file of a group, and the jobs. Returns what is wrong, or nil.
  private func count(_ group: ArraySlice<UInt8>, _ making: Making, _ task: TaskEntry) -> String? {
    if making.group.map({ $0.elementsEqual(group) }) != true {
      making.group = Array(group)
      making.size = 0
    }
    making.size += 1
    switch task.spec.filesPerJob {
    case .files(let most): if making.size % most == 1 || most == 1 { making.jobs += 1 }
    case .all:
      if making.size == 1 { making.jobs += 1 }
      guard making.size <= Limits.filesPerJob else {
        let key = String(decoding: group, as: UTF8.self)
        return "the group \"\(key)\" has more than \(Limits.filesPerJob) files: \"filesPerJob\" "
          + "makes several jobs of it"
      }
    }
    return nil
  }

  private func finish(_ making: Making, _ task: TaskEntry, _ turn: Turn) throws(FileError) {
    // Files may have joined since, if a task that fills a dataset was tried again.
    guard task.groups != nil || making.lengths == lengths(task, turn) else {
      return abandon(task.name)
    }
    let length = try making.list.finish()
    makings[task.name] = nil
    if let groups = task.groups, groups.length != length {
      return end(task, "the list of its groups is lost, and its input is another now", turn)
    }
    if task.groups == nil {
      turn.record(
        .grouped(
          InputsGrouped(
            task: task.name, lengths: making.lengths, length: length, jobs: making.jobs)))
    }
    turn.placement.setGroups(true, of: task.name)
  }

  private func end(_ task: TaskEntry, _ reason: String, _ turn: Turn) {
    abandon(task.name)
    turn.record(.ended(task: task.name, state: .failed, at: turn.date, reason: reason))
    turn.say("task \(task.name) is failed: \(reason)")
  }

  private func abandon(_ name: Name) {
    makings.removeValue(forKey: name)?.list.abandon()
  }

  /// Notes that a task's list is not as it was written, or is gone: it is made again.
  func noteLost(_ name: Name, _ turn: Turn) {
    guard let task = turn.state.tasks[name], turn.placement.mayReadInputs(of: task) else { return }
    turn.placement.setGroups(false, of: name)
    turn.say("the list of the groups of \(name) is lost or damaged: it is made again")
    do throws(FileError) {
      try spool.removeGroups(of: name)
    } catch {
      turn.note(error, "the groups of \(name)")
    }
  }

  /// Notes that a task has ended: its list goes. If it is tried again, the list is made again.
  func noteEnded(task name: Name, _ turn: Turn) {
    abandon(name)
    pauses[name] = nil
    turn.placement.setGroups(false, of: name)
    if turn.state.tasks[name]?.groups != nil { leaving.insert(name) }
  }

  func nextDue(_ turn: Turn) -> Instant? { leaving.isEmpty ? nil : nextRemoval }

  /// Removes the lists of tasks that have ended. What the filesystem refuses is tried again.
  func act(_ turn: Turn) {
    guard !leaving.isEmpty, turn.now >= nextRemoval else { return }
    for name in leaving.sorted() {
      do throws(FileError) {
        if turn.state.tasks[name]?.state.hasEnded ?? true { try spool.removeGroups(of: name) }
        leaving.remove(name)
      } catch {
        turn.note(error, "the groups of \(name)")
        nextRemoval = turn.now + Self.pause
      }
    }
  }
}
