import Glibc

/// Why the program ends early: what is told on stderr, and the exit status.
///
/// The status lets a batch system tell apart what is worth another attempt: a damaged frame (2)
/// stays damaged, an unwritable disk (73, 74) may be well again on another node.
struct Failure: Error {
  let message: String
  let code: Int32

  /// Status 64: the command line is wrong.
  static func usage(_ message: String) -> Failure { Failure(message: message, code: 64) }

  /// Status 2: the content of a file is not what it should be.
  static func damaged(_ path: String, _ problem: String) -> Failure {
    Failure(message: "\(path): \(problem)", code: 2)
  }

  /// A system call failed: status 66 for an input that is not there, else 74.
  static func reading(_ path: String, _ error: Int32) -> Failure {
    Failure(
      message: "cannot read \(path): \(String(cString: strerror(error)))",
      code: error == ENOENT ? 66 : 74)
  }

  /// Status 73: an output cannot be made.
  static func writing(_ path: String, _ error: Int32) -> Failure {
    Failure(message: "cannot write \(path): \(String(cString: strerror(error)))", code: 73)
  }
}
