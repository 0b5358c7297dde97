internal import SpoolModel
internal import SpoolStore

/// The volatile knowledge beside ``SpoolState``: where the files of issued jobs are as far as is
/// known, what tasks wait for, and how much of each catalogue may be read. None of it is in the
/// journal; the restart scan finds it out anew (R8).
final class Placement {
  /// Where the file of an issued job is.
  enum Place {
    /// It is to be put into ready after the commit.
    case queued
    case ready
    /// It is no longer in ready: a pilot has it, or its result is on the way.
    case claimed
    /// It was taken back out of ready, and the job waits for another attempt (R4).
    case parked
    /// After a restart it has not been found yet (R8).
    case unknown
  }

  /// A job's phase with its place.
  enum Whereabouts: Equatable {
    case issued(Place)
    case waiting
    case publishing
  }

  private struct Found {
    var attempt: Int
    var place: Place
  }

  private var places: [Name: [Int: Found]] = [:]
  /// The dataset that is not there and that a task waits for.
  private var missing: [Name: Name] = [:]
  /// The dataset that lacks files and that a task needs whole.
  private var lacking: [Name: Name] = [:]
  /// Bytes of each catalogue that count and are written.
  private var readable: [Name: Int] = [:]

  // MARK: Jobs

  /// Returns where the file of a job's present attempt is; queued until something else is known.
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

  func put(_ place: Place, _ id: JobID, attempt: Int) {
    places[id.task, default: [:]][id.index] = Found(attempt: attempt, place: place)
  }

  /// Forgets a job that has ended, or whose attempt failed.
  func forget(_ id: JobID) { places[id.task]?[id.index] = nil }

  /// Forgets the jobs of a task that has ended.
  func forgetJobs(of task: Name) { places[task] = nil }

  /// Returns the jobs of a task that are parked, by index.
  func parked(in task: Name) -> [Int] {
    (places[task] ?? [:]).filter { $0.value.place == .parked }.keys.sorted()
  }

  // MARK: Tasks

  /// Returns the state of a task as people see it: active, or waiting for a dataset.
  func status(of task: TaskEntry) -> TaskState {
    let waits = missing[task.name] != nil || lacking[task.name] != nil
    return task.state == .active && waits ? .waiting : task.state
  }

  /// Returns the same of a chain, from its steps.
  func status(of chain: ChainEntry, in state: SpoolState) -> TaskState {
    SpoolState.state(of: Set(state.steps(of: chain).map(status)))
  }

  func missing(for task: Name) -> Name? { missing[task] }
  func lacking(for task: Name) -> Name? { lacking[task] }
  func setMissing(_ dataset: Name?, for task: Name) { missing[task] = dataset }
  func setLacking(_ dataset: Name?, for task: Name) { lacking[task] = dataset }

  /// Forgets a task that is packed.
  func forget(task: Name) {
    places[task] = nil
    missing[task] = nil
    lacking[task] = nil
  }

  // MARK: Datasets

  /// Returns the bytes of a catalogue that may be read: a line counts once it is recorded, but is
  /// written only after the commit, and nobody may read it before that.
  func readable(_ dataset: Name) -> Int { readable[dataset] ?? 0 }

  func setReadable(_ length: Int?, of dataset: Name) { readable[dataset] = length }

  /// Returns whether nothing can follow what may be read of a dataset.
  func isWhole(_ dataset: DatasetEntry) -> Bool {
    dataset.state != .open && readable(dataset.name) == dataset.length
  }
}
