/// The end of a verb that did not go well: one line for the user, and the exit code that goes with it
/// (DESIGN 6).
struct Failure: Error, CustomStringConvertible {
  /// The exit codes of `spool`.
  enum Code: Int32 {
    case failed = 1
    case cancelled = 3
    case usage = 64
    case missing = 66
    case unavailable = 69
    case output = 74
    case timeOut = 124
    case interrupted = 130
  }

  var code: Code
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  var description: String { message }
}
