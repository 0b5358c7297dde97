import Glibc
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Tests that start real processes: one at a time, since each blocks its thread.
@Suite(.serialized) enum ProcessTests {}

/// A directory of its own, removed with everything in it.
final class ScratchDirectory {
  private let directory: TemporaryDirectory
  var path: String { directory.path }

  init() throws { directory = try TemporaryDirectory() }

  /// The text of a file in it; empty where there is none.
  func text(_ name: String) -> String {
    let descriptor = open(path + "/" + name, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
    let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, mode)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  /// The pid that a payload has written to a file, as soon as it is there.
  func pid(_ name: String) throws -> pid_t {
    var pid: pid_t?
    try waitFor("a pid in \(name)") {
      let text = self.text(name)
      pid = text.hasSuffix("\n") ? pid_t(text.dropLast()) : nil
      return pid != nil
    }
    return try #require(pid)
  }
}

/// Looks at `condition` until it holds; a failure after 20 seconds.
func waitFor(_ what: String, _ condition: () throws -> Bool) throws {
  let deadline = Waker.now() + 20_000_000_000
  // What is looked at, processes above all, sends no event.
  let waker = try Waker()
  while try !condition() {
    try #require(Waker.now() < deadline, "no \(what) in 20 s")
    waker.wait(until: Waker.now() + 2_000_000)
  }
}

/// A runner, and what it takes to run a shell's line with it.
final class RunnerFixture {
  let scratch: ScratchDirectory
  let runner: ProcessRunner
  let waker: Waker
  var lastID = 0

  init() throws {
    scratch = try ScratchDirectory()
    runner = try ProcessRunner()
    waker = try Waker()
  }

  func payload(
    _ arguments: [String], wall: Duration = .seconds(60), memory: Int64 = 1 << 40,
    stuck: Duration? = nil,
    environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
  ) -> Payload {
    lastID += 1
    return Payload(
      id: lastID, arguments: arguments, environment: environment, directory: scratch.path,
      output: scratch.path + "/out", errorOutput: scratch.path + "/err", wall: wall, memory: memory,
      stuck: stuck)
  }

  /// Starts a line for the shell; its id.
  @discardableResult
  func start(_ line: String, wall: Duration = .seconds(60), memory: Int64 = 1 << 40) -> Int {
    runner.start(payload(["sh", "-c", line], wall: wall, memory: memory))
    return lastID
  }

  /// The next end, as the pilot would wait for it.
  func next() throws -> PayloadEnd {
    let deadline = Waker.now() + 20_000_000_000
    while true {
      let ends = runner.poll()
      for start in runner.takeStarts() {
        if let error = start.error { throw error }
      }
      if let end = ends.first { return end }
      try #require(Waker.now() < deadline, "no payload ended in 20 s")
      runner.wait(until: deadline, waker: waker)
    }
  }

  func run(_ line: String, wall: Duration = .seconds(60), memory: Int64 = 1 << 40) throws
    -> PayloadEnd
  {
    start(line, wall: wall, memory: memory)
    return try next()
  }

  /// Starts a payload; returns when that is decided. Throws the reason why it cannot be started.
  func launch(_ payload: Payload) throws {
    runner.start(payload)
    let deadline = Waker.now() + 20_000_000_000
    while true {
      _ = runner.poll()
      if let start = runner.takeStarts().first(where: { $0.id == payload.id }) {
        if let error = start.error { throw error }
        return
      }
      try #require(Waker.now() < deadline, "no start decided in 20 s")
      runner.wait(until: deadline, waker: waker)
    }
  }
}

/// Whether a process has ended, waited for or not.
func isDead(_ pid: pid_t) -> Bool {
  let descriptor = open("/proc/\(pid)/stat", O_RDONLY)
  guard descriptor >= 0 else { return true }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 1024)
  let count = read(descriptor, &bytes, bytes.count)
  let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  return count <= 0 || text.contains(") Z ") || text.contains(") X ")
}
