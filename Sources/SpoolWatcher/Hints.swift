public import SpoolStore

/// What the shell has heard of a watched directory.
public struct DirectoryHints: Sendable, Equatable {
  /// Names of files that appeared, and whether they were closed after writing, or moved in.
  public var names: [String: Bool] = [:]
  /// Whether events may have been missed.
  public var rescan = false

  /// More names than this are not kept: the scan finds them.
  static let most = 10_000

  public init() {}

  public mutating func note(_ event: DirectoryEvent) {
    switch event.kind {
    case .rescan: rescan = true
    case .created: names[event.name] = false
    case .closed, .movedIn: names[event.name] = true
    }
    if names.count > Self.most {
      names = [:]
      rescan = true
    }
  }
}

/// What the shell has heard since the last turn. Events are hints; the scan is the truth (R9).
public struct Hints: Sendable, Equatable {
  /// Names in `incoming/` that were closed or moved in.
  public var closed: Set<String> = []
  /// Whether something came into `incoming/`, or into an inbox.
  public var incoming = false
  public var inboxes = false
  /// By directory that datasets are filled from.
  public var directories: [String: DirectoryHints] = [:]

  public init() {}

  public mutating func formUnion(_ other: Hints) {
    closed.formUnion(other.closed)
    incoming = incoming || other.incoming
    inboxes = inboxes || other.inboxes
  }

  /// Everything may have changed.
  public static var all: Hints {
    var hints = Hints()
    hints.incoming = true
    hints.inboxes = true
    return hints
  }
}
