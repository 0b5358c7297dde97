import CSpoolSystem
import Glibc

/// Runs a small program and takes what it prints, with a time-out: for asking the machine about
/// itself before any payload runs. Blocks.
enum CommandOutput {
  /// Its standard output; nil where it could not be started, failed, or took longer than `seconds`.
  static func of(
    _ arguments: [String], environment: [String: String], seconds: UInt64, limit: Int = 1 << 20
  ) -> String? {
    var source: Int32 = -1
    var sink: Int32 = -1
    guard spool_pipe(&source, &sink) == 0 else { return nil }
    let pid = spawn(arguments, environment, sink)
    close(sink)
    defer { close(source) }
    guard let pid else { return nil }
    let deadline = spool_now() + seconds * 1_000_000_000
    let output = readAll(source, until: deadline, limit)
    if output == nil { kill(pid, SIGKILL) }
    guard isSuccess(pid, until: deadline), let output else { return nil }
    return String(decoding: output, as: UTF8.self)
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], _ output: Int32
  ) -> pid_t? {
    guard let name = arguments.first,
      let program = try? ProgramSearch.find(name, path: environment["PATH"])
    else { return nil }
    var words = CStrings()
    for argument in arguments { words.append(argument) }
    var variables = CStrings()
    for (name, value) in environment { variables.append(name, "=", value) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var pid: pid_t = 0
    let error = words.withPointers { words in
      variables.withPointers { variables in
        guard let words = words.baseAddress, let variables = variables.baseAddress else {
          return EINVAL
        }
        return posix_spawn(&pid, program, &actions, nil, words, variables)
      }
    }
    return error == 0 ? pid : nil
  }

  private static func readAll(_ descriptor: Int32, until deadline: UInt64, _ limit: Int) -> [UInt8]?
  {
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    var descriptor = descriptor
    var ready: UInt8 = 0
    while output.count <= limit {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return output }
      if count > 0 { output += chunk[..<count] }
      if count < 0, errno != EAGAIN, errno != EINTR { return nil }
      if spool_now() >= deadline { return nil }
      if count < 0 { _ = spool_wait_readable(&descriptor, &ready, 1, deadline) }
    }
    return nil
  }

  /// Waits for it; it may have closed its output and go on.
  private static func isSuccess(_ pid: pid_t, until deadline: UInt64) -> Bool {
    var exit = spool_exit()
    while true {
      switch spool_reap(pid, &exit) {
      case 1: return exit.signal == 0 && exit.code == 0
      case 0:
        if spool_now() >= deadline { kill(pid, SIGKILL) }
        usleep(1000)
      default: return false
      }
    }
  }
}
