public import SpoolModel

/// `ready-cpu/` and `ready-gpu/`: jobs that wait for a pilot.
extension Spool {
  /// How a put ended (R4).
  public enum Put: Equatable, Sendable {
    case done
    /// Certainly not there: the same attempt may be put again.
    case notDone(FileError)
    /// Perhaps there, perhaps already claimed: only a new attempt may follow.
    case inDoubt(FileError)
  }

  /// Makes a job visible to pilots: written under a hidden name, then renamed.
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

  /// Removes what puts of a former watcher left unfinished: hidden files whose names are jobs'.
  /// Should that watcher yet live, its rename finds nothing any more.
  public func removeUnfinishedPuts(_ queue: Queue) throws(FileError) {
    for name in try files.list(layout.ready(queue), fresh: true).names
    where name.hasPrefix(".") && JobName(fileName: String(name.dropFirst())) != nil {
      try files.removeIfPresent("\(layout.ready(queue))/\(name)")
    }
  }

  /// Removes what a put that is given up has left.
  public func removeUnfinishedPut(_ name: JobName, _ queue: Queue) throws(FileError) {
    try files.removeIfPresent("\(layout.ready(queue))/.\(name.fileName)")
  }

  /// A crash may have left the hidden file: it is ours alone.
  private func createAnew(_ path: String, _ contents: [UInt8]) throws(FileError) {
    do throws(FileError) {
      try files.create(path, contents, durable: false)
    } catch {
      guard error.isOccupied else { throw error }
      try files.remove(path)
      try files.create(path, contents, durable: false)
    }
  }

  /// The jobs in a ready directory. What else is there is nobody's.
  public func readyJobs(_ queue: Queue, fresh: Bool) throws(FileError) -> [JobName] {
    try readyNames(queue, fresh: fresh).compactMap { JobName(fileName: $0) }
  }

  /// The names in a ready directory, not yet parsed.
  public func readyNames(_ queue: Queue, fresh: Bool) throws(FileError) -> [String] {
    try files.list(layout.ready(queue), fresh: fresh).names
  }

  /// Takes a job out of ready for good; false where it was not there (any more).
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
