import Glibc
import SpoolStore
import Synchronization

/// A program that a test has started. A thread waits for it, and rings the bell.
final class Program: Sendable {
  let name: String
  let pid: pid_t
  /// Files that take its standard output and standard error.
  let outputPath: String
  let errorPath: String
  private let ended = Mutex<Int32?>(nil)

  /// What is to be started.
  struct Start {
    var arguments: [String]
    var environment: [String: String]
    var directory: String
    var output: String
    var errors: String
  }

  init(_ start: Start, bell: Bell) throws {
    name = start.arguments.joined(separator: " ")
    outputPath = start.output
    errorPath = start.errors
    pid = try Self.spawn(start)
    try WorkerThread.start { [self] in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7f
      ended.withLock { $0 = signal == 0 ? status >> 8 & 0xff : 128 + signal }
      bell.ring()
    }
  }

  /// How it ended: its exit code, or 128 and the signal, as shells have it; nil while it lives.
  var code: Int32? { ended.withLock { $0 } }

  /// Never after its end: the pid may be another's by then.
  func signal(_ number: Int32) {
    if code == nil { kill(pid, number) }
  }

  private static func spawn(_ start: Start) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, start.output, flags, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, start.errors, flags, 0o644)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var pid: pid_t = 0
    let variables = start.environment.map { "\($0.key)=\($0.value)" }
    // `env` goes to the directory and becomes the program: the pid stays.
    let error = withCStrings(["env", "-C", start.directory] + start.arguments) { arguments in
      withCStrings(variables) { variables in
        posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, arguments, variables)
      }
    }
    guard error == 0 else { throw FileError("posix_spawn", start.arguments[0], error) }
    return pid
  }
}

private func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = texts.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { fatalError("a list with an end is not empty") }
    return body(base)
  }
}
