internal import SpoolModel
internal import SpoolStore

/// Clears the inboxes. In come files of inboxes on which the watcher has decided; after the commit
/// it moves each into its task's directory, or removes it if enough are kept there (DESIGN 4).
final class InboxClearing {
  private let spool: Spool
  /// Files of an inbox that are decided on, and wait for the commit.
  private var settled: [InboxName] = []
  /// Settled files that the filesystem would not let go. They wait for the next try.
  private var refused: [InboxName] = []
  private var nextTry = Instant.distantPast
  /// The time until refused files are tried again.
  static let again = Duration.seconds(10)
  /// The number of refusals after which a call gives up: the filesystem is out of order as a whole.
  static let mostRefusals = 20
  /// The settled files that do not count. They are removed and never kept.
  private var discarded: Set<InboxName> = []
  /// Files that are not to be judged again, because they are decided on or being published.
  private var known: Set<InboxName> = []
  /// The number of job files that are kept, by task, and by success (false) or failure (true).
  private var kept: [Name: [Bool: Int]] = [:]

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Returns true if a file is not to be judged again.
  func isKnown(_ name: InboxName) -> Bool { known.contains(name) }

  /// Keeps a file from being judged again while its outputs are published.
  func hold(_ name: InboxName) { known.insert(name) }

  /// Lets a file be judged once more, because its task ended before its outputs were published.
  func letGo(_ name: InboxName) { known.remove(name) }

  /// Takes a file that is decided on, to clear it away after the commit.
  func settle(_ name: InboxName, isDiscarded: Bool = false) {
    known.insert(name)
    settled.append(name)
    if isDiscarded { discarded.insert(name) }
  }

  /// Drops the counts of a task that has ended.
  func noteEnded(task: Name) { kept[task] = nil }

  /// True while files wait to be cleared away.
  var hasSettled: Bool { !settled.isEmpty }

  /// Clears the settled files away. One that the filesystem refuses holds up no other. Throws if it
  /// refuses many.
  func clear(_ turn: Turn) throws(FileError) {
    if !refused.isEmpty, turn.now >= nextTry {
      settled += refused
      refused = []
    }
    while let name = settled.last {
      do throws(FileError) {
        try clear(name, turn)
        known.remove(name)
        discarded.remove(name)
      } catch {
        guard refused.count < Self.mostRefusals else { throw error }
        turn.note(error)
        refused.append(name)
        nextTry = turn.now + Self.again
      }
      settled.removeLast()
    }
  }

  private func clear(_ name: InboxName, _ turn: Turn) throws(FileError) {
    let keep = discarded.contains(name) ? false : try decideToKeep(name, turn)
    try spool.register(name, keep: keep)
    // If the task is packed or removed, its logs are not kept either.
    if let pilot = name.pilot, turn.state.tasks[name.job.task] == nil {
      try spool.discardLog(name.job.task, pilot)
    }
    if keep { kept[name.job.task]?[name.cause != nil, default: 0] += 1 }
  }

  /// Returns true if a file is to be kept: its task has fewer files of that kind than are kept. The
  /// watcher counts the files in the directory once.
  private func decideToKeep(_ name: InboxName, _ turn: Turn) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name.job.task]?.name else { return false }
    let isFailure = name.cause != nil
    if let count = kept[task]?[isFailure] { return count < spool.config.keepJobFiles }
    let count = try spool.registered(task, failed: isFailure)
    kept[task, default: [:]][isFailure] = count
    return count < spool.config.keepJobFiles
  }
}
