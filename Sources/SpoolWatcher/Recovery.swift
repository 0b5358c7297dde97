internal import SpoolModel
internal import SpoolStore

/// Reads the journal into a state.
struct Recovery {
  struct Result {
    var state: WatcherState
    /// The lines that the records after the checkpoint add to the views.
    var views: [ViewLine]
    var end: JournalReader.End
  }

  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// How often a former watcher's last doings may get in between: it has a few segments left to
  /// begin, or to remove, before it looks whether the spool is still its own (R7).
  static let mostTries = 5

  /// Reads the journal, and opens it to go on.
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

  /// Reads the journal, again where a segment was removed meanwhile: a checkpoint has come.
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

  private func read() throws(JournalError) -> Result {
    var state = WatcherState()
    var views: [ViewLine] = []
    var touched: Set<ViewLine.View> = []
    let grace = spool.config.partGrace.milliseconds
    let end = try JournalReader(spool).replay(
      checkpoint: { json throws(JournalError) in
        guard let saved = WatcherState(json) else {
          throw .badCheckpoint("its state is not what this version writes")
        }
        state = saved
      },
      record: { json throws(JournalError) in
        guard let record = Record(json) else {
          throw .badCheckpoint("a record of the type \(json["type"]?.string ?? "?")")
        }
        // What follows of that name, if anything, is another's.
        let ended = state.viewsEnded(by: record)
        if !touched.isDisjoint(with: ended) { views.removeAll { ended.contains($0.view) } }
        let lines = state.apply(record, graceful: grace)
        touched.formUnion(lines.map(\.view))
        views += lines
      })
    return Result(state: state, views: views, end: end)
  }
}
