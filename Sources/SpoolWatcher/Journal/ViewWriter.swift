internal import SpoolModel
internal import SpoolStore

/// Writes catalogues and ledgers: the views of the journal that people and jobs read. In come the
/// lines of committed records; out go the views' files. Each line lies at the offset that its
/// record fixed, so writing it again changes nothing (R3).
final class ViewWriter {
  private let spool: Spool
  private let placement: Placement
  /// Lines that are to be written, by view. Neighbouring lines are joined.
  private var lines: [Spool.View: [ViewLine]] = [:]
  /// The views that have such lines, the first to be written first.
  private var order: [Spool.View] = []
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
      if lines[line.view] == nil { order.append(line.view) }
      lines[line.view, default: []].join(line)
    }
  }

  /// Drops views that end, because they are to be removed, with the lines that wait for them.
  func end(_ views: [Spool.View]) {
    if !views.isEmpty, !order.isEmpty { order.removeAll { views.contains($0) } }
    for view in views {
      lines[view] = nil
      unsettled.remove(view)
      refusals.remove(view)
    }
  }

  /// Writes lines, as many as the turn has time for. A view that the filesystem refuses holds up no
  /// other.
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

  /// What a call wrote of a view.
  private struct Written: Sendable {
    /// The number of lines.
    var count = 0
    /// The error with which the filesystem refused the next one.
    var refusal: FileError?
  }

  /// Writes the lines of all views, or of one, as many as there is time for; all without a `budget`.
  /// Different views are written at the same time where calls take long. If the filesystem refuses a
  /// line, that line and the later ones of its view wait for the next call. Throws the first refusal.
  private func write(
    _ budget: StageBudget? = nil, only view: Spool.View? = nil
  ) throws(FileError) {
    let views = order.filter { view == nil || $0 == view }
    let spool = spool
    let isOver: @Sendable () -> Bool = { budget?.isOver ?? false }
    let answers = spool.each(views.map { lines[$0] ?? [] }, until: { _ in isOver() }) { lines in
      Self.write(lines, to: spool, until: isOver)
    }
    for (view, written) in zip(views, answers) { note(written, of: view) }
    // Those that had no turn are the first of the next call.
    let tried = views.prefix(answers.count)
    let known = Set(tried)
    order = order.filter { !known.contains($0) } + tried.filter { lines[$0] != nil }
    if view == nil { isBehind = order.contains { !refusals.contains($0) } }
    if let refusal = answers.compactMap(\.refusal).first { throw refusal }
  }

  private static func write(
    _ lines: [ViewLine], to spool: Spool, until isOver: () -> Bool
  ) -> Written {
    var written = Written()
    for line in lines {
      if written.count > 0, isOver() { break }
      do throws(FileError) {
        try spool.write(line.bytes, to: line.view, at: line.offset)
        written.count += 1
      } catch {
        written.refusal = error
        break
      }
    }
    return written
  }

  /// Notes what was written of a view, and drops those lines.
  private func note(_ written: Written, of view: Spool.View) {
    if written.refusal == nil { refusals.remove(view) } else { refusals.insert(view) }
    guard written.count > 0, let all = lines[view] else { return }
    let last = all[written.count - 1]
    lines[view] = written.count < all.count ? Array(all[written.count...]) : nil
    unsettled.insert(view)
    if case .catalogue(let name) = view {
      placement.setReadable(last.offset + last.bytes.count, of: name)
      hasGrown = true
    }
    if case .replaced(let name) = view {
      placement.setReadable(last.offset + last.bytes.count, ofReplaced: name)
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
      let written = lines[.catalogue(dataset.name)]?.first?.offset
      placement.setReadable(written ?? dataset.length, of: dataset.name)
      guard dataset.replaced.length > 0 else { continue }
      let list = lines[.replaced(dataset.name)]?.first?.offset
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

extension [ViewLine] {
  /// Appends a line of the same view, to the last one if it follows that at once.
  fileprivate mutating func join(_ line: ViewLine) {
    if let last = indices.last, self[last].offset + self[last].bytes.count == line.offset {
      self[last].bytes += line.bytes
    } else {
      append(line)
    }
  }
}
