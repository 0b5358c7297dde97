public import SpoolModel

/// A line of the journal: a fact that has been decided. The state is the sum of the records, and a
/// restart reads nothing else to know what was promised (R6, R8).
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
  /// Jobs were formed.
  case formed(JobsFormed)
  /// A further attempt of a job is issued (R4).
  case attempt(JobID, attempt: Int)
  /// A result was accepted; its outputs, if it has any, are to be published next (R3).
  case accepted(ResultAccepted)
  /// The outputs of an accepted result have their final names.
  case published(JobID)
  /// An attempt did not succeed.
  case failed(AttemptFailed)
  /// A result that does not count was put aside; these parts of it are to be removed.
  case discarded([String], at: Timestamp)
  /// The parts that a discarded attempt may have left are removed.
  case swept([String])
  /// A person's order about a task or chain.
  case control(ControlAccepted)
  /// Jobs that had failed for good are in work again.
  case revived(JobsRevived)
  /// A pilot was quarantined; the failures that it caused no longer count against the jobs.
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
  case ended(task: Name, state: TaskState, at: Timestamp, reason: String?)
  /// The archive of a task, or of a chain with its steps, is complete; the originals are to be
  /// removed.
  case packed(Name, at: Timestamp)
  /// The archive of a task or chain is to be removed.
  case expired(Name, at: Timestamp)
  /// The originals of a packed task or chain are gone; after `expired` the archive is, too, and the
  /// names are free.
  case cleared(Name)
  /// A dataset is forgotten, and its catalogue is to be removed.
  case forgotten(dataset: Name)
}

/// A record that the state contradicts: the journal is damaged, or the watcher has a fault. It ends
/// the watcher, because a state that is half right must not be acted upon.
public struct ImpossibleRecord: Error, CustomStringConvertible {
  /// The record's type, as the journal has it.
  public var type: String
  /// The contradiction.
  public var reason: String

  public var description: String { "the record \"\(type)\" cannot follow: \(reason)" }
}
