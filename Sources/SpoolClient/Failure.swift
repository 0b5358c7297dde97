/// The end of something asked of a spool that did not go well: one line for the user, and the exit code
/// of `spool` that goes with it (DESIGN 6).
public struct Failure: Error, CustomStringConvertible {
  /// The exit codes of `spool`.
  public enum Code: Int32, Sendable {
    /// The work failed, or the watcher refused a request.
    case failed = 1
    /// The task was cancelled.
    case cancelled = 3
    /// What was asked is wrong.
    case usage = 64
    /// There is no such thing.
    case missing = 66
    /// The spool cannot be used, or an order was not taken.
    case unavailable = 69
    /// Standard output could not be written.
    case output = 74
    /// It took too long.
    case timeOut = 124
    /// The user interrupted it.
    case interrupted = 130
  }

  /// The kind of end.
  public var code: Code
  /// The line.
  public var message: String

  /// Makes a failure of its parts.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The line.
  public var description: String { message }
}
