internal import SpoolModel
internal import SpoolStore

/// A replay: reads the last checkpoint of the journal, and applies each record after it. Out comes
/// the state, and what the records add to views (R8).
struct Replay {
  /// The outcome of a replay.
  struct Result {
    /// The state at the journal's end.
    var state: SpoolState
    /// Forgotten datasets whose catalogues are yet to be removed.
    var leaving: Set<Name>
    /// The lines that the records after the checkpoint add to the views.
    var lines: [ViewLine]
    /// The place at which the journal goes on.
    var end: JournalReader.End
  }

  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// The largest number of tries. The last actions of a former watcher may get in between: it can
  /// begin or remove a few more segments before it notices that the spool is no longer its own
  /// (R7).
  static let mostTries = 5

  /// Reads the journal, and opens it to write on. Tries again if the former watcher began a segment
  /// meanwhile.
  func takeOver(epoch: Int) throws(JournalError) -> (Result, Journal) {
    for _ in 1..<Self.mostTries {
      do throws(JournalError) {
        let result = try run()
        return (result, try Journal(spool, epoch: epoch, after: result.end))
      } catch {
        guard case .taken = error else { throw error }
      }
    }
    let result = try run()
    return (result, try Journal(spool, epoch: epoch, after: result.end))
  }

  /// Reads the journal. Tries again if a new checkpoint removed a segment meanwhile.
  func run() throws(JournalError) -> Result {
    for _ in 1..<Self.mostTries {
      do throws(JournalError) {
        return try read()
      } catch {
        guard case .missing = error else { throw error }
      }
    }
    return try read()
  }

  /// Reads the journal once.
  private func read() throws(JournalError) -> Result {
    var state = SpoolState()
    var leaving: Set<Name> = []
    var lines: [ViewLine] = []
    var written: Set<Spool.View> = []
    let grace = spool.config.partGrace
    let end = try JournalReader(spool).replay(
      checkpoint: { json throws(JournalError) in
        guard let saved = Checkpoint(json) else {
          throw .badCheckpoint("its state is not what this version writes")
        }
        state = saved.state
        leaving = saved.leaving
      },
      record: { json throws(JournalError) in
        let line = RecordLine(json)
        guard let record = Record(line) else {
          throw .unknownRecord(type: line[.type] ?? "?")
        }
        // Later lines of that name, if any, belong to another task or dataset.
        let ended = state.viewsEnded(by: record)
        if !written.isDisjoint(with: ended) { lines.removeAll { ended.contains($0.view) } }
        let effects: SpoolState.Effects
        do throws(Contradiction) {
          effects = try state.apply(record, graceful: grace)
        } catch {
          throw .contradiction(error)
        }
        written.formUnion(effects.lines.map(\.view))
        lines += effects.lines
        for case .datasetForgotten(let name) in effects.events { leaving.insert(name) }
      })
    return Result(state: state, leaving: leaving, lines: lines, end: end)
  }
}
