internal import SpoolModel
internal import SpoolStore

/// Forms jobs of tasks from their lists and datasets, no more than pilots can use. In come the
/// state and catalogues; out go `formed` records, and job files for ``ReadyFeeder``. A source is
/// read in one direction, from the place that the last record names, so no input is given to two
/// jobs of a task.
struct JobFormation {
  private let reader: InputReader
  private let readiness: TaskReadiness
  private let enqueuer: JobEnqueuer
  private let ready: ReadyFeeder
  private let order: FeedOrder

  /// The largest number of jobs that are brought into work at a time: formed of one source, issued
  /// again, or revived.
  static let mostPerTurn = 2000

  init(
    _ spool: Spool, readiness: TaskReadiness, enqueuer: JobEnqueuer, ready: ReadyFeeder,
    order: FeedOrder
  ) {
    self.order = order
    reader = InputReader(spool: spool)
    self.readiness = readiness
    self.enqueuer = enqueuer
    self.ready = ready
  }

  /// Forms jobs of a task, as many as there is room for. Returns true if there were any.
  func form(_ name: Name, _ turn: Turn) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name], readiness.mayForm(task, turn) else { return false }
    if case .datasets(let names) = task.spec.input, task.spec.isOneMerge {
      return try formOverAll(task, names, turn)
    }
    guard turn.placement.mayReadInputs(of: task) else { return false }
    var hasFormed = false
    for source in task.next.indices {
      let room = min(ready.findRoom(for: task, turn), Self.mostPerTurn)
      guard room > 0 else { break }
      if try form(name, source, room, turn) { hasFormed = true }
    }
    return hasFormed
  }

  /// Forms up to `room` jobs of one source. Returns true if there were any.
  private func form(
    _ name: Name, _ source: Int, _ room: Int, _ turn: Turn
  ) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name] else { return false }
    let most = min(room, Limits.jobsPerTask - task.formed)
    let all = try reader.groups(task, source: source, from: task.next[source], limit: most, turn)
    guard let last = all.last else { return false }
    let first = task.formed
    // Files that are gone make no job, but the task has come past them.
    let isEmpty = { (group: InputReader.Group) in
      group.inputs.count == 0 && !task.spec.inputDatasets.isEmpty
    }
    let groups = all.filter { !isEmpty($0) }
    turn.record(
      .formed(
        JobsFormed(
          task: name, first: first, source: source, offsets: groups.map(\.offset),
          files: groups.map(\.count), roots: groups.map { $0.root ?? $0.offset }, next: last.next)))
    for (index, group) in groups.enumerated() {
      let id = JobID(task: name, index: first + index)
      enqueuer.enqueue(id, of: task, group.inputs, isNew: true, turn)
    }
    return true
  }

  /// Forms the one job of a task that reads all of its files in one job, once its datasets are
  /// complete.
  private func formOverAll(
    _ task: TaskEntry, _ names: [Name], _ turn: Turn
  ) throws(FileError) -> Bool {
    guard readiness.mayFormOverAll(task, names, turn), order.allowance(of: task, turn) > 0 else {
      return false
    }
    let inputs = try reader.everything(of: task.spec, turn)
    guard inputs.count > 0 else { return false }
    turn.record(
      .formed(
        JobsFormed(
          task: task.name, first: 0, source: JobEntry.all, offsets: [0], files: [inputs.count],
          roots: [0], next: Int.max)))
    enqueuer.enqueue(JobID(task: task.name, index: 0), of: task, inputs, isNew: true, turn)
    return true
  }
}
