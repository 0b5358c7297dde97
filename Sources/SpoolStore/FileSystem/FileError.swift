/// A system call on a path that failed: what was being done, to what, and what the system said.
public struct FileError: Error, Equatable, Sendable {
  /// The call, as a verb: `open`, `rename`, `fsync`.
  public var operation: String
  public var path: String
  /// `errno`.
  public var code: Int32

  public init(_ operation: String, _ path: String, _ code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }
}
