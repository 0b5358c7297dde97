internal import SpoolModel
internal import SpoolStore

/// Removes what lies of a packed task where it lay before, or all that is kept of it, a piece at a
/// time. What is gone already is fine.
final class ArchiveClearing {
  let unit: Name
  private let spool: Spool
  /// What is left to do, the next last.
  private var steps: [Step] = []

  private enum Step {
    case file(String)
    case directory(String, isOurs: (String) -> Bool)
  }

  static let piece = 32

  init(_ entry: PackedTask, _ spool: Spool) {
    unit = entry.name
    self.spool = spool
    let layout = spool.layout
    var steps: [Step] = []
    // Pages first: from then on readers look into the archive, or nowhere.
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

  var isThrough: Bool { steps.isEmpty }

  /// One piece. Returns what it has cost, as so many calls on the filesystem.
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

  /// The directories whose names are to be durable before it counts as done.
  static func directories(_ layout: Layout, hasRemoved: Bool) -> [String] {
    [layout.done, layout.failed, layout.ledgers, layout.logs]
      + (hasRemoved ? [layout.archive] : [])
  }
}
