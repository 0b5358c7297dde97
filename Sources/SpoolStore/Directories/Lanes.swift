public import SpoolModel

/// The lanes of the ready directories and of `done/`. They are made where a single directory is too
/// slow, and removed when nobody needs them any more.
extension Spool {
  /// Makes the lanes of a queue, and those of the inbox in which the results of their jobs are handed
  /// in. What is there already is left as it is.
  public func makeLanes(of queue: Queue) throws(FileError) {
    for lane in Lane.all { try files.ensureDirectory(layout.inbox(failed: false, lane)) }
    for lane in Lane.all { try files.ensureDirectory(layout.ready(ReadyPlace(queue, lane))) }
  }

  /// Removes the lanes of a queue that are empty. Returns true if none is left.
  public func removeLanes(of queue: Queue) throws(FileError) -> Bool {
    try removeEmptyLanes { layout.ready(ReadyPlace(queue, $0)) }
  }

  /// Removes the lanes of the inbox that are empty. Returns true if none is left.
  public func removeLanesOfInbox() throws(FileError) -> Bool {
    try removeEmptyLanes { layout.inbox(failed: false, $0) }
  }

  /// Returns whether the inbox has lanes.
  public func hasLanesOfInbox() throws(FileError) -> Bool {
    try files.list(layout.done, fresh: true).names.contains { Lane(directory: $0) != nil }
  }

  private func removeEmptyLanes(_ path: (Lane) -> String) throws(FileError) -> Bool {
    var isThrough = true
    for lane in Lane.all {
      do throws(FileError) {
        try files.removeDirectory(path(lane))
      } catch {
        if error.isOccupied {
          isThrough = false
        } else if !error.isMissing {
          throw error
        }
      }
    }
    return isThrough
  }

  /// Lists the names in some lanes, of which one that is gone by now holds nothing.
  func names(
    in lanes: [Lane], fresh: Bool, _ path: (Lane) -> String
  ) throws(FileError) -> [(lane: Lane, names: [String])] {
    guard !lanes.isEmpty else { return [] }
    let files = files
    let answers = each(lanes.map { ($0, path($0)) }, until: { _ in false }) { lane, path in
      Result { () throws(FileError) in
        do throws(FileError) {
          return (lane: lane, names: try files.list(path, fresh: fresh).names)
        } catch {
          guard error.isMissing else { throw error }
          return (lane: lane, names: [])
        }
      }
    }
    return try answers.map { answer throws(FileError) in try answer.get() }
  }
}
