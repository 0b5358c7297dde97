internal import SpoolModel
internal import SpoolStore

/// Writes catalogues and ledgers: the views of the journal that people and jobs read. In come the
/// lines of committed records; out go the views' files. Each line lies at the offset that its
/// record fixed, so writing it again changes nothing (R3).
final class ViewWriter {
  private let spool: Spool
  private let placement: Placement
  /// Lines that are to be written. Neighbouring lines of a view are joined.
  private var lines: [ViewLine] = []
  /// Views that were written since the last checkpoint and are not durable yet.
  private var unsettled: Set<Spool.View> = []
  /// True if this turn made lines of a catalogue readable, so that jobs may be formed from them.
  private(set) var hasGrown = false

  init(_ spool: Spool, placement: Placement) {
    self.spool = spool
    self.placement = placement
  }

  /// Begins a turn.
  func beginTurn() { hasGrown = false }

  /// Takes over the lines of a replay. Marks each view that may still grow, so that the next
  /// checkpoint cuts it.
  func resume(_ state: SpoolState, _ lines: [ViewLine]) {
    add(lines)
    for dataset in state.datasets.values where dataset.state == .open && dataset.length > 0 {
      unsettled.insert(.catalogue(dataset.name))
    }
    for task in state.liveTasks where task.ledgerLength > 0 { unsettled.insert(.ledger(task.name)) }
  }

  /// Takes lines to be written. Neighbouring lines of a view are joined into one write. Lines need
  /// not be neighbours, because lines of a manifest, which are in the catalogue already, may lie
  /// between them.
  func add(_ more: [ViewLine]) {
    for line in more {
      if let index = lines.lastIndex(where: { $0.view == line.view }),
        lines[index].offset + lines[index].bytes.count == line.offset
      {
        lines[index].bytes += line.bytes
      } else {
        lines.append(line)
      }
    }
  }

  /// Drops views that end, because they are to be removed.
  func end(_ views: [Spool.View]) { for view in views { unsettled.remove(view) } }

  /// True while lines wait to be written.
  var hasLines: Bool { !lines.isEmpty }

  /// Writes the lines, view by view, as many as there is time for; all without a `budget`. If the filesystem refuses a line,
  /// that line and the later ones of its view wait for the next call.
  func write(_ budget: StageBudget? = nil) throws(FileError) {
    var refused: [ViewLine] = []
    var trouble: FileError?
    for (number, line) in lines.enumerated() {
      if number > 0, budget?.isOver ?? false {
        refused += lines[number...]
        break
      }
      guard !refused.contains(where: { $0.view == line.view }) else {
        refused.append(line)
        continue
      }
      do throws(FileError) {
        try write(line)
      } catch {
        trouble = trouble ?? error
        refused.append(line)
      }
    }
    lines = refused
    if let trouble { throw trouble }
  }

  private func write(_ line: ViewLine) throws(FileError) {
    try spool.write(line.bytes, to: line.view, at: line.offset)
    unsettled.insert(line.view)
    if case .catalogue(let name) = line.view {
      placement.setReadable(line.offset + line.bytes.count, of: name)
      hasGrown = true
    }
  }

  /// Writes lines of a manifest or of a watched directory at the end of a catalogue, and makes them
  /// durable. The caller records them afterwards.
  func append(_ bytes: [UInt8], toCatalogueOf name: Name, at offset: Int) throws(FileError) {
    try spool.write(bytes, to: .catalogue(name), at: offset)
    try spool.sync(.catalogue(name))
  }

  /// Notes that the lines of a catalogue count up to this length.
  func noteAppended(to name: Name, length: Int) {
    unsettled.insert(.catalogue(name))
    placement.setReadable(length, of: name)
  }

  /// Writes all lines, cuts each changed view to the bytes that count, and makes it durable.
  func settle(_ state: SpoolState) throws(FileError) {
    try write()
    for dataset in state.datasets.values {
      placement.setReadable(dataset.length, of: dataset.name)
    }
    for view in unsettled {
      try spool.settle(view, length: Self.length(view, state))
    }
    unsettled = []
  }

  private static func length(_ view: Spool.View, _ state: SpoolState) -> Int {
    switch view {
    case .catalogue(let name): state.datasets[name]?.length ?? 0
    case .ledger(let name): state.tasks[name]?.ledgerLength ?? 0
    }
  }
}
