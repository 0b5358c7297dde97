internal import SpoolModel
internal import SpoolStore

/// Clears the inboxes. In come files that are decided on; after the commit each goes to its task's
/// directory, as many as are kept, or is removed (DESIGN 4).
final class JobFileRegistry {
  private let spool: Spool
  private let turn: Turn
  /// Files of an inbox that are decided on, and wait for the commit to be cleared away.
  private var settled: [InboxName] = []
  /// Those of them that do not count: removed, not kept with the task's.
  private var discarded: Set<InboxName> = []
  /// Files that are not to be judged again: decided on, or being published.
  private var known: Set<InboxName> = []
  /// The number of job files of each task that are kept, by whether they failed.
  private var kept: [Name: [Bool: Int]] = [:]

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  func isKnown(_ name: InboxName) -> Bool { known.contains(name) }

  /// Keeps a file from being judged again while its outputs are published.
  func hold(_ name: InboxName) { known.insert(name) }

  /// Lets a file be judged once more: its task ended before its outputs were published.
  func letGo(_ name: InboxName) { known.remove(name) }

  /// Takes a file that is decided on.
  func settle(_ name: InboxName, isDiscarded: Bool = false) {
    known.insert(name)
    settled.append(name)
    if isDiscarded { discarded.insert(name) }
  }

  /// Forgets a task that has ended: none of its files is kept any more.
  func forget(_ task: Name) { kept[task] = nil }

  /// Whether files are to be cleared away.
  var hasSettled: Bool { !settled.isEmpty }

  /// Clears away what is settled. What the filesystem refuses is tried again at the next call.
  func clear() throws(FileError) {
    while let name = settled.last {
      let keep = discarded.contains(name) ? false : try isKept(name)
      try spool.register(name, keep: keep)
      // Of a task that is packed, or removed, nothing else is kept there either.
      if let pilot = name.pilot, turn.state.tasks[name.job.job.task] == nil {
        try spool.discardLog(name.job.job.task, pilot)
      }
      if keep { kept[name.job.job.task]?[name.cause != nil, default: 0] += 1 }
      settled.removeLast()
      known.remove(name)
      discarded.remove(name)
    }
  }

  /// Returns whether a file is kept: the first ones of its task are. The directory is counted once.
  private func isKept(_ name: InboxName) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name.job.job.task]?.name else { return false }
    let isFailure = name.cause != nil
    if let count = kept[task]?[isFailure] { return count < spool.config.keepJobFiles }
    let count = try spool.registered(task, failed: isFailure)
    kept[task, default: [:]][isFailure] = count
    return count < spool.config.keepJobFiles
  }
}
