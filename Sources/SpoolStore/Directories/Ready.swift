public import SpoolModel

/// `ready-cpu/` and `ready-gpu/`, and their lanes: jobs that wait for a pilot.
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
  public func put(_ name: JobName, _ place: ReadyPlace, _ contents: [UInt8]) -> Put {
    let path = layout.ready(place, name)
    let hidden = layout.unfinishedPut(place, name)
    do throws(FileError) {
      try files.createAnew(hidden, contents, durable: false)
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
    for (place, names) in try readyListings(queue, fresh: true) {
      for name in names where name.hasPrefix(".") {
        guard let job = JobName(fileName: String(name.dropFirst())) else { continue }
        try removeUnfinishedPut(job, place)
      }
    }
  }

  /// Removes the hidden file of a put that is given up.
  public func removeUnfinishedPut(_ name: JobName, _ place: ReadyPlace) throws(FileError) {
    try files.removeIfPresent(layout.unfinishedPut(place, name))
  }

  /// Lists the jobs of a queue that wait. Every other entry is nobody's.
  public func readyJobs(_ queue: Queue, fresh: Bool) throws(FileError) -> [JobName] {
    try readyListings(queue, fresh: fresh).flatMap { _, names in
      names.compactMap { JobName(fileName: $0) }
    }
  }

  /// Lists the names in a queue's directory, and in each of its lanes, not yet parsed. The watcher moves
  /// jobs out of lanes, so whoever is not the watcher (`isMover`) looks into the directory once more:
  /// each name is listed once.
  public func readyListings(
    _ queue: Queue, fresh: Bool, isMover: Bool = false
  ) throws(FileError) -> [(place: ReadyPlace, names: [String])] {
    let own = try files.list(layout.ready(queue), fresh: fresh).names
    let lanes = own.compactMap { Lane(directory: $0) }
    var listings: [(place: ReadyPlace, names: [String])] =
      try [(ReadyPlace(queue), own)]
      + names(in: lanes, of: layout.ready(queue), fresh: fresh).map { (ReadyPlace(queue, $0), $1) }
    guard !lanes.isEmpty, !isMover else { return listings }
    let known = Set(listings.flatMap(\.names))
    listings[0].names += try files.list(layout.ready(queue), fresh: fresh).names
      .filter { !known.contains($0) }
    return listings
  }

  /// Lists the names in a ready directory, or in one lane, not yet parsed.
  public func readyNames(_ place: ReadyPlace, fresh: Bool) throws(FileError) -> [String] {
    try files.list(layout.ready(place), fresh: fresh).names
  }

  /// Lists the names in a lane afresh; nil where it is gone.
  public func readyNamesIfPresent(_ lane: ReadyPlace) throws(FileError) -> [String]? {
    try listIfPresent(layout.ready(lane))?.names
  }

  /// Returns the mark of a ready directory, as the server has it. A listing after it is fresh.
  public func readyMark(_ queue: Queue) throws(FileError) -> DirectoryMark {
    try files.mark(of: layout.ready(queue))
  }

  /// Moves a job out of a lane into the queue's own directory. Returns false where it was not there
  /// (any more).
  public func bringOut(_ name: JobName, of lane: ReadyPlace) throws(FileError) -> Bool {
    do throws(FileError) {
      try files.rename(layout.ready(lane, name), to: layout.ready(ReadyPlace(lane.queue), name))
      return true
    } catch {
      guard error.isMissing else { throw error }
      return false
    }
  }

  /// Takes a job out of ready for good. Returns false where it was not there (any more).
  public func withdraw(_ name: JobName, _ place: ReadyPlace) throws(FileError) -> Bool {
    do throws(FileError) {
      try files.remove(layout.ready(place, name))
      return true
    } catch {
      guard error.isMissing else { throw error }
      return false
    }
  }
}
