internal import SpoolModel
internal import SpoolStore

/// Removes the originals of a packed task or chain, and the archive as well once that has expired.
/// It does so a piece at a time. A file that is gone already is no error.
final class ArchiveClearing {
  let unit: Name
  private let spool: Spool
  /// The steps that are left, the next one last.
  private var steps: [Spool.Kept] = []

  /// The largest number of files that are removed in one piece.
  static let piece = 32

  init(_ entry: PackedTask, _ spool: Spool) {
    unit = entry.name
    self.spool = spool
    var steps: [Spool.Kept] = []
    // Pages go first: from then on readers look into the archive, or nowhere.
    if entry.phase == .removing {
      steps += entry.names.map { .packedPage($0, unit: entry.name) }
    }
    for name in entry.names {
      steps += [
        .page(.active(name)), .page(.ended(name, failed: false)),
        .page(.ended(name, failed: true)),
      ]
    }
    for task in entry.tasks {
      steps += [
        .ledger(task), .jobFiles(task, failed: false), .jobFiles(task, failed: true), .logs(task),
        .checkpoints(task),
      ]
    }
    if entry.phase == .removing {
      steps += entry.datasets.sorted().map { .dataset($0) }
      steps.append(.archive(unit: unit, names: entry.names))
    }
    self.steps = steps.reversed()
  }

  /// True once nothing is left to remove.
  var isThrough: Bool { steps.isEmpty }

  /// Removes one piece. Returns the cost, as a number of calls on the filesystem.
  func step() throws(FileError) -> Int {
    guard let step = steps.popLast() else { return 0 }
    let emptied = try spool.remove(step, atMost: Self.piece)
    if !emptied.isThrough { steps.append(step) }
    return step.isDirectory ? 2 + emptied.count : 1
  }
}
