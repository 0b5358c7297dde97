public import SpoolModel

/// What the journal records: each a fact that has been decided. The state is the sum of them, and
/// a restart reads nothing else to know what was promised (R6, R8).
public enum Record: Sendable {
  /// A task was accepted.
  case task(TaskAccepted)
  /// A chain was accepted, and with it the tasks of its steps.
  case chain(ChainAccepted)
  /// Lines of a manifest were added to a dataset's catalogue, which is durable up to `length`.
  case manifest(ManifestAccepted)
  /// Files of a watched directory joined a dataset, or its marker was seen.
  case joined(FilesJoined)
  /// A dataset takes no more files.
  case closed(dataset: Name, isComplete: Bool)
  /// Jobs were formed: from `first` on, each with where its inputs begin and how many they are.
  case formed(JobsFormed)
  /// A further attempt of a job is issued (R4).
  case attempt(JobID, attempt: Int)
  /// A result was accepted: with outputs, they are to be published next (R3).
  case accepted(ResultAccepted)
  /// The outputs of an accepted result have their final names.
  case published(JobID)
  /// An attempt did not succeed.
  case failed(AttemptFailed)
  /// A result that does not count was put aside; these parts of it are to be removed.
  case discarded([String], at: Int)
  /// The parts that a discarded attempt may have left are removed.
  case swept([String])
  /// A person's order about a task.
  case control(ControlAccepted)
  /// Jobs that had failed for good are in work again.
  case revived(JobsRevived)
  /// A pilot was set aside; what it cost jobs in work is given back to them.
  case quarantined(PilotQuarantined)
  /// A dataset is to be deleted.
  case deleting(DeletionAccepted)
  /// Files of a dataset are to be removed.
  case removing(RemovalOrdered)
  /// Files of a dataset are removed.
  case removed(RemovalAdvanced)
  /// All files of a dataset that was to be deleted are gone.
  case deleted(Name)
  /// A task has ended.
  case ended(task: Name, state: TaskState, at: Int, reason: String?)
  /// All that is kept of a task, or of a chain with its steps, is in `archive/`; what lies elsewhere
  /// of it is to be removed.
  case packed(Name, at: Int)
  /// All that is kept of it is to be removed.
  case expired(Name, at: Int)
  /// What was to be removed of it is gone; with all of it, its names are free.
  case cleared(Name)
  /// A dataset is no more, and its catalogue is to be removed.
  case forgotten(dataset: Name)
}

public struct TaskAccepted: Sendable {
  public var spec: TaskSpec
  public var incarnation: String
  /// uid.
  public var owner: Int
  /// Epoch milliseconds.
  public var at: Int
  /// CRC-32 of the request's bytes: knows a request that is seen again after a crash.
  public var digest: String
}

public struct ManifestAccepted: Sendable {
  public var dataset: Name
  /// The file's name, as it was dropped.
  public var origin: String
  public var digest: String
  /// How many files were added, and how long the catalogue is now.
  public var files: Int
  public var length: Int
  /// Of how many of them it says the size, and the sum.
  public var sized: Int
  public var bytes: Int
  /// Whether the manifest is wholly in: if not, more of it follows.
  public var isLast: Bool
  public var closes: Bool
  public var expected: Int?
  /// How long the files are kept, where it says that.
  public var retention: Retention?
  /// A directory whose files are to join from now on.
  public var watch: DirectoryWatch?
  /// uid.
  public var owner: Int?
  /// Epoch milliseconds.
  public var at: Int
}

public struct JobsFormed: Sendable {
  public var task: Name
  public var first: Int
  /// Which of the task's datasets they are of.
  public var source: Int
  /// Where the inputs of each begin: a byte of the catalogue, or an index of the list.
  public var offsets: [Int]
  /// How many inputs each has.
  public var files: [Int]
  /// Where the next job's inputs begin.
  public var next: Int
}

public struct ResultAccepted: Sendable {
  public var job: JobID
  public var attempt: Int
  public var result: JobResult
  /// The paths of its inputs, the first hundred.
  public var parents: [String]
}

public struct AttemptFailed: Sendable {
  public var job: JobID
  public var attempt: Int
  public var cause: Cause
  /// What the pilot wrote, if it could.
  public var result: JobResult?
  public var pilot: PilotName?
  public var reason: String?
  /// Epoch milliseconds at which it was registered.
  public var at: Int
  /// When the next attempt is due; nil if there is none.
  public var retryAt: Int?
  /// The memory limit of the next attempt, if it grew.
  public var memory: Int?
  /// Parts that it may have left.
  public var parts: [String]
  /// The first file that the job was to read, where it failed for good.
  public var input: String?
}

public struct ControlAccepted: Sendable {
  public var request: ControlRequest
  /// uid.
  public var owner: Int
  /// Epoch milliseconds.
  public var at: Int
  /// Knows the request again after a crash.
  public var key: String
}

public struct JobsRevived: Sendable {
  public struct Job: Sendable {
    public var index: Int
    /// The last that was issued.
    public var attempt: Int
    /// As in ``JobEntry``.
    public var source: Int
    public var offset: Int
    public var files: Int
    public var end: Int
    public var memory: Int?
    /// What it had failed of.
    public var cause: String
  }

  public var task: Name
  public var jobs: [Job]
  /// Epoch milliseconds.
  public var at: Int
  /// Where in the ledger those begin that the order is also for; nil where these are all.
  public var next: Int?
}

public struct PilotQuarantined: Sendable {
  public var pilot: PilotName
  public var reason: String
  /// Epoch milliseconds.
  public var at: Int
  public var jobs: [Forgiven]
}

/// Failed attempts of a job that do not count any more, by budget.
public struct Forgiven: Sendable, Equatable {
  public var job: JobID
  public var payload: Int
  public var infrastructure: Int
}
