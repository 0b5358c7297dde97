public import SpoolModel

/// The files of an archive: one of each kind for each task in it, as far as there is anything.
public enum ArchivePart: String, CaseIterable, Sendable {
  /// The page. A chain has one of its own.
  case page = "json"
  /// The ledger.
  case ledger = "ledger.jsonl"
  /// The kept job files, a line each.
  case jobs = "jobs.jsonl"
  /// The logs of all pilots, one after the other (``LogSection``).
  case log = "log"

  /// Returns the name of the file in the archive: `run42.reco.ledger.jsonl`.
  public func name(_ task: Name) -> String { "\(task).\(rawValue)" }
}

/// `archive/`: the records of tasks that ended long ago.
extension Spool {
  /// Returns the path of a task's part in the archive of a unit: a task, or a chain with its steps.
  func archived(_ unit: Name, _ task: Name, _ part: ArchivePart) -> String {
    "\(layout.archive(unit))/\(part.name(task))"
  }

  /// Returns the paths at which a task's part may be: in its own archive, or in that of a chain
  /// whose step it is.
  func archivePlaces(_ task: Name, _ part: ArchivePart) -> [String] {
    var units = [task]
    var rest = task.text[...]
    while let dot = rest.lastIndex(of: ".") {
      rest = rest[..<dot]
      if let unit = Name(rest) { units.append(unit) }
    }
    return units.map { archived($0, task, part) }
  }

  /// Lists the archives that are there, and those that were begun and not finished.
  public func archives() throws(FileError) -> (whole: [Name], unfinished: [Name]) {
    let names = try listIfPresent(layout.archive)?.names ?? []
    return (
      names.compactMap { Name($0) },
      names.filter { $0.hasPrefix(".") }.compactMap { Name($0.dropFirst()) }
    )
  }

  /// Makes room for an archive. Removes an earlier attempt that came to nothing: an archive counts
  /// only once the journal has it, and until then all that it is made of is still there.
  public func beginArchive(_ unit: Name) throws(FileError) {
    try discardUnfinishedArchive(unit)
    try discardDirectory(layout.archive(unit))
    try files.createDirectory(layout.unfinishedArchive(unit))
  }

  /// Removes an archive that was begun and not finished.
  public func discardUnfinishedArchive(_ unit: Name) throws(FileError) {
    try discardDirectory(layout.unfinishedArchive(unit))
  }

  private func discardDirectory(_ directory: String) throws(FileError) {
    while try !empty(directory, atMost: 1000, of: { _ in true }).isThrough {}
  }

  /// Writes a piece of an archive that is being made, and makes it durable.
  public func write(
    _ bytes: [UInt8], _ unit: Name, _ task: Name, _ part: ArchivePart, at offset: Int
  ) throws(FileError) {
    let file = try files.open("\(layout.unfinishedArchive(unit))/\(part.name(task))", .create)
    defer { try? file.close() }
    try file.write(bytes, at: offset)
    try file.sync()
  }

  /// Gives an archive that is whole its name, and makes the name durable.
  public func finishArchive(_ unit: Name) throws(FileError) {
    try files.syncDirectory(layout.unfinishedArchive(unit))
    try files.rename(layout.unfinishedArchive(unit), to: layout.archive(unit))
    try files.syncDirectory(layout.archive)
  }

  /// The progress of emptying a directory.
  public struct Emptied: Sendable {
    /// The number of files that were removed.
    public var count: Int
    /// True once nothing of ours is left in the directory. It is gone if nothing at all is left.
    public var isThrough: Bool
  }

  /// Removes a directory's files of ours, as many as are allowed. With the last one it removes the
  /// directory, unless somebody else has put something there.
  func empty(
    _ directory: String, atMost limit: Int, of isOurs: (String) -> Bool
  ) throws(FileError) -> Emptied {
    guard let names = try listIfPresent(directory)?.names.filter(isOurs) else {
      return Emptied(count: 0, isThrough: true)
    }
    for name in names.prefix(limit) { try files.removeIfPresent("\(directory)/\(name)") }
    guard names.count <= limit else { return Emptied(count: limit, isThrough: false) }
    do throws(FileError) {
      try files.removeDirectory(directory)
    } catch {
      guard error.isMissing || error.isOccupied else { throw error }
    }
    return Emptied(count: names.count, isThrough: true)
  }
}

/// The head of one log in a file of several pilots' logs: a line that names the log and its length.
/// A line's end follows each log.
public struct LogSection: Equatable, Sendable {
  /// The log as results name it: `logs/TASK/PILOT.log`.
  public var file: String
  /// Bytes of the log.
  public var length: Int

  /// Makes a head from its parts.
  public init(file: String, length: Int) {
    self.file = file
    self.length = length
  }

  /// The line, with its end.
  public var header: [UInt8] { Array("=== \(file), \(length) bytes\n".utf8) }

  init?(_ line: [UInt8]) {
    let words = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard words.count == 4, words[0] == "===", words[1].hasSuffix(","), words[3] == "bytes",
      let length = Int(words[2]), length >= 0
    else { return nil }
    self.init(file: String(words[1].dropLast()), length: length)
  }

  /// Returns the first byte of each log in such a file.
  static func places(in file: any OpenFile) throws(FileError) -> [String: Int] {
    var places: [String: Int] = [:]
    var offset = 0
    let longest = 4096
    while true {
      let head = try file.read(at: offset, count: longest)
      guard let end = head.firstIndex(of: 10), let section = LogSection(Array(head[..<end])) else {
        return places
      }
      places[section.file] = offset + end + 1
      offset += end + 1 + section.length + 1
    }
  }
}

extension Spool {
  /// Returns the pilot that a file in `logs/TASK/` is the log of; nil where it is none.
  static func pilot(ofLog name: String) -> PilotName? {
    name.hasSuffix(".log") ? PilotName(name.dropLast(4)) : nil
  }

  /// Removes the log of a pilot, for a task of which nothing else is kept in `logs/`.
  public func discardLog(_ task: Name, _ pilot: PilotName) throws(FileError) {
    let own = FilePath.base(layout.logName(task, pilot))
    _ = try empty(layout.logDirectory(task), atMost: 1) { $0 == own }
  }
}
