internal import SpoolModel
internal import SpoolStore

/// Removes the directories of checkpoints of tasks that are not in work, after the grace period in
/// which their pilots may yet write. In come ends of tasks, and at a start what lies there; no record
/// goes out, because the next start finds what is left.
final class CheckpointSweeper: Stage {
  private let spool: Spool
  private var due: [Name: Instant] = [:]

  /// The largest number of files that are removed in one turn.
  static let mostPerTurn = 500
  /// The time until the watcher tries again to remove a directory.
  static let again = Duration.seconds(60)

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Takes the directories that are there, after a restart.
  func resume(_ turn: Turn) {
    do throws(FileError) {
      for task in try spool.tasksWithCheckpoints() { add(task, turn) }
    } catch {
      turn.note(error)
    }
  }

  /// Takes a task that has ended.
  func noteEnded(task: Name, _ turn: Turn) {
    if turn.state.tasks[task]?.spec.checkpoint != nil { add(task, turn) }
  }

  private func add(_ task: Name, _ turn: Turn) { due[task] = turn.now + spool.config.partGrace }

  func nextDue(_ turn: Turn) -> Instant? { due.values.min() }

  /// Removes what is due. A task that is in work again keeps its directory until it ends.
  func run(_ turn: Turn) throws {
    guard let next = nextDue(turn), next <= turn.now else { return }
    try turn.checkLeaseOnce()
    var left = Self.mostPerTurn
    for task in due.filter({ $0.value <= turn.now }).keys.sorted() {
      guard left > 0 else { return }
      due[task] = nil
      guard turn.state.tasks[task].map(\.state.hasEnded) ?? true else { continue }
      do throws(FileError) {
        let emptied = try spool.remove(.checkpoints(task), atMost: left)
        left -= emptied.count
        if !emptied.isThrough { due[task] = turn.now }
      } catch {
        turn.note(error)
        due[task] = turn.now + Self.again
      }
    }
  }
}
