import CSpoolSystem
import Glibc

/// The start of one payload's first process.
enum PayloadSpawn {
  /// The preference of the kernel's OOM killer for payloads, of 0 to 1000. The pilot's is 0 as a rule.
  private static let oomScore = "500"

  /// Starts it; returns its pid and a descriptor of it. Everything that can fail is known when this
  /// returns, the exec included; `SpawnError.program` names the path that failed.
  static func start(
    _ payload: Payload, _ command: SetupCommand, mark: PayloadMark, serial: UInt32, umask: UInt32,
    group: PayloadCgroups.Group?
  ) throws(SpawnError) -> (pid: pid_t, descriptor: Int32) {
    let name = payload.arguments.first ?? ""
    let program = command.program
    var arguments = CStrings()
    for argument in command.arguments { arguments.append(argument) }
    var environment = environment(
      command.environment ?? payload.environment, command.markNames, mark.text(serial))
    var paths = CStrings()
    for path in [program, payload.directory, payload.output, payload.errorOutput, oomScore] {
      paths.append(path)
    }
    if let group { paths.append(group.door) }
    if arguments.holdsNUL || environment.holdsNUL || paths.holdsNUL {
      throw SpawnError(program: name, code: EINVAL)
    }
    var spawn = spool_spawn()
    spawn.mark = mark.limit(serial)
    spawn.umask = umask
    let pid = payload.cores.withUnsafeBufferPointer { cores in
      spawn.cores = cores.isEmpty ? nil : cores.baseAddress
      spawn.core_count = Int32(cores.count)
      return call(&spawn, &arguments, &environment, &paths, hasGroup: group != nil)
    }
    if pid < 0 {
      let isExec = UInt32(bitPattern: spawn.step) == SPOOL_SPAWN_EXEC.rawValue
      let error = SpawnError(program: failed(payload, spawn), code: spawn.error, isExec: isExec)
      throw isExec ? explained(error, program, payload.directory) : error
    }
    return (pid, spawn.pidfd)
  }

  /// Returns an error that does not mislead. Of a directory the system says that permission is denied,
  /// and of a script that it is not there when its interpreter is not.
  private static func explained(
    _ error: SpawnError, _ program: String, _ directory: String
  ) -> SpawnError {
    var status = stat()
    let path = program.utf8.first == UInt8(ascii: "/") ? program : "\(directory)/\(program)"
    guard stat(path, &status) == 0 else { return error }
    if status.st_mode & S_IFMT == S_IFDIR { return SpawnError(program: program, code: EISDIR) }
    guard error.code == ENOENT else { return error }
    return SpawnError(program: SpawnError.interpreter + program, code: ENOENT)
  }

  private static func environment(
    _ variables: [String: String], _ markNames: [String], _ mark: String
  ) -> CStrings {
    var strings = CStrings()
    for name in markNames { strings.append(name, "=", mark) }
    for (name, value) in variables where !markNames.contains(name) {
      strings.append(name, "=", value)
    }
    return strings
  }

  private static func call(
    _ spawn: inout spool_spawn, _ arguments: inout CStrings, _ environment: inout CStrings,
    _ paths: inout CStrings, hasGroup: Bool
  ) -> pid_t {
    arguments.withPointers { arguments in
      environment.withPointers { environment in
        paths.withPointers { paths in
          spawn.program = UnsafePointer(paths[0])
          spawn.directory = UnsafePointer(paths[1])
          spawn.output = UnsafePointer(paths[2])
          spawn.error_output = UnsafePointer(paths[3])
          spawn.oom_score = UnsafePointer(paths[4])
          spawn.group = hasGroup ? UnsafePointer(paths[5]) : nil
          spawn.arguments = UnsafePointer(arguments.baseAddress)
          spawn.environment = UnsafePointer(environment.baseAddress)
          return spool_start(&spawn)
        }
      }
    }
  }

  /// Returns the name of what failed, for a message that says so.
  private static func failed(_ payload: Payload, _ spawn: spool_spawn) -> String {
    switch UInt32(bitPattern: spawn.step) {
    case SPOOL_SPAWN_DIRECTORY.rawValue: payload.directory
    case SPOOL_SPAWN_OUTPUT.rawValue: payload.output
    case SPOOL_SPAWN_ERROR_OUTPUT.rawValue: payload.errorOutput
    default: payload.arguments.first ?? ""
    }
  }
}
