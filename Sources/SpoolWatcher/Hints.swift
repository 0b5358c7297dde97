public import SpoolStore

/// The events that the shell has heard of a watched directory.
public struct DirectoryHints: Sendable, Equatable {
  /// The latest news of each file that appeared.
  public var names: [String: News] = [:]
  /// True if events may have been missed.
  public var rescan = false

  /// The news that an event brings of a file.
  public enum News: Sendable {
    /// It appeared, and its writer has not closed it.
    case created
    /// It was closed after writing.
    case closed
    /// It was moved in.
    case movedIn
  }

  /// The largest number of names that are kept. Beyond it the directory is scanned instead.
  static let most = 10_000

  /// Makes hints that tell nothing.
  public init() {}

  /// Adds an event.
  public mutating func note(_ event: DirectoryEvent) {
    switch event.kind {
    case .rescan: rescan = true
    case .created: names[event.name] = .created
    case .closed: names[event.name] = .closed
    case .movedIn: names[event.name] = .movedIn
    }
    if names.count > Self.most {
      names = [:]
      rescan = true
    }
  }
}

/// The events that the shell has heard since the last turn. They are only hints; the scan is the
/// truth (R9).
public struct Hints: Sendable, Equatable {
  /// Names in `incoming/` that were closed after writing or moved in.
  public var closed: Set<String> = []
  /// True if a file came into `incoming/`.
  public var incoming = false
  /// True if a file came into an inbox.
  public var inboxes = false
  /// The tasks and chains of whose ends the site's command has been told.
  public var told: Set<String> = []
  /// The events of watched directories, by path.
  public var directories: [String: DirectoryHints] = [:]

  /// Makes hints that tell nothing.
  public init() {}

  /// Adds the hints about `incoming/`, the inboxes and what was told. Hints about watched directories are not
  /// added.
  public mutating func formUnion(_ other: Hints) {
    closed.formUnion(other.closed)
    told.formUnion(other.told)
    incoming = incoming || other.incoming
    inboxes = inboxes || other.inboxes
  }

  /// Hints that `incoming/` and the inboxes may have changed in any way.
  public static var all: Hints {
    var hints = Hints()
    hints.incoming = true
    hints.inboxes = true
    return hints
  }
}
