internal import SpoolModel

/// A call on a path that failed: the operation, the path and the reason.
public struct FileError: Error, Equatable, Sendable {
  /// The reason for which a call failed.
  public enum Reason: Hashable, Sendable {
    /// The system refused.
    case system(Errno)
    /// The file, or a line of it, is larger than its reader allows. The disk has nothing to do with
    /// it, and trying again does not help.
    case overLimit
    /// The bytes at this offset are not what was written there, or are not there at all. Trying
    /// again does not help; `spool recover` may.
    case damaged(offset: Int)
    /// Nothing was tried, since the spool is another watcher's (R7).
    case leaseLost
  }

  /// The call, as a verb: `open`, `rename`, `fsync`.
  public var operation: String
  /// The path, or both paths of a rename.
  public var path: String

  /// The directory in which the call failed; of a rename, the one that it leads out of.
  var directory: String {
    let source = path.firstRange(of: " to /").map { path[..<$0.lowerBound] } ?? path[...]
    return FilePath.directory(String(source))
  }
  /// The reason.
  public var reason: Reason

  /// Makes an error of a call that failed for any reason.
  public init(_ operation: String, _ path: String, _ reason: Reason) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  /// Makes an error of a call that the system refused.
  public init(_ operation: String, _ path: String, _ errno: Errno) {
    self.init(operation, path, .system(errno))
  }

  /// Makes an error of a call that the system refused with a number. The system never refuses to
  /// read with `EFBIG`: from a reader that number stands for its own limit.
  public init(_ operation: String, _ path: String, _ code: Int32) {
    let errno = Errno(code)
    let isOverLimit = operation == Self.reading && errno == .fileTooLarge
    self.init(operation, path, isOverLimit ? .overLimit : .system(errno))
  }

  /// The operation of a reader of whole files.
  static let reading = "read"

  /// The number that stands for the reason: `EFBIG` for a reader's limit, `EIO` for damage,
  /// `ECANCELED` where nothing was tried.
  public var errno: Errno {
    switch reason {
    case .system(let errno): errno
    case .overLimit: .fileTooLarge
    case .damaged: .inputOutput
    case .leaseLost: .cancelled
    }
  }

  /// The number that stands for the reason, as the C library has it.
  public var code: Int32 { errno.rawValue }
}
