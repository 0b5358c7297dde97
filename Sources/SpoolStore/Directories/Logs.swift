public import SpoolModel

/// `logs/TASK/PILOT.log`: the output of a task's payloads on one pilot, which alone writes it.
extension Spool {
  private func path(ofLog task: Name, _ pilot: PilotName) -> String {
    "\(layout.root)/\(name(ofLog: task, of: pilot))"
  }

  /// Returns the name of a log as results and archives give it, `logs/TASK/PILOT.log`.
  public func name(ofLog task: Name, of pilot: PilotName) -> String {
    layout.logName(task, pilot)
  }

  /// Returns the attributes of a log; nil where it is not there.
  public func attributes(
    ofLog task: Name, of pilot: PilotName
  ) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(path(ofLog: task, pilot))
  }

  /// Makes the directory of a task's logs, and `logs/` where somebody has removed it. Never makes
  /// the spool's own directory: where the spool is away, its mount point may be on another disk.
  public func ensureLogDirectory(of task: Name) throws(FileError) {
    do throws(FileError) {
      try files.ensureDirectory(layout.logDirectory(task))
    } catch {
      guard error.isMissing, isThere else { throw error }
      try files.ensureDirectory(layout.logs)
      try files.ensureDirectory(layout.logDirectory(task))
    }
  }

  /// Writes to a log at an offset. Makes the directory where somebody has removed it.
  public func write(
    _ text: [UInt8], toLog task: Name, of pilot: PilotName, at offset: Int
  ) throws(FileError) {
    let path = path(ofLog: task, pilot)
    do throws(FileError) {
      try write(text, toFile: path, at: offset)
    } catch {
      guard error.isMissing else { throw error }
      try ensureLogDirectory(of: task)
      try write(text, toFile: path, at: offset)
    }
  }

  /// Lists the pilots that have a log of a task, sorted.
  public func pilots(withLogOf task: Name) throws(FileError) -> [PilotName] {
    let names = try listIfPresent(layout.logDirectory(task))?.names ?? []
    return names.compactMap { Spool.pilot(ofLog: $0) }.sorted()
  }

  /// Reads `count` bytes of a log. Fails with `EIO` where it has fewer.
  public func read(
    log task: Name, of pilot: PilotName, from offset: Int, count: Int
  ) throws(FileError) -> [UInt8] {
    try readAll(path(ofLog: task, pilot), from: offset, count: count)
  }

  /// Reads up to `count` bytes of a log by the name that results give it, `logs/TASK/PILOT.log`;
  /// nil where the name is that of no log.
  public func read(
    logNamed name: String, from offset: Int, count: Int
  ) throws(FileError) -> [UInt8]? {
    guard name.hasPrefix("logs/"), !name.contains("..") else { return nil }
    let file = try files.open("\(layout.root)/\(name)", .read)
    defer { try? file.close() }
    return try file.read(at: offset, count: count)
  }

  /// Opens the logs of a packed task; nil where there are none. The caller closes them.
  public func openPackedLogs(of task: Name) throws(FileError) -> PackedLogs? {
    guard let path = archivePlaces(task, .log).first(where: files.isPresent) else { return nil }
    let file = try files.open(path, .read)
    return PackedLogs(file: file, places: try LogSection.places(in: file))
  }
}

/// The logs of a packed task, which are one file.
public struct PackedLogs {
  let file: any OpenFile
  /// The first byte of each log, by the name that results give it.
  let places: [String: Int]

  /// Reads up to `count` bytes of a log, from an offset in that log; nil where it is not among
  /// them.
  public func read(
    logNamed name: String, from offset: Int, count: Int
  ) throws(FileError) -> [UInt8]? {
    guard let place = places[name] else { return nil }
    return try file.read(at: place + offset, count: count)
  }

  /// Closes the file.
  public func close() { try? file.close() }
}

/// `running/PILOT/JOB.log`: the log of a job that still runs, to be followed.
extension Spool {
  /// Bytes of a live log that are read.
  private static let longestLiveLog = 8 << 20

  /// Writes to a live log at an offset. An error of closing it does not count.
  public func write(
    _ text: [UInt8], toLiveLog job: JobName, of pilot: PilotName, at offset: Int
  ) throws(FileError) {
    let file = try files.open(layout.liveLog(pilot, job), .create)
    defer { try? file.close() }
    try file.write(text, at: offset)
  }

  /// Reads a live log; nil where there is none.
  public func readLiveLog(of job: JobName, on pilot: PilotName) throws(FileError) -> [UInt8]? {
    try files.readIfPresent(layout.liveLog(pilot, job), limit: Self.longestLiveLog)
  }

  /// Removes a live log. A log that is gone is fine.
  public func removeLiveLog(of job: JobName, on pilot: PilotName) throws(FileError) {
    try files.removeIfPresent(layout.liveLog(pilot, job))
  }
}
