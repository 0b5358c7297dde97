public import SpoolModel

/// What those who start pilots read and write: `backlog.json`, `running/@factories/`, and the logs of
/// their pilots.
extension Spool {
  /// Rewrites `backlog.json`, with its seal.
  public func write(_ backlog: Backlog) throws(FileError) {
    try files.replace(layout.backlog, SealedJSON.seal(backlog.json.pretty))
  }

  /// Reads `backlog.json`; nil where it cannot be read now, or is not as it was written.
  public func readBacklog() -> Backlog? {
    readSealed(layout.backlog).flatMap { Backlog(json: $0) }
  }

  private func readSealed(_ path: String) -> JSON? {
    guard let bytes = try? files.read(path, limit: 1 << 20), SealedJSON.check(bytes) == .intact
    else { return nil }
    return try? JSON.parse(bytes)
  }

  /// Makes the directories of a factory.
  public func makeFactoryDirectories(_ name: Name) throws(FileError) {
    try files.ensureDirectory(layout.factories)
    try files.ensureDirectories(layout.factoryLogs(name))
  }

  /// Opens the lock of a factory. The caller closes it.
  public func openFactoryLock(_ name: Name) throws(FileError) -> any OpenFile {
    try files.open(layout.factoryLock(name), .create)
  }

  /// Writes the record of a factory, atomically for every reader.
  public func write(_ record: FactoryRecord) throws(FileError) {
    try files.replace(
      layout.factory(record.factory), SealedJSON.encode(record.json) + [10], by: record.id)
  }

  /// Reads the record of a factory; nil where none can be read.
  public func factory(_ name: Name) -> FactoryRecord? {
    readSealed(layout.factory(name)).flatMap { FactoryRecord($0) }
  }

  /// Reads the records of all factories, by name.
  public func allFactories() throws(FileError) -> [FactoryRecord] {
    let names = try listIfPresent(layout.factories)?.names ?? []
    return names.filter { $0.hasSuffix(".json") }.compactMap { Name($0.dropLast(5)) }.sorted()
      .compactMap { factory($0) }
  }

  /// Lists the batch jobs of a factory that have a log, with the time at which each was written last.
  public func factoryLogs(_ name: Name) throws(FileError) -> [(job: String, at: Timestamp)] {
    var logs: [(job: String, at: Timestamp)] = []
    for file in try listIfPresent(layout.factoryLogs(name))?.names ?? []
    where file.hasSuffix(".log") {
      let path = "\(layout.factoryLogs(name))/\(file)"
      guard let facts = try files.attributesIfPresent(path) else { continue }
      logs.append((String(file.dropLast(4)), facts.modifiedAt))
    }
    return logs
  }

  /// Returns the place of the logs of a factory's pilots as people read it.
  public func place(ofFactoryLogs name: Name) -> String { relative(layout.factoryLogs(name)) }

  /// The path of the log of a batch job.
  public func factoryLog(_ name: Name, job: String) -> String {
    "\(layout.factoryLogs(name))/\(job).log"
  }

  /// Reads the beginning and the end of the log of a batch job; nil where there is none.
  public func readFactoryLog(
    _ name: Name, job: String
  ) throws(FileError) -> (head: String, tail: String)? {
    let file: any OpenFile
    do throws(FileError) {
      file = try files.open(factoryLog(name, job: job), .read)
    } catch {
      guard error.isMissing else { throw error }
      return nil
    }
    defer { try? file.close() }
    let size = try file.attributes().size
    let head = try file.read(at: 0, count: 32 << 10)
    let tail = try file.read(at: max(0, size - 4096), count: 4096)
    return (String(decoding: head, as: UTF8.self), String(decoding: tail, as: UTF8.self))
  }

  /// Removes the log of a batch job. One that is gone is fine.
  public func removeFactoryLog(_ name: Name, job: String) throws(FileError) {
    try files.removeIfPresent(factoryLog(name, job: job))
  }
}
