internal import Glibc

/// What is to be run: one job's payload.
public struct Payload: Sendable, Equatable {
  /// The pilot's own number for it, unique while it runs.
  public var id: Int
  /// The program, as an absolute path or a bare name that is looked up in `PATH` of `environment`,
  /// and its arguments.
  public var arguments: [String]
  /// The whole environment, nothing inherited.
  public var environment: [String: String]
  /// The working directory, on local disk: there already, and private.
  public var directory: String
  /// Local files that take standard output and standard error; created or emptied at the start.
  public var output: String
  public var errorOutput: String
  /// Milliseconds of wall time, then it is ended.
  public var wall: Int64
  /// Bytes of resident memory, summed over its processes, then it is ended.
  public var memory: Int64
  /// Milliseconds for which it may do nothing, neither print nor use a processor, then it is ended.
  public var stuck: Int64?

  public init(
    id: Int, arguments: [String], environment: [String: String], directory: String,
    output: String, errorOutput: String, wall: Int64, memory: Int64, stuck: Int64? = nil
  ) {
    self.id = id
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.output = output
    self.errorOutput = errorOutput
    self.wall = wall
    self.memory = memory
    self.stuck = stuck
  }
}

/// How a payload ended, and what it took.
public struct PayloadEnd: Sendable, Equatable {
  public enum Status: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
  }
  /// Why it ended: by itself, or because the runner ended it.
  public enum Reason: Sendable, Equatable {
    case itself
    /// Over its wall time.
    case wall
    /// Over its memory.
    case memory
    /// It did nothing for too long.
    case stuck
    /// `end` was called.
    case ended
  }

  public var id: Int
  public var status: Status
  public var reason: Reason
  /// User and system time of all its waited-for processes, in seconds.
  public var cpu: Double
  /// Peak resident bytes: the largest sum seen over its processes, or the largest single process.
  public var memory: Int64

  public init(id: Int, status: Status, reason: Reason, cpu: Double, memory: Int64) {
    self.id = id
    self.status = status
    self.reason = reason
    self.cpu = cpu
    self.memory = memory
  }
}

/// A payload that could not be started: no such program, no permission, no memory.
public struct SpawnError: Error, Sendable, Equatable {
  public var program: String
  /// `errno`.
  public var code: Int32
  /// Whether it was the program that failed, not what the runner prepares for it.
  public var isExec: Bool

  public init(program: String, code: Int32, isExec: Bool = true) {
    self.program = program
    self.code = code
    self.isExec = isExec
  }

  /// Whether the task is to blame: its program is missing, not executable or of no format that the
  /// kernel knows, or its arguments are none. Else the node is.
  public var isTheTasks: Bool {
    isExec
      && [ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP, EACCES, ENOEXEC, ELIBBAD, E2BIG, EINVAL]
        .contains(code)
  }
}

/// Runs payloads: the seam between the pilot's state machine and real processes.
///
/// Never blocks. All calls come from one thread, the one that made it.
public protocol PayloadRunner: AnyObject {
  func start(_ payload: Payload) throws(SpawnError)
  /// Asks a payload to end: TERM to all its processes, KILL after `grace` milliseconds (0: at once).
  /// It is reported by `poll` like any other end. Unknown ids are ignored.
  func end(_ id: Int, grace: Int64)
  /// The payloads that ended since the last call. When it reports one, none of its processes is
  /// left. Also where limits are looked at, so it wants to be called at least once a second.
  func poll() -> [PayloadEnd]
}
