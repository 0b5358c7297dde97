public import SpoolModel
public import SpoolStore

/// The look at a room of pages: which pages have changed since the last look.
public struct RoomLook {
  private let room: Spool.Room
  private var mark: DirectoryMark?
  private var changed: Timestamp?
  /// The names of the pages, as of the last change.
  public private(set) var names: [Name] = []

  /// The time after a change in which the mark may stay, though more changes.
  private static let blur = Duration.seconds(3)

  /// Makes the look at a room.
  public init(_ room: Spool.Room) { self.room = room }

  /// Looks. Returns true where pages may have come, gone or changed.
  public mutating func look(_ spool: Spool, at now: Timestamp) throws(FileError) -> Bool {
    let seen = try spool.mark(of: room)
    if seen != mark {
      changed = now
    } else if let changed, now - changed > Self.blur || now < changed {
      return false
    }
    mark = seen
    names = try spool.pages(in: room, fresh: false)
    return true
  }
}

/// The stamps of pages: a page whose stamp is as it was need not be read.
public struct PageStamps {
  private struct Stamp: Equatable {
    var modified: Int64
    var inode: UInt64
    var size: Int
  }

  private var stamps: [Spool.Page: Stamp] = [:]

  /// Makes stamps of no page.
  public init() {}

  /// Returns true for a page that is another than at the last look; false, too, where none can be seen.
  public mutating func hasChanged(_ page: Spool.Page, _ spool: Spool) throws(FileError) -> Bool {
    guard let seen = try spool.attributes(of: page) else { return false }
    let stamp = Stamp(modified: seen.modified, inode: seen.inode, size: seen.size)
    guard stamps[page] != stamp else { return false }
    stamps[page] = stamp
    return true
  }

  /// Forgets a page, so that it counts as changed.
  public mutating func forget(_ page: Spool.Page) { stamps[page] = nil }
}

/// The looks at all rooms in which a task or a chain may have its page.
public struct TaskRooms {
  /// What a look has seen.
  public struct Seen {
    /// The tasks and chains that have pages.
    public var names: Set<Name>
    /// The pages that are others than at the last look, to be read.
    public var changed: [Spool.Page]
  }

  private var running = RoomLook(.running)
  private var done = RoomLook(.done)
  private var failed = RoomLook(.failed)
  private var stamps = PageStamps()

  /// Makes looks that have seen no page.
  public init() {}

  /// Looks. Returns nil where nothing may have changed.
  public mutating func look(_ spool: Spool, at now: Timestamp) throws(FileError) -> Seen? {
    // A task that ends has its page in done/ or failed/ before it leaves running/: so this order.
    let changes = [
      try running.look(spool, at: now), try done.look(spool, at: now),
      try failed.look(spool, at: now),
    ]
    guard changes.contains(true) else { return nil }
    var places: [Name: Spool.Page] = [:]
    for name in running.names { places[name] = .active(name) }
    for name in done.names { places[name] = .ended(name, failed: false) }
    for name in failed.names { places[name] = .ended(name, failed: true) }
    var seen = Seen(names: Set(places.keys), changed: [])
    do throws(FileError) {
      for page in places.values where try stamps.hasChanged(page, spool) {
        seen.changed.append(page)
      }
    } catch {
      // Nobody gets to read them now.
      for page in seen.changed { stamps.forget(page) }
      throw error
    }
    return seen
  }

  /// Forgets a page that could not be read, so that it counts as changed.
  public mutating func forget(_ page: Spool.Page) { stamps.forget(page) }

  /// Forgets the pages of a task or a chain that is gone.
  public mutating func forget(_ name: Name) {
    for page in [
      Spool.Page.active(name), .ended(name, failed: false), .ended(name, failed: true),
    ] { stamps.forget(page) }
  }
}
