internal import Glibc
internal import SpoolStore

/// A payload that could not be started: no such program, no permission, no memory.
public struct SpawnError: Error, Sendable, Equatable {
  /// The program, or the path that failed before it.
  public var program: String
  /// The system's answer, as `errno`.
  public var code: Int32
  /// The program itself failed, not what the runner prepares for it.
  public var isExec: Bool
  /// What is wrong with the payload's container, where that has failed.
  public private(set) var fault: ContainerFault?

  /// Makes an error of `errno` in `code`.
  public init(program: String, code: Int32, isExec: Bool = true) {
    self.program = program
    self.code = code
    self.isExec = isExec
  }

  /// Makes the error of a payload whose container cannot be run.
  public init(_ fault: ContainerFault, program: String) {
    self.init(program: program, code: 0, isExec: false)
    self.fault = fault
  }

  /// Returns the error of a payload that was to end before it was started.
  public static func cancelled(_ program: String) -> SpawnError {
    SpawnError(program: program, code: ECANCELED, isExec: false)
  }

  /// What failed and, where the program is to blame, what to do about it.
  public var words: String {
    if let fault { return fault.words }
    let refusal = "\(FileError("start", program, code))"
    return advice.map { "\(refusal): \($0)" } ?? refusal
  }

  private var advice: String? {
    guard isTheTasks else { return nil }
    switch code {
    case ENOENT where program.hasPrefix(Self.interpreter):
      return "is it in the first line, which must not end in CR LF?"
    case ENOENT where !program.utf8.contains(UInt8(ascii: "/")):
      return "no directory of the pilot's PATH has it"
    case EACCES: return "it must be executable: chmod +x"
    case ENOEXEC: return "the first line of a script must name its interpreter, as #!/bin/sh"
    default: return nil
    }
  }

  /// True if this host is short of something for now: descriptors, memory, processes.
  public var isShortage: Bool {
    code == EAGAIN || FileError("start", program, code).isShortage
  }

  /// True if the payload's directory, or the place of its output, is not there.
  public var isMissingPlace: Bool { fault == nil && !isExec && code == ENOENT }

  /// The beginning of the name of an interpreter that is not there.
  static let interpreter = "the interpreter of "

  /// True if the task is to blame: its program is missing, not executable or of no format that the
  /// kernel knows, or its arguments are none. Otherwise the node is to blame.
  public var isTheTasks: Bool {
    isExec
      && [ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP, EACCES, ENOEXEC, ELIBBAD, E2BIG, EINVAL]
        .contains(code)
  }
}
