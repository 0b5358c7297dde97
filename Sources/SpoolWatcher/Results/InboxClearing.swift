internal import SpoolModel
internal import SpoolStore

/// Clears the inboxes. In come files of inboxes on which the watcher has decided; after the commit
/// it moves each into its task's directory, or removes it if enough are kept there (DESIGN 4).
final class InboxClearing: Stage {
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

  /// The number of files that wait to be cleared away.
  var count: Int { settled.count }
  /// True while files wait to be cleared away.
  var hasSettled: Bool { !settled.isEmpty }

  func nextDue(_ turn: Turn) -> Instant? { hasSettled ? .distantPast : nil }

  /// A settled file with what is to become of it.
  private struct Clearance: Sendable {
    var name: InboxName
    var keep: Bool
    /// True if its task is packed or removed, so its pilot's log is not kept either.
    var dropsLog: Bool

    /// The directory in which it lies.
    var room: Spool.Room {
      let isFailure = name.cause != nil
      return name.lane.map { .lane($0, failed: isFailure) } ?? .outcome(failed: isFailure)
    }
  }

  /// The largest number of files that are cleared away together.
  static let mostTogether = 2048

  /// Clears settled files away, as many as the turn has time for. One that the filesystem refuses
  /// holds up no other. Throws if it refuses many.
  func clear(_ turn: Turn) throws(FileError) {
    if !refused.isEmpty, turn.now >= nextTry {
      settled += refused
      refused = []
    }
    guard hasSettled else { return }
    let budget = turn.budget()
    repeat {
      try clearSome(budget, turn)
    } while hasSettled && !budget.isOver
  }

  private func clearSome(_ budget: StageBudget, _ turn: Turn) throws(FileError) {
    var batch: [Clearance] = []
    while batch.count < Self.mostTogether, let name = settled.popLast() {
      do throws(FileError) {
        batch.append(
          Clearance(
            name: name, keep: discarded.contains(name) ? false : try decideToKeep(name, turn),
            dropsLog: turn.state.tasks[name.job.task] == nil))
      } catch {
        refuse(name, error, turn)
      }
    }
    let spool = spool
    let answers = spool.each(batch, inTurnBy: \.room, until: { _ in budget.isOver }) { file in
      Result { () throws(FileError) in try Self.clear(file, spool) }
    }
    var refusal: FileError?
    for (file, answer) in zip(batch, answers) {
      switch answer {
      case nil:
        settled.append(file.name)
        if file.keep { count(file.name, -1) }
      case .success:
        known.remove(file.name)
        discarded.remove(file.name)
      case .failure(let error):
        refusal = refusal ?? error
        refuse(file.name, error, turn)
        if file.keep { count(file.name, -1) }
      }
    }
    if let refusal, refused.count >= Self.mostRefusals { throw refusal }
  }

  private func refuse(_ name: InboxName, _ error: FileError, _ turn: Turn) {
    turn.note(error)
    refused.append(name)
    nextTry = turn.now + Self.again
  }

  private static func clear(_ file: Clearance, _ spool: Spool) throws(FileError) {
    try spool.register(file.name, keep: file.keep)
    if let pilot = file.name.pilot, file.dropsLog {
      try spool.discardLog(file.name.job.task, pilot)
    }
  }

  /// Returns true if a file is to be kept, and counts it: its task has fewer files of that kind than
  /// are kept. The watcher counts the files in the directory once.
  private func decideToKeep(_ name: InboxName, _ turn: Turn) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name.job.task]?.name else { return false }
    let isFailure = name.cause != nil
    if kept[task]?[isFailure] == nil {
      kept[task, default: [:]][isFailure] = try spool.registered(task, failed: isFailure)
    }
    guard kept[task]?[isFailure] ?? 0 < spool.config.keepJobFiles else { return false }
    count(name, 1)
    return true
  }

  private func count(_ name: InboxName, _ change: Int) {
    kept[name.job.task]?[name.cause != nil, default: 0] += change
  }
}
