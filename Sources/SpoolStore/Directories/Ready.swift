public import SpoolModel

/// `ready-cpu/` and `ready-gpu/`: jobs that wait for a pilot.
extension Spool {
  /// The end of a put (R4).
  public enum Put: Equatable, Sendable {
    /// The job is there, or was and is claimed.
    case done
    /// The job is certainly not there: the same attempt may be put again.
    case notDone(FileError)
    /// The job may be there, and may be claimed already: only a new attempt may follow.
    case inDoubt(FileError)
  }

  /// Makes a job visible to pilots: writes it under a hidden name, then renames it.
  public func put(_ name: JobName, _ queue: Queue, _ contents: [UInt8]) -> Put {
    let path = layout.ready(queue, name)
    let hidden = "\(layout.ready(queue))/.\(name.fileName)"
    do throws(FileError) {
      try createAnew(hidden, contents)
    } catch {
      return .notDone(error)
    }
    do throws(FileError) {
      try files.rename(hidden, to: path)
      return .done
    } catch {
      if files.isPresent(path) { return .done }
      // The attempt is given up, so the file must not stay behind, nor arrive yet.
      try? files.remove(hidden)
      return .inDoubt(error)
    }
  }

  /// Removes the unfinished puts of a former watcher: hidden files whose names are jobs'. If that
  /// watcher still lives, its rename finds nothing any more.
  public func removeUnfinishedPuts(_ queue: Queue) throws(FileError) {
    for name in try files.list(layout.ready(queue), fresh: true).names
    where name.hasPrefix(".") && JobName(fileName: String(name.dropFirst())) != nil {
      try files.removeIfPresent("\(layout.ready(queue))/\(name)")
    }
  }

  /// Removes the hidden file of a put that is given up.
  public func removeUnfinishedPut(_ name: JobName, _ queue: Queue) throws(FileError) {
    try files.removeIfPresent("\(layout.ready(queue))/.\(name.fileName)")
  }

  /// Creates a hidden file anew. A crash may have left one, which is ours alone.
  private func createAnew(_ path: String, _ contents: [UInt8]) throws(FileError) {
    do throws(FileError) {
      try files.create(path, contents, durable: false)
    } catch {
      guard error.isOccupied else { throw error }
      try files.remove(path)
      try files.create(path, contents, durable: false)
    }
  }

  /// Lists the jobs in a ready directory. Every other entry is nobody's.
  public func readyJobs(_ queue: Queue, fresh: Bool) throws(FileError) -> [JobName] {
    try readyNames(queue, fresh: fresh).compactMap { JobName(fileName: $0) }
  }

  /// Lists the names in a ready directory, not yet parsed.
  public func readyNames(_ queue: Queue, fresh: Bool) throws(FileError) -> [String] {
    try files.list(layout.ready(queue), fresh: fresh).names
  }

  /// Returns the mark of a ready directory, as the server has it. A listing after it is fresh.
  public func readyMark(_ queue: Queue) throws(FileError) -> DirectoryMark {
    try files.mark(of: layout.ready(queue))
  }

  /// Takes a job out of ready for good. Returns false where it was not there (any more).
  public func withdraw(_ name: JobName, _ queue: Queue) throws(FileError) -> Bool {
    do throws(FileError) {
      try files.remove(layout.ready(queue, name))
      return true
    } catch {
      guard error.isMissing else { throw error }
      return false
    }
  }
}
