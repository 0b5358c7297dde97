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
    try removeEmptyLanes(of: layout.ready(queue))
  }

  /// Removes the lanes of the inbox that are empty. Returns true if none is left.
  public func removeLanesOfInbox() throws(FileError) -> Bool {
    try removeEmptyLanes(of: layout.done)
  }

  /// Returns whether the inbox has lanes.
  public func hasLanesOfInbox() throws(FileError) -> Bool {
    try files.list(layout.done, fresh: true).names.contains { Lane(directory: $0) != nil }
  }

  /// Removes the empty lanes of a directory. One that refuses holds up no other: its error is thrown at
  /// the end.
  private func removeEmptyLanes(of directory: String) throws(FileError) -> Bool {
    var isThrough = true
    var refusal: FileError?
    for name in try files.list(directory, fresh: true).names where Lane(directory: name) != nil {
      do throws(FileError) {
        try files.removeDirectory("\(directory)/\(name)")
      } catch {
        if error.isOccupied {
          isThrough = false
        } else if !error.isMissing {
          refusal = error
        }
      }
    }
    if let refusal { throw refusal }
    return isThrough
  }

  /// Lists the names in some lanes that the listing of a directory had. A lane that is gone by now holds
  /// nothing, and so does one that nobody may read: it is no lane of a watcher's. Fails where a lane is
  /// missing that its directory still names: then a server shows less than there is.
  func names(
    in lanes: [Lane], of directory: String, fresh: Bool
  ) throws(FileError) -> [(lane: Lane, names: [String])] {
    guard !lanes.isEmpty else { return [] }
    let files = files
    let answers = each(lanes, until: { _ in false }) { lane in
      Result { () throws(FileError) in
        try files.list("\(directory)/\(lane.directory)", fresh: fresh)
      }
    }
    var found: [(lane: Lane, names: [String])] = []
    for (lane, answer) in zip(lanes, answers) {
      do throws(FileError) {
        found.append((lane, try answer.get().names))
      } catch {
        guard error.isMissing || error.isForbidden else { throw error }
        if error.errno == .missing,
          try files.list(directory, fresh: true).names.contains(lane.directory)
        {
          throw error
        }
        found.append((lane, []))
      }
    }
    return found
  }
}
