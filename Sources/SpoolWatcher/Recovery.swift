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

  func run() throws(JournalError) -> Result {
    var state = WatcherState()
    var views: [ViewLine] = []
    let grace = spool.config.partGrace
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
        views += state.apply(record, graceful: grace)
      })
    return Result(state: state, views: views, end: end)
  }
}
