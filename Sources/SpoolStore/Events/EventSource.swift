/// A change seen in a watched directory. A hint and no more (R9): the scan is the truth.
public struct DirectoryEvent: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// A file that was open for writing has been closed.
    case closed
    /// An entry was moved in by rename.
    case movedIn
    /// An entry has appeared, and may yet be written. Told only where that was asked for.
    case created
    /// The queue overflowed, or the watch is new or lost: rescan.
    case rescan
  }

  public var directory: String
  /// Empty for `.rescan`.
  public var name: String
  public var kind: Kind

  public init(directory: String, name: String, kind: Kind) {
    self.directory = directory
    self.name = name
    self.kind = kind
  }
}

/// Tells of changes in directories, from a thread of its own.
public protocol EventSource: AnyObject, Sendable {
  /// Whether events ever come: if not, whoever waits must look on a short timer.
  var delivers: Bool { get }
  /// Begins to report `directory` (an absolute path) to `receive`, which must be quick; the first
  /// report is a `.rescan`, for whatever came before the watch stood.
  func watch(_ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void)
  /// As ``watch(_:_:)`` for a directory of which also every creation is of interest. It may come at
  /// any time, and go.
  func watchBuffer(_ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void)
  /// Ends the reports of a directory.
  func forget(_ directory: String)
}
