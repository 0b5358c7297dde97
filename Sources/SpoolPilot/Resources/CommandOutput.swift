import CSpoolSystem
import Glibc

/// The output of a small program that is run with a time-out (R10): to ask the machine about itself,
/// and to tell others.
public enum CommandOutput {
  /// The way in which the program ended.
  public enum End: Equatable, Sendable {
    /// It exited with this code.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)
    /// It took too long, and was killed with its process group.
    case killed
  }

  /// A program to run.
  public struct Call: Sendable {
    /// The program, a path or a name that is looked up in `PATH` of `environment`, and its arguments.
    public var arguments: [String]
    /// The whole environment; nothing is inherited.
    public var environment: [String: String]
    /// Its standard input.
    public var input: [UInt8] = []
    /// Standard error is taken, too, as it comes.
    public var takesErrors = false
    /// The moment after which it is killed, in monotonic nanoseconds (`Waker.now()`).
    public var deadline: UInt64
    /// Bytes of its output that are kept.
    public var limit = 1 << 20

    /// Makes a call without input that takes standard output alone.
    public init(arguments: [String], environment: [String: String], deadline: UInt64) {
      self.arguments = arguments
      self.environment = environment
      self.deadline = deadline
    }
  }

  /// Runs a program and returns its standard output; nil where it could not be started, failed, printed
  /// too much, or took longer than `timeout`. Blocks.
  static func capture(
    _ arguments: [String], environment: [String: String], timeout: Duration, limit: Int = 1 << 20
  ) -> String? {
    var call = Call(
      arguments: arguments, environment: environment,
      deadline: spool_now() + timeout.nanoseconds)
    call.limit = limit
    guard let (end, output) = try? run(call, goesOn: { true }), end == .exited(0),
      output.count <= limit
    else { return nil }
    return String(decoding: output, as: UTF8.self)
  }

  /// Runs a program to its end, or until `goesOn`, asked now and then, says no, which kills it.
  /// Blocks. Its output may be a little more than the limit, and then lacks its end. Fails where it
  /// cannot be started.
  public static func run(
    _ call: Call, goesOn: () -> Bool
  ) throws(SpawnError) -> (end: End, output: [UInt8]) {
    var source: Int32 = -1
    var sink: Int32 = -1
    let error = spool_pipe(&source, &sink)
    guard error == 0 else { throw SpawnError(program: call.arguments.first ?? "", code: error) }
    defer { close(source) }
    let started = Result { () throws(SpawnError) in try spawn(call, sink) }
    close(sink)
    return follow(try started.get(), source, call, goesOn)
  }

  private static func spawn(_ call: Call, _ output: Int32) throws(SpawnError) -> pid_t {
    let name = call.arguments.first ?? ""
    let program = try ProgramSearch.find(name, path: call.environment["PATH"])
    let input = spool_memory_file(call.input, call.input.count)
    guard input >= 0 else { throw SpawnError(program: name, code: errno) }
    defer { close(input) }
    var words = CStrings()
    for argument in call.arguments { words.append(argument) }
    var variables = CStrings()
    for (name, value) in call.environment { variables.append(name, "=", value) }
    var pid: pid_t = 0
    let error = words.withPointers { words in
      variables.withPointers { variables in
        spool_spawn_small(
          &pid, program, words.baseAddress, variables.baseAddress, input, output,
          call.takesErrors ? 1 : 0)
      }
    }
    guard error == 0 else { throw SpawnError(program: program, code: error) }
    return pid
  }

  /// Takes what the program prints until it has ended. Processes that it leaves behind may go on.
  private static func follow(
    _ pid: pid_t, _ source: Int32, _ call: Call, _ goesOn: () -> Bool
  ) -> (End, [UInt8]) {
    var output: [UInt8] = []
    var isOpen = true
    var isKilled = false
    var killedAt: UInt64 = 0
    var exit = spool_exit()
    while true {
      let hasEnded = spool_reap(pid, &exit)
      if isOpen { isOpen = take(source, &output, call.limit) }
      if hasEnded != 0 {
        if isKilled || hasEnded < 0 { return (.killed, output) }
        return (exit.signal == 0 ? .exited(exit.code) : .signalled(exit.signal), output)
      }
      if !isKilled, spool_now() >= call.deadline || !goesOn() {
        kill(-pid, SIGKILL)
        isKilled = true
        killedAt = spool_now()
      }
      // A process that waits for a device cannot die, and is not waited for.
      if isKilled, spool_now() - killedAt > 1_000_000_000 { return (.killed, output) }
      pause(isOpen ? source : -1)
    }
  }

  /// Waits until something can be read, or 10 ms have passed: its end is no event here.
  private static func pause(_ descriptor: Int32) {
    var descriptor = descriptor
    var ready: UInt8 = 0
    let count: UInt32 = descriptor >= 0 ? 1 : 0
    _ = spool_wait_readable(&descriptor, &ready, count, spool_now() + 10_000_000)
  }

  /// Reads what is there; returns false at its end.
  private static func take(_ source: Int32, _ output: inout [UInt8], _ limit: Int) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(source, &chunk, chunk.count)
      if count > 0, output.count <= limit { output += chunk[..<count] }
      if count == 0 { return false }
      if count < 0 { return errno == EAGAIN || errno == EINTR }
    }
  }
}
