internal import SpoolModel
internal import SpoolStore

/// The volatile knowledge beside ``SpoolState``: the places of issued jobs' files as far as they
/// are known, the datasets that tasks wait for, and the part of each catalogue that may be read.
/// None of it is in the journal; the restart scan finds it out again (R8).
final class Placement {
  /// The place of an issued job's file.
  enum Place {
    /// The watcher is to put it into ready after the commit.
    case queued
    /// It lies in ready.
    case ready
    /// It is no longer in ready: a pilot has it, or its result is on the way.
    case claimed
    /// The watcher took it back out of ready, and the job waits for another attempt (R4).
    case parked
    /// A restart scan has not found it yet (R8).
    case unknown
  }

  /// A job's phase with its place.
  enum Whereabouts: Equatable {
    case issued(Place)
    case waiting
    case publishing

    /// True for a job that waits for its next attempt.
    var awaitsAttempt: Bool {
      switch self {
      case .waiting, .issued(.parked): true
      case .issued, .publishing: false
      }
    }
  }

  /// A place, with the attempt that it is about.
  private struct Found {
    var attempt: Int
    var place: Place
  }

  private var places: [Name: [Int: Found]] = [:]
  /// The number of parked jobs, by task.
  private var parked: [Name: Int] = [:]
  /// The absent dataset that a task waits for, by task.
  private var awaited: [Name: Name] = [:]
  /// The incomplete dataset that a task needs whole, by task.
  private var incomplete: [Name: Name] = [:]
  /// What keeps a task from its first job, beside its datasets.
  struct Obstacle: Equatable {
    /// It in words.
    var words: String
    /// True if a `release` lets the task go on.
    var awaitsDecision = false
  }

  /// What keeps tasks from their first jobs, by task.
  private var obstacles: [Name: Obstacle] = [:]
  /// The number of bytes of each catalogue that both count and are written.
  private var readable: [Name: Int] = [:]
  /// The same of the lists of replaced files, of the datasets that have one.
  private var readableReplaced: [Name: Int] = [:]
  /// The lists that were read last, as far as they were read.
  private var replaced: [Name: ReplacedFiles] = [:]
  /// The largest number of lists that are kept in memory.
  private static let mostReplaced = 8

  /// The tasks whose lists of groups may be read.
  private var listed: Set<Name> = []

  // MARK: Jobs

  /// Returns the place of the file of a job's present attempt. It is `queued` until something else
  /// is known.
  func place(of id: JobID, _ job: JobEntry) -> Place {
    guard let found = places[id.task]?[id.index], found.attempt == job.attempt else {
      return .queued
    }
    return found.place
  }

  /// Returns a job's phase with its place.
  func whereabouts(of id: JobID, _ job: JobEntry) -> Whereabouts {
    switch job.phase {
    case .issued: .issued(place(of: id, job))
    case .waiting: .waiting
    case .publishing: .publishing
    }
  }

  /// Notes the place of the file of a job's attempt.
  func put(_ place: Place, _ id: JobID, attempt: Int) {
    let old = places[id.task, default: [:]].updateValue(
      Found(attempt: attempt, place: place), forKey: id.index)
    count(old: old?.place, new: place, of: id.task)
  }

  private func count(old: Place?, new: Place?, of task: Name) {
    guard (old == .parked) != (new == .parked) else { return }
    parked[task, default: 0] += new == .parked ? 1 : -1
  }

  /// Returns the number of a task's jobs that are in ready, with pilots, or being published: those
  /// that count against limits.
  func jobsInUse(of task: Name, _ state: SpoolState) -> Int {
    state.jobsInUse(of: task) - (parked[task] ?? 0)
  }

  /// Removes a job that has ended, or whose attempt failed.
  func remove(_ id: JobID) {
    let old = places[id.task]?.removeValue(forKey: id.index)
    count(old: old?.place, new: nil, of: id.task)
  }

  /// Removes the jobs of a task that has ended.
  func removeJobs(of task: Name) {
    places[task] = nil
    parked[task] = nil
  }

  // MARK: Tasks

  /// Returns the state of a task as people see it: an active task that lacks a dataset is waiting.
  func status(of task: TaskEntry) -> TaskState {
    let waits =
      awaited[task.name] != nil || incomplete[task.name] != nil || obstacles[task.name] != nil
    return task.state == .active && waits ? .waiting : task.state
  }

