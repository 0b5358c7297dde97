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
  /// True if the last call that writes all views had no time for all lines.
  private(set) var isBehind = false
  /// The views whose lines the filesystem refused when they were tried last.
  private var refusals: Set<Spool.View> = []

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
    for dataset in state.datasets.values where dataset.replaced.length > 0 {
      if dataset.state == .open { unsettled.insert(.replaced(dataset.name)) }
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

  /// Drops views that end, because they are to be removed, with the lines that wait for them.
  func end(_ views: [Spool.View]) {
    if !views.isEmpty, !lines.isEmpty { lines.removeAll { views.contains($0.view) } }
    for view in views {
      unsettled.remove(view)
      refusals.remove(view)
    }
  }

  /// Writes lines, view by view, as many as the turn has time for. A view that the filesystem refuses
  /// holds up no other.
  func write(_ turn: Turn) {
    do throws(FileError) {
      try write(turn.budget())
    } catch {
      turn.note(error)
    }
  }

  /// Returns true while the filesystem refuses the lines of a task's views. It gets no new jobs then,
  /// so that the lines that wait are bounded.
  func isRefused(task: Name) -> Bool {
    !refusals.isEmpty
      && (refusals.contains(.ledger(task)) || refusals.contains(.catalogue(task))
        || refusals.contains(.replaced(task)))
  }

  /// Writes the lines of all views, or of one, as many as there is time for; all without a `budget`.
  /// If the filesystem refuses a line, that line and the later ones of its view wait for the next
  /// call.
  private func write(
    _ budget: StageBudget? = nil, only view: Spool.View? = nil
  ) throws(FileError) {
    var rest: [ViewLine] = []
    var refused: Set<Spool.View> = []
    var trouble: FileError?
    if view == nil { isBehind = false }
    for (number, line) in lines.enumerated() {
      if number > 0, budget?.isOver ?? false {
        rest += lines[number...]
        isBehind = true
        break
      }
      guard view == nil || line.view == view, !refused.contains(line.view) else {
        rest.append(line)
        continue
      }
      do throws(FileError) {
        try write(line)
        refusals.remove(line.view)
      } catch {
        trouble = trouble ?? error
        refused.insert(line.view)
        rest.append(line)
      }
    }
    lines = rest
    refusals.formUnion(refused)
    if let trouble { throw trouble }
  }

  private func write(_ line: ViewLine) throws(FileError) {
    try spool.write(line.bytes, to: line.view, at: line.offset)
    unsettled.insert(line.view)
    if case .catalogue(let name) = line.view {
      placement.setReadable(line.offset + line.bytes.count, of: name)
      hasGrown = true
    }
    if case .replaced(let name) = line.view {
      placement.setReadable(line.offset + line.bytes.count, ofReplaced: name)
    }
  }

  /// Writes lines of a manifest or of a watched directory at the end of a catalogue, after the lines
  /// that come before, and makes them durable. The caller records them afterwards.
  func append(_ bytes: [UInt8], toCatalogueOf name: Name, at offset: Int) throws(FileError) {
    try write(only: .catalogue(name))
    try spool.write(bytes, to: .catalogue(name), at: offset)
    try spool.sync(.catalogue(name))
  }

  /// Notes that the lines of a catalogue count up to this length.
  func noteAppended(to name: Name, length: Int) {
    unsettled.insert(.catalogue(name))
    placement.setReadable(length, of: name)
  }

  /// Writes all lines, cuts each changed view to the bytes that count, and makes it durable. Throws
  /// the first error, once all views are tried.
  func settle(_ state: SpoolState) throws(FileError) {
    var trouble: FileError?
    do throws(FileError) { try write() } catch { trouble = error }
    for dataset in state.datasets.values {
      let written = lines.first { $0.view == .catalogue(dataset.name) }?.offset
      placement.setReadable(written ?? dataset.length, of: dataset.name)
      guard dataset.replaced.length > 0 else { continue }
      let list = lines.first { $0.view == .replaced(dataset.name) }?.offset
      placement.setReadable(list ?? dataset.replaced.length, ofReplaced: dataset.name)
    }
    for view in unsettled where !refusals.contains(view) {
      do throws(FileError) {
        try spool.settle(view, length: Self.length(view, state))
        unsettled.remove(view)
      } catch {
        trouble = trouble ?? error
      }
    }
    if let trouble { throw trouble }
  }

  private static func length(_ view: Spool.View, _ state: SpoolState) -> Int {
    switch view {
    case .catalogue(let name): state.datasets[name]?.length ?? 0
    case .replaced(let name): state.datasets[name]?.replaced.length ?? 0
    case .ledger(let name): state.tasks[name]?.ledgerLength ?? 0
    case .groups(let name): state.tasks[name]?.groups?.length ?? 0
    }
  }
}
