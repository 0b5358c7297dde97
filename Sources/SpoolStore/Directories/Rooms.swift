public import SpoolModel

/// Directories of a spool by their purpose, for readers that look at names alone.
extension Spool {
  /// A directory of the spool.
  public enum Room: Hashable, Sendable {
    /// The spool's own directory.
    case root
    /// `incoming/`.
    case incoming
    /// `ready-cpu/`, `ready-gpu/` or a lane of it.
    case ready(ReadyPlace)
    /// `running/`.
    case running
    /// `running/PILOT/`.
    case pilot(PilotName)
    /// `done/`.
    case done
    /// `failed/`.
    case failed
    /// A lane of `done/` or `failed/`.
    case lane(Lane, failed: Bool)
    /// `failed/@refused/`.
    case refused
    /// `datasets/`.
    case datasets
    /// `ledger/`.
    case ledgers
    /// `logs/`.
    case logs
    /// `archive/`.
    case archives
    /// `archive/UNIT/`.
    case archive(Name)

    /// Returns `done/` or `failed/`.
    public static func outcome(failed isFailed: Bool) -> Room { isFailed ? .failed : .done }
  }

  /// Returns the path of a room: for messages, and for watching it.
  public func path(of room: Room) -> String {
    switch room {
    case .root: layout.root
    case .incoming: layout.incoming
    case .ready(let place): layout.ready(place)
    case .running: layout.running
    case .pilot(let pilot): layout.pilot(pilot)
    case .done: layout.done
    case .failed: layout.failed
    case .lane(let lane, let failed): layout.inbox(failed: failed, lane)
    case .refused: layout.refused
    case .datasets: layout.datasets
    case .ledgers: layout.ledgers
    case .logs: layout.logs
    case .archives: layout.archive
    case .archive(let unit): layout.archive(unit)
    }
  }

  /// Returns the place of an entry as people read it, relative to the spool: `running/n1-0/drain`.
  public func place(of name: String, in room: Room) -> String {
    relative("\(path(of: room))/\(name)")
  }

  /// Returns a path of the spool relative to its directory.
  func relative(_ path: String) -> String { String(path.dropFirst(layout.root.count + 1)) }

  /// Lists the names in a room, in no order, of which some may be nobody's.
  public func names(in room: Room, fresh: Bool) throws(FileError) -> [String] {
    try files.list(path(of: room), fresh: fresh).names
  }

  /// Lists the names in a room afresh; nil where the room is not there.
  public func namesIfPresent(in room: Room) throws(FileError) -> [String]? {
    try listIfPresent(path(of: room))?.names
  }

  /// Asks the server about rooms, so that the names in them are looked up afresh: a client may have
  /// cached as missing a name that another host has made since (NFS).
  public func refresh(_ rooms: [Room]) {
    for room in rooms { files.refresh(path(of: room)) }
  }

  /// Lists the names in the spool's own directory that do not belong there.
  public func foreignNames() throws(FileError) -> [String] {
    let own = Set(
      layout.directories + [
        layout.config, layout.readme, layout.status, layout.backlog, layout.lock, layout.watcher,
      ])
    return try names(in: .root, fresh: true).filter { !own.contains("\(layout.root)/\($0)") }
  }
}