  /// Returns the state of a chain as people see it, computed from its steps.
  func status(of chain: ChainEntry, in state: SpoolState) -> TaskState {
    SpoolState.state(of: Set(state.steps(of: chain).map(status)))
  }

  /// Returns the absent dataset that a task waits for.
  func awaited(by task: Name) -> Name? { awaited[task] }
  /// Returns the incomplete dataset that a task needs whole.
  func incomplete(for task: Name) -> Name? { incomplete[task] }
  /// Returns what keeps a task from its first job; nil for nothing.
  func obstacle(to task: Name) -> Obstacle? { obstacles[task] }
  /// Notes what keeps a task from its first job.
  func setObstacle(_ obstacle: Obstacle?, to task: Name) { obstacles[task] = obstacle }
  /// Notes the absent dataset that a task waits for.
  func setAwaited(_ dataset: Name?, for task: Name) { awaited[task] = dataset }
  /// Notes the incomplete dataset that a task needs whole.
  func setIncomplete(_ dataset: Name?, for task: Name) { incomplete[task] = dataset }

  /// Removes a task that is packed, or in work again.
  func remove(task: Name) {
    removeJobs(of: task)
    awaited[task] = nil
    incomplete[task] = nil
    obstacles[task] = nil
    listed.remove(task)
  }

  /// Notes that the list of a task's groups may be read, or may not.
  func setGroups(_ areThere: Bool, of task: Name) {
    if areThere { listed.insert(task) } else { listed.remove(task) }
  }

  /// Returns false for a task whose inputs are in groups while the list of these is not there.
  func mayReadInputs(of task: TaskEntry) -> Bool {
    task.spec.groupBy == nil || task.spec.inputDatasets.isEmpty || listed.contains(task.name)
  }

  // MARK: Datasets

  /// Returns the number of bytes of a catalogue that may be read. A line counts once it is
  /// recorded, but the watcher writes it only after the commit, and nobody may read it before that
  /// (R3).
  func readable(_ dataset: Name) -> Int { readable[dataset] ?? 0 }

  /// Notes the number of bytes of a catalogue that may be read.
  func setReadable(_ length: Int?, of dataset: Name) {
    readable[dataset] = length
    if length == nil { setReadable(nil, ofReplaced: dataset) }
  }

  /// Returns the number of bytes of the list of a dataset's replaced files that may be read.
  func readable(replaced dataset: Name) -> Int { readableReplaced[dataset] ?? 0 }

  /// Notes the number of bytes of the list of a dataset's replaced files that may be read.
  func setReadable(_ length: Int?, ofReplaced dataset: Name) {
    readableReplaced[dataset] = length
    if length == nil { replaced[dataset] = nil }
  }

  /// Returns what has replaced files of these datasets, as far as it may be read. It costs nothing where
  /// nothing has. `say` is told of what was damaged.
  func replaced(
    of datasets: some Sequence<Name>, _ spool: Spool, _ say: (String) -> Void
  ) throws(FileError) -> [ReplacedFiles] {
    guard !readableReplaced.isEmpty else { return [] }
    var lists: [ReplacedFiles] = []
    for name in datasets {
      let end = readable(replaced: name)
      guard end > 0 else { continue }
      // Taken out, so that it is changed in its place.
      var list = replaced.removeValue(forKey: name) ?? ReplacedFiles(name)
      try Self.read(&list, to: end, spool, say)
      if replaced.count >= Self.mostReplaced { replaced = [:] }
      replaced[name] = list
      lists.append(list)
    }
    return lists
  }

  /// Reads a list on, and mends it from its copy where it is damaged, as often as that helps.
  private static func read(
    _ list: inout ReplacedFiles, to end: Int, _ spool: Spool, _ say: (String) -> Void
  ) throws(FileError) {
    while true {
      do throws(FileError) {
        return try list.read(to: end, spool)
      } catch {
        let view = Spool.View.replaced(list.dataset)
        guard case .damaged(let place) = error.reason,
          let good = try spool.repair(view, from: place, to: end)
        else { throw error }
        say(spool.words(ofRepair: view, from: place, to: good))
      }
    }
  }

  /// Returns true if a dataset takes no more files and all its lines may be read.
  func isClosedAndReadable(_ dataset: DatasetEntry) -> Bool {
    dataset.state != .open && readable(dataset.name) == dataset.length
      && readable(replaced: dataset.name) == dataset.replaced.length
  }
}
