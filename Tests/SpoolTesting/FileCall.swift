internal import SpoolStore

/// The calls of ``FileSystem`` and ``OpenFile``, as ``MemoryFileSystem`` counts and reports them.
public enum FileOperation: Sendable, Hashable, CaseIterable {
  case list, attributes, read, create, open, rename, renameExclusively, link, remove
  case createDirectory, removeDirectory, syncDirectory, createLink, readLink
  case askWriters
  /// On an open file, without a look at its name.
  case fileAttributes, fileRead, write, truncate, sync, lock, close

  /// As in ``FileError/operation``.
  public var verb: String {
    switch self {
    case .list: "list"
    case .askWriters: "ask who writes"
    case .attributes, .fileAttributes: "look up"
    case .read, .fileRead, .readLink: "read"
    case .create, .createLink: "create"
    case .open: "open"
    case .rename, .renameExclusively: "rename"
    case .link: "link"
    case .remove: "remove"
    case .createDirectory: "create directory"
    case .removeDirectory: "remove directory"
    case .syncDirectory, .sync: "sync"
    case .write: "write"
    case .truncate: "truncate"
    case .lock: "lock"
    case .close: "close"
    }
  }

  /// Whether it resolves a path: what costs a shared filesystem a round trip to its server.
  public var isOnName: Bool {
    switch self {
    case .fileAttributes, .fileRead, .write, .truncate, .sync, .lock, .close: false
    default: true
    }
  }

  /// Whether it can leave something changed.
  public var changes: Bool {
    switch self {
    case .create, .open, .rename, .renameExclusively, .link, .remove, .createDirectory,
      .removeDirectory, .createLink,
      .write, .truncate:
      true
    default: false
    }
  }
}

/// One call, as the hooks see it.
public struct FileCall: Sendable, Equatable {
  public var operation: FileOperation
  /// For an open file the path that it was opened by.
  public var path: String
  /// Of a rename.
  public var destination: String?
  /// Which call it is on this filesystem, from 1: "fail the Nth call, for every N".
  public var number: Int

  public init(
    _ operation: FileOperation, _ path: String, to destination: String? = nil, number: Int = 0
  ) {
    self.operation = operation
    self.path = path
    self.destination = destination
    self.number = number
  }

  func error(_ code: Int32) -> FileError {
    FileError(operation.verb, destination.map { "\(path) to \($0)" } ?? path, code)
  }
}

/// How a call goes wrong before it is done.
public enum FileFault: Sendable, Equatable {
  /// Nothing is done and this `errno` reported.
  case fails(Int32)
  /// A `create` or `write` stops after so many bytes, which stay (as if the writer or its disk had
  /// died), and this `errno` is reported. Other calls just fail.
  case torn(after: Int, Int32)
}

/// How many calls were made, by operation.
public struct CallCounts: Sendable, Equatable {
  private var counts: [FileOperation: Int] = [:]

  public init() {}

  public subscript(operation: FileOperation) -> Int {
    get { counts[operation, default: 0] }
    set { counts[operation] = newValue == 0 ? nil : newValue }
  }

  public var total: Int { counts.values.reduce(0, +) }

  /// Those that resolve a path.
  public var onNames: Int { counts.reduce(0) { $0 + ($1.key.isOnName ? $1.value : 0) } }

  /// What came in between: `after - before`.
  public static func - (after: CallCounts, before: CallCounts) -> CallCounts {
    var difference = CallCounts()
    for operation in FileOperation.allCases {
      difference[operation] = after[operation] - before[operation]
    }
    return difference
  }
}
