internal import SpoolModel
internal import SpoolStore

/// Removes the originals of a packed task or chain, and the archive as well once that has expired.
/// It does so a piece at a time. A file that is gone already is no error.
final class ArchiveClearing {
  let unit: Name
  private let spool: Spool
  /// The steps that are left, the next one last.
  private var steps: [Step] = []

  /// A file or a directory that is to be removed. Of a directory, only files that `isOurs` accepts
  /// go.
  private enum Step {
    case file(String)
    case directory(String, isOurs: (String) -> Bool)
  }

  /// The largest number of files that are removed in one piece.
  static let piece = 32

  init(_ entry: PackedTask, _ spool: Spool) {
    unit = entry.name
    self.spool = spool
    let layout = spool.layout
    var steps: [Step] = []
    // Pages go first: from then on readers look into the archive, or nowhere.
    if entry.phase == .removing {
      steps += entry.names.map { .file(spool.archived(unit, $0, .page)) }
    }
    for name in entry.names {
      steps += [
        .file(layout.activeTask(name)), .file(layout.endedTask(name, failed: false)),
        .file(layout.endedTask(name, failed: true)),
      ]
    }
    for task in entry.tasks {
      steps.append(.file(layout.ledger(task)))
      for failed in [false, true] {
        steps.append(
          .directory(layout.registeredDirectory(task, failed: failed)) {
            InboxName(fileName: $0, failed: failed) != nil
          })
      }
      steps.append(.directory(layout.logDirectory(task)) { Spool.pilot(ofLog: $0) != nil })
    }
    if entry.phase == .removing {
      let own = Set(entry.names.flatMap { name in ArchivePart.allCases.map { $0.name(name) } })
      steps.append(.directory(layout.archive(unit)) { own.contains($0) })
    }
    self.steps = steps.reversed()
  }

  /// True once nothing is left to remove.
  var isThrough: Bool { steps.isEmpty }

  /// Removes one piece. Returns the cost, as a number of calls on the filesystem.
  func step() throws(FileError) -> Int {
    guard let step = steps.popLast() else { return 0 }
    switch step {
    case .file(let path):
      try spool.files.removeIfPresent(path)
      return 1
    case .directory(let path, let isOurs):
      let emptied = try spool.empty(path, atMost: Self.piece, of: isOurs)
      if !emptied.isThrough { steps.append(step) }
      return 2 + emptied.count
    }
  }

  /// Returns the directories that must be synced before the clearing counts as done.
  static func directories(_ layout: Layout, hasRemoved: Bool) -> [String] {
    [layout.done, layout.failed, layout.ledgers, layout.logs]
      + (hasRemoved ? [layout.archive] : [])
  }
}
