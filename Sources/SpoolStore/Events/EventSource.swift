/// A change in a watched directory. It is a hint and no more (R9): the scan is the truth.
public struct DirectoryEvent: Sendable, Equatable {
  /// The kind of a change.
  public enum Kind: Sendable, Equatable {
    /// A file that was open for writing has been closed.
    case closed
    /// An entry was moved in by rename.
    case movedIn
    /// An entry has appeared, and may still be written. Reported only where that was asked for.
    case created
    /// The queue overflowed, or the watch is new or lost: the directory must be scanned.
    case rescan
  }

  /// The directory, as it was given to the source.
  public var directory: String
  /// The name of the entry; empty for `.rescan`.
  public var name: String
  /// The kind of the change.
  public var kind: Kind

  /// Makes an event from its parts.
  public init(directory: String, name: String, kind: Kind) {
    self.directory = directory
    self.name = name
    self.kind = kind
  }
}

/// A source of changes in directories, which reports from a thread of its own.
public protocol EventSource: AnyObject, Sendable {
  /// True where events come at all. Else a caller that waits must look on a short timer.
  var delivers: Bool { get }
  /// The reason why events do not come, or not of all directories, for the log; nil while there is
  /// none.
  var trouble: String? { get }
  /// Begins to report changes in `directory` (an absolute path) to `receive`, which must be quick
  /// where others hear from the source, too.
  /// The first report is a `.rescan`, for changes before the watch stood.
  func watch(_ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void)
  /// Begins to report changes and every creation in a directory, which may come at any time, and
  /// go.
  func watchBuffer(_ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void)
  /// Ends the reports of a directory.
  func forget(_ directory: String)
}
