internal import Logging
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// What all handlers share.
struct Desk: Sendable {
  let spool: Spool
  let version: String
  let store: SnapshotStore
  let events: EventLog
  let counters: Counters
  let keys: IdempotencyKeys
  let ledgers: LedgerIndexes
  let pool: NIOThreadPool
  let logger: Logger

  /// Returns the lines of all attempts of a job that have ended.
  func attempts(of job: JobID) throws(FileError) -> [LedgerPages.Line] {
    try LedgerPages(spool, job.task)
      .attempts(of: job.index, by: ledgers.index(job.task, spool))
  }

  /// The longest wait for what comes of a request.
  static let longestWait = Duration.seconds(60)
  /// The longest time for a body to come.
  static let bodyPatience = Duration.seconds(30)
}
