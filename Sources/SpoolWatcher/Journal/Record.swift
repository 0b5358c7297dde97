public import SpoolModel

/// A line of the journal: a fact that the watcher has decided. The state is the sum of the records.
/// To know what was promised, a restart reads nothing else (R6, R8).
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
  /// The list of a task's groups is made, and its jobs are formed of that.
  case grouped(InputsGrouped)
  /// Jobs were formed.
  case formed(JobsFormed)
  /// A further attempt of a job is issued (R4).
  case attempt(JobID, attempt: Int)
  /// A result was accepted. If it has outputs, the watcher publishes them next (R3).
  case accepted(ResultAccepted)
  /// The outputs of an accepted result have their final names.
  case published(JobID)
  /// An attempt did not succeed.
  case failed(AttemptFailed)
  /// The watcher discarded a result. These parts of it are to be removed after the grace period.
  case discarded([String], at: Timestamp)
  /// These parts, which a discarded attempt may have left, are gone.
  case swept([String])
  /// A person gave an order about a task or chain.
  case control(ControlAccepted)
  /// Jobs that had failed for good are in work again.
  case revived(JobsRevived)
  /// Files of a job that is to be split are jobs of their own now.
  case split(JobSplit)
  /// The watcher put a pilot into quarantine. The failures that it caused no longer count against
  /// the jobs.
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
  /// With `tells`, the site's command is to be told, which ``told(_:)`` answers.
  case ended(task: Name, state: TaskState, at: Timestamp, reason: String?, tells: Bool = false)
  /// The site's command has been told of the end of a task or chain.
  case told(Name)
  /// The archive of a task, or of a chain with its steps, is complete. The originals are to be
  /// removed.
  case packed(Name, at: Timestamp)
  /// The archive of a task or chain is to be removed.
  case expired(Name, at: Timestamp)
  /// The originals of a packed task or chain are gone. After `expired` the archive is gone, too,
  /// and the names are free.
  case cleared(Name)
  /// A dataset is forgotten, and its catalogue is to be removed.
  case forgotten(dataset: Name)
}

/// An error: a record that contradicts the state. Either the journal is damaged or the watcher has
/// a fault. It ends the watcher, which must not act upon a state that may be wrong.
public struct Contradiction: Error, CustomStringConvertible {
  /// The type of the record, as the journal has it.
  public internal(set) var type = "?"
  /// The contradiction, in words.
  public let reason: String

  init(_ reason: String) { self.reason = reason }

  /// The message for the log.
  public var description: String { "the record \"\(type)\" cannot follow: \(reason)" }
}
