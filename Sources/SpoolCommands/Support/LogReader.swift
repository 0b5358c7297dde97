internal import SpoolModel
internal import SpoolStore

/// Reads what payloads of a task printed: from the log of each pilot, or, where the task is packed,
/// from the one file that they are in.
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

  func close() { try? archive?.file.close() }

  /// What an attempt printed, as its line of the ledger says where; nil where it printed nothing.
  func text(of attempt: JSON) throws(FileError) -> [UInt8]? {
    guard let log = attempt["log"], let file = log["file"]?.string,
      let offset = log["offset"]?.integer, let length = log["length"]?.integer,
      file.hasPrefix("logs/"), !file.contains("..")
    else { return nil }
    if let archive, let place = archive.places[file] {
      return try archive.file.read(at: place + offset, count: length)
    }
    let open = try spool.files.open("\(spool.layout.root)/\(file)", .read)
    defer { try? open.close() }
    return try open.read(at: offset, count: length)
  }
}
