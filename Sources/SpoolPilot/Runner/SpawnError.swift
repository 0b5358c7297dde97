internal import Glibc

/// A payload that could not be started: no such program, no permission, no memory.
public struct SpawnError: Error, Sendable, Equatable {
  /// The program, or the path that failed before it.
  public var program: String
  /// The system's answer, as `errno`.
  public var code: Int32
  /// The program itself failed, not what the runner prepares for it.
  public var isExec: Bool

  /// Makes an error of `errno` in `code`.
  public init(program: String, code: Int32, isExec: Bool = true) {
    self.program = program
    self.code = code
    self.isExec = isExec
  }

  /// Returns the error of a payload that was to end before it was started.
  public static func cancelled(_ program: String) -> SpawnError {
    SpawnError(program: program, code: ECANCELED, isExec: false)
  }

  /// True if the task is to blame: its program is missing, not executable or of no format that the
  /// kernel knows, or its arguments are none. Otherwise the node is to blame.
  public var isTheTasks: Bool {
    isExec
      && [ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP, EACCES, ENOEXEC, ELIBBAD, E2BIG, EINVAL]
        .contains(code)
  }
}
