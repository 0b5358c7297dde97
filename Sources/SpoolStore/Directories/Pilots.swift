public import SpoolModel

/// `running/`: pilots' directories and heartbeats, and the files of active tasks.
extension Spool {
  /// Bytes of `pilot.json`, which is padded so that one write in place replaces all of it.
  static let heartbeatSize = 2048

  /// Makes a pilot's directory and its first heartbeat.
  public func register(_ record: PilotRecord) throws(FileError) {
    try files.createDirectory(layout.pilot(record.pilot))
    do throws(FileError) {
      try makeHeartbeat(record)
    } catch {
      // The next try is made under another name.
      try? files.removeDirectory(layout.pilot(record.pilot))
      throw error
    }
  }

  /// Makes a heartbeat that somebody has removed. Fails where the pilot's directory is gone, too.
  public func makeHeartbeat(_ record: PilotRecord) throws(FileError) {
    try files.create(layout.heartbeat(record.pilot), Self.heartbeat(record), durable: false)
  }

  /// Writes a heartbeat in place (R5). Fails with an error that ``FileError/isMissing`` where the
  /// watcher has given the pilot up.
  public func beat(_ record: PilotRecord) throws(FileError) {
    let file = try files.open(layout.heartbeat(record.pilot), .update)
    do throws(FileError) {
      try file.write(Self.heartbeat(record), at: 0)
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }

  private static func heartbeat(_ record: PilotRecord) -> [UInt8] {
    let text = SealedJSON.encode(record.json)
    return text + repeatElement(32, count: max(0, heartbeatSize - 1 - text.count)) + [10]
  }

  /// The outcome of a look at a pilot's heartbeat.
  public enum Heartbeat: Equatable, Sendable {
    /// The record.
    case read(PilotRecord)
    /// The file is there, and is no record as a pilot wrote it.
    case damaged
    /// The file cannot be read now.
    case unreadable
  }

  /// Looks at a pilot's last heartbeat.
  public func look(atHeartbeatOf pilot: PilotName) -> Heartbeat {
    guard let bytes = try? files.read(layout.heartbeat(pilot), limit: 64 << 10) else {
      return .unreadable
    }
    guard SealedJSON.check(bytes) != .damaged,
      let record = (try? JSON.parse(bytes)).flatMap({ PilotRecord($0) }), record.pilot == pilot
    else { return .damaged }
    return .read(record)
  }

  /// Reads a pilot's last heartbeat; nil where none can be read now.
  public func heartbeat(of pilot: PilotName) -> PilotRecord? {
    if case .read(let record) = look(atHeartbeatOf: pilot) { record } else { nil }
  }

  /// Returns the moment of a pilot's last heartbeat by the filesystem's clock; nil where there is
  /// none.
  public func heartbeatTime(of pilot: PilotName) throws(FileError) -> Timestamp? {
    try files.attributesIfPresent(layout.heartbeat(pilot))?.modifiedAt
  }

  /// Removes a pilot's directory. Returns false where something of value is still in it. An entry
  /// that cannot be removed does not hold up the others; its error is thrown at the end.
  public func unregister(_ pilot: PilotName) throws(FileError) -> Bool {
    guard let listing = try listIfPresent(layout.pilot(pilot)) else { return true }
    var refused: FileError?
    for name in listing.names
    where PilotDirectory.isOwn(name) || PilotDirectory.isUnfinished(name) {
      do throws(FileError) {
        try files.removeIfPresent("\(layout.pilot(pilot))/\(name)")
      } catch {
        refused = refused ?? error
      }
    }
    if let refused { throw refused }
    do throws(FileError) {
      try files.removeDirectory(layout.pilot(pilot))
      return true
    } catch {
      if error.isMissing { return true }
      guard error.isOccupied else { throw error }
      return false
    }
  }

  /// Lists a directory afresh; nil where it is not there.
  func listIfPresent(_ directory: String) throws(FileError) -> Listing? {
    do throws(FileError) {
      return try files.list(directory, fresh: true)
    } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }

  /// Lists the pilots that have a directory in `running/`, and the tasks that have a page there.
  public func running(fresh: Bool) throws(FileError) -> (pilots: [PilotName], tasks: [Name]) {
    var pilots: [PilotName] = []
    var tasks: [Name] = []
    for name in try files.list(layout.running, fresh: fresh).names {
      if name.hasSuffix(".json") {
        if let task = Name(name.dropLast(5)) { tasks.append(task) }
      } else if let pilot = PilotName(name) {
        pilots.append(pilot)
      }
    }
    return (pilots, tasks)
  }
}
