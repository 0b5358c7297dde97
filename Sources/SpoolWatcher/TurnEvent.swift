internal import SpoolModel
internal import SpoolStore

/// An event that one stage of a turn, or a record, tells other stages of. The watcher hands each
/// event to the stages that it concerns (`Watcher.handle`), so that no stage knows the others.
enum TurnEvent {
  // MARK: From records, at once

  /// A job's next attempt is due at this time.
  case retryDue(JobID, Timestamp)
  /// A held task goes on, or a task is retried. Its waiting jobs are due at their times.
  case taskResumed(Name)
  /// A part that a discarded attempt may have left is to be removed at this time.
  case partDiscarded(String, Timestamp)
  /// A task that had ended is in work again.
  case taskReopened(Name)
  /// Jobs of a task in ready are no longer right. They are to be taken back after the commit.
  case recall(Name)
  /// The jobs of a task have reported as many names as are summed.
  case reportsCut(Name)
  /// A dataset's page may be out of date.
  case datasetChanged(Name)
  /// Some files of a dataset may no longer be needed.
  case datasetUsed(Name)
  /// A task or chain is forgotten. Its files are to be removed after the commit.
  case unitForgotten(Name)
  /// A dataset is forgotten. Its catalogue is to be removed after the commit.
  case datasetForgotten(Name)

  // MARK: From records, once they are committed

  /// A task has ended.
  case taskEnded(Name)
  /// All steps of a chain have ended.
  case chainEnded(Name)
  /// An order about a task or chain was accepted.
  case ordered(Name)

  // MARK: From stages

  /// The list of a task's groups is not as it was written, or is gone.
  case groupsLost(Name)
  /// A job was taken back out of ready and waits for another attempt (R4).
  case parked(JobID)
  /// The outcome of a job's put into ready is in doubt. The job needs another attempt (R4).
  case putInDoubt(JobID)
  /// A result's outputs have their final names, or are refused. Its file may be cleared away.
  case published(InboxName)
  /// A result's outputs cannot be published.
  case publicationRefused(JobID, Cause, String)
  /// A result's task ended before the result was published. Its file is to be judged once more.
  case publicationAbandoned(InboxName)
  /// A pilot is gone.
  case pilotGone(PilotName)
  /// An order to keep room lies in a pilot's directory.
  case reserveSeen(PilotName)

  /// True if the stages may hear of it only after the commit.
  var awaitsCommit: Bool {
    switch self {
    case .taskEnded, .chainEnded, .ordered: true
    default: false
    }
  }
}

/// The events that are not handed over yet, in the order in which they came.
final class TurnEvents {
  private var queue: [TurnEvent] = []
  /// Events that wait for the commit.
  private var uncommitted: [TurnEvent] = []
  /// Events whose commit has come.
  private var committed: [TurnEvent] = []

  /// Takes an event.
  func emit(_ event: TurnEvent) {
    if event.awaitsCommit { uncommitted.append(event) } else { queue.append(event) }
  }

  /// Notes that all records are committed.
  func noteCommit() {
    committed += uncommitted
    uncommitted.removeAll(keepingCapacity: true)
  }

  /// Removes and returns the events that wait for nothing.
  func take() -> [TurnEvent] {
    defer { queue.removeAll(keepingCapacity: true) }
    return queue
  }

  /// Removes and returns the events whose commit has come.
  func takeCommitted() -> [TurnEvent] {
    defer { committed.removeAll(keepingCapacity: true) }
    return committed
  }
}
