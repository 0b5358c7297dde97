public import SpoolModel
public import SpoolStore

/// The output of a task's payloads: read from the log of each pilot, or, if the task is packed, from
/// the one file that holds them all.
public struct LogReader {
  private let spool: Spool
  private let archive: PackedLogs?

  /// Opens the logs of a packed task.
  public init(_ spool: Spool, _ task: Name) throws(FileError) {
    self.spool = spool
    archive = try spool.openPackedLogs(of: task)
  }

  /// Closes the file of a packed task.
  public func close() { archive?.close() }

  /// Returns the output of an attempt; nil if it printed nothing.
  public func text(of attempt: LedgerLine) throws(FileError) -> [UInt8]? {
    guard let log = attempt.result?.log else { return nil }
    if let text = try archive?.read(logNamed: log.file, from: log.offset, count: log.length) {
      return text
    }
    // The line is somebody's file: a path that leads out of logs/ is not followed.
    return try spool.read(logNamed: log.file, from: log.offset, count: log.length)
  }
}
