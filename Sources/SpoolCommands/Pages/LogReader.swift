internal import SpoolModel
internal import SpoolStore

/// The output of a task's payloads: read from the log of each pilot, or, if the task is packed, from
/// the one file that holds them all.
struct LogReader {
  private let spool: Spool
  private let archive: (file: any OpenFile, places: [String: Int])?

  init(_ spool: Spool, _ task: Name) throws(FileError) {
    self.spool = spool
    guard let path = spool.archivePlaces(task, .log).first(where: spool.files.isPresent) else {
      archive = nil
      return
    }
    let file = try spool.files.open(path, .read)
    archive = (file, try LogSection.places(in: file))
  }

  /// Closes the file of a packed task.
  func close() { try? archive?.file.close() }

  /// Returns the output of an attempt; nil if it printed nothing.
  func text(of attempt: LedgerLine) throws(FileError) -> [UInt8]? {
    // The line is somebody's file: a path that leads out of logs/ is not followed.
    guard let log = attempt.result?.log, log.file.hasPrefix("logs/"), !log.file.contains("..")
    else { return nil }
    if let archive, let place = archive.places[log.file] {
      return try archive.file.read(at: place + log.offset, count: log.length)
    }
    let open = try spool.files.open("\(spool.layout.root)/\(log.file)", .read)
    defer { try? open.close() }
    return try open.read(at: log.offset, count: log.length)
  }
}
