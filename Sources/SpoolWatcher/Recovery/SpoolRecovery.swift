internal import SpoolModel
public import SpoolStore

/// The recovery of a damaged spool. In come the journal, whole or damaged, and the catalogues with
/// their copies; out goes a report, and on demand a spool that a watcher can take over. Nothing that
/// cannot be read is thrown away: it is set aside.
public struct SpoolRecovery {
  /// A damaged place, and what becomes of it.
  public struct Finding: Sendable, Equatable {
    /// The file, relative to the spool.
    public var place: String
    /// The damage in words.
    public var damage: String
    /// What can be had back, in words.
    public var remedy: String
    /// True if something is lost for good.
    public var isLoss: Bool
  }

  /// The findings, the journal's first.
  public private(set) var findings: [Finding] = []
  private let spool: Spool
  private var state = SpoolState()
  private var leaving: Set<Name> = []
  /// The readable rest of the journal; nil if the journal is whole.
  private var salvage: JournalSalvage?
  /// Places of catalogues that can be written anew from their copies, each with the catalogue's length.
  private var repairs: [(view: Spool.View, offset: Int, length: Int)] = []
  /// Catalogues whose copies can be written anew from them, with their lengths.
  private var copies: [(view: Spool.View, length: Int)] = []

  /// True if nothing is damaged.
  public var isWhole: Bool { findings.isEmpty }

  /// Examines a spool, and changes nothing. Throws if something cannot be read now.
  public init(_ spool: Spool) throws {
    self.spool = spool
    do throws(JournalError) {
      let replayed = try Replay(spool).run()
      state = replayed.state
      leaving = replayed.leaving
    } catch {
      guard error.isDamage else { throw error }
      try examineJournal(error)
    }
    try examineViews()
  }

  private mutating func note(_ place: String, _ damage: String, _ remedy: String, loss: Bool) {
    findings.append(Finding(place: place, damage: damage, remedy: remedy, isLoss: loss))
  }

  // MARK: The journal

  private mutating func examineJournal(_ error: JournalError) throws(JournalError) {
    let salvage = try JournalSalvage(spool)
    self.salvage = salvage
    let base = salvage.checkpoint.flatMap { Checkpoint($0) }
    if let base {
      state = base.state
      leaving = base.leaving
    }
    let source = base == nil ? "no checkpoint can be read" : "a good checkpoint is there"
    for damage in salvage.damages {
      let isCheckpoint = damage.place.hasSuffix(".checkpoint.json")
      note(
        damage.place, damage.message,
        isCheckpoint && base != nil
          ? "made again from the checkpoint before and the lines since"
          : "\(source), and every good line is kept; what this line said is lost",
        loss: !(isCheckpoint && base != nil))
    }
    if salvage.damages.isEmpty {
      note("journal", "\(error)", "every good line is kept", loss: true)
    }
    apply(salvage.lines)
  }

  /// Applies the records that can be read. A record that does not follow, because one before it is
  /// lost, is named and left out.
  private mutating func apply(_ lines: [JournalSalvage.Line]) {
    for line in lines {
      let read = RecordLine(line.record)
      guard let record = Record(read) else {
        let type: String = read[.type] ?? "?"
        note(line.place, "a record of the type \(type) cannot be read", "left out", loss: true)
        continue
      }
      var next = state
      do throws(Contradiction) {
        let effects = try next.apply(
          record, graceful: spool.config.partGrace, format: line.format)
        state = next
        for case .datasetForgotten(let name) in effects.events { leaving.insert(name) }
      } catch {
        note(line.place, "\(error)", "left out", loss: true)
      }
    }
  }

  // MARK: Views

  private mutating func examineViews() throws(FileError) {
    for dataset in state.datasets.values.sorted(by: { $0.name < $1.name }) {
      for (view, length) in dataset.copied { try examine(view, length) }
    }
    for task in state.tasks.values.sorted(by: { $0.name < $1.name }) where task.ledgerLength > 0 {
      for place in try SpoolCheck.damage(in: .ledger(task.name), to: task.ledgerLength, spool) {
        note(
          spool.place(of: .ledger(task.name)), "byte \(place): a line is not as it was written",
          "the attempt counts, and its line is lost; if its job failed there, it cannot be retried",
          loss: true)
      }
    }
  }

  /// Examines a catalogue, or a list of replaced files.
  private mutating func examine(_ view: Spool.View, _ length: Int) throws(FileError) {
    var lost: Set<Int> = []
    for place in try SpoolCheck.damage(in: view, to: length, spool) {
      let isGood = try spool.canRepair(view, at: place)
      if isGood { repairs.append((view, place, length)) } else { lost.insert(place) }
      note(
        spool.place(of: view), "byte \(place): a line is not as it was written",
        isGood
          ? "written anew from the copy in journal/catalogues"
          : "its copy is damaged, too: the tasks that read the dataset wait at this file",
        loss: !isGood)
    }
    try examine(copyOf: view, length, besides: lost)
  }

  /// Examines a catalogue's copy. `lost` are places at which the catalogue is no better.
  private mutating func examine(
    copyOf view: Spool.View, _ length: Int, besides lost: Set<Int>
  ) throws(FileError) {
    let places = try spool.damage(
      inCopyOf: view, to: length, most: SpoolCheck.mostPlaces
    ).filter { !lost.contains($0) }
    guard !places.isEmpty else { return }
    copies.append((view, length))
    for place in places {
      note(
        spool.place(ofCopy: view), "byte \(place): a line is not as it was written",
        "written anew from the catalogue, where that is good", loss: false)
    }
  }

  // MARK: Mending

  /// Mends what can be mended. The lease must be this process's. Returns the places of files that
  /// were set aside.
  public func mend(_ lease: WatcherLease) throws -> [String] {
    let spool = lease.guarding(spool)
    for (view, offset, length) in repairs {
      _ = try spool.repair(view, from: offset, to: length)
    }
    for (view, length) in copies { _ = try spool.restoreCopy(of: view, to: length) }
    guard let salvage else { return [] }
    // The segment names none before it: the checkpoint holds all that is left.
    var end = JournalReader.End()
    end.highest = salvage.end.highest
    end.sequence = salvage.end.sequence
    let journal = try Journal(spool, epoch: lease.epoch, after: end)
    defer { journal.close() }
    try journal.checkpoint(state.json(leaving: leaving)) { segment throws(FileError) in
      try lease.note(segment: segment)
    }
    try lease.note(committed: journal.committed)
    return try salvage.setAside()
  }
}
