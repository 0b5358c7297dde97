import Glibc
import Logging
import NIOPosix
import ServiceLifecycle
import SpoolClient
import SpoolModel
import SpoolStore
import Synchronization
import Testing

@testable import SpoolGateway

/// An answer over HTTP.
struct Answer: Sendable {
  var status: Int
  /// The fields, by their names in small letters.
  var fields: [String: String]
  var body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
  var json: JSON { (try? JSON.parse(body)) ?? .null }
  var detail: String { json["detail"]?.string ?? "" }
  var items: [JSON] { json["items"]?.array ?? [] }
}

/// A connection of a test to a gateway: bytes out, bytes in. It blocks, so it is used on threads of its
/// own.
final class Connection: @unchecked Sendable {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(code == 0, "the gateway does not answer")
  }

  deinit { close(descriptor) }

  func write(_ text: String) { write(Array(text.utf8)) }

  /// Writes all bytes, or as many as the other side takes.
  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Tells the other side that nothing more comes.
  func end() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads what there is; empty at the end, and when nothing comes in time.
  func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : []
  }

  /// Reads until the other side closes.
  func readAll() -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = read()
      if part.isEmpty { return all }
      all += part
    }
  }

  /// Reads until a text has come. Returns all that came.
  func read(until text: String) -> String {
    var all = ""
    while !all.contains(text) {
      let part = read()
      guard !part.isEmpty else { break }
      all += String(decoding: part, as: UTF8.self)
    }
    return all
  }

  /// Reads an answer whose connection ends with it.
  static func answer(_ bytes: [UInt8]) -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    let head = text.components(until: "\r\n\r\n")
    var fields: [String: String] = [:]
    let lines = head.split(separator: "\r\n")
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields[line[..<colon].lowercased()] = String(value)
    }
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var body = Array(bytes.dropFirst(head.utf8.count + 4))
    if fields["transfer-encoding"] == "chunked" { body = unchunked(body) }
    return Answer(status: status, fields: fields, body: body)
  }

  private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 13) {
      let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) ?? 0
      guard size > 0 else { break }
      let start = end + 2
      body += rest[start..<min(start + size, rest.endIndex)]
      rest = rest[min(start + size + 2, rest.endIndex)...]
    }
    return body
  }
}

extension String {
  fileprivate func components(until mark: String) -> String {
    guard let range = firstRange(of: mark) else { return self }
    return String(self[..<range.lowerBound])
  }
}

/// A spool with a gateway to it and, where a test wants them, the real watcher and pilot.
final class Lab: Sendable {
  let directory: String
  let spool: Spool
  private let up = Mutex<pid_t?>(nil)
  private let running = Mutex<Task<Void, any Error>?>(nil)
  private let group = Mutex<ServiceGroup?>(nil)
  private let bound = Mutex(0)
  private let trouble = Mutex<String?>(nil)
  /// The token with which requests come that name none.
  private let token = Mutex<String?>(nil)

  /// Threads on which tests block: on connections, and on processes.
  static let threads: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 64)
    pool.start()
    return pool
  }()

  var port: Int { bound.withLock { $0 } }

  init() throws {
    var template = Array("/tmp/gateway-test-XXXXXX\0".utf8CString)
    template.removeLast()
    let made = try #require(mkdtemp(&template))
    directory = String(cString: made)
    try Spool.create("\(directory)/spool", files: PosixFileSystem())
    spool = try Spool.opened(at: "\(directory)/spool")
  }

  /// The built program: named by SPOOL_BINARY, else that of the package above.
  static var program: String {
    if let named = getenv("SPOOL_BINARY") { return String(cString: named) }
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let built = ["debug", "release"].map { "/\(root)/.build/\($0)/spool" }
    return built.first { access($0, X_OK) == 0 } ?? "spool"
  }

  /// Runs the built program to its end. Returns what it printed.
  @discardableResult
  func run(_ arguments: [String]) async throws -> (code: Int, output: String) {
    let log = "\(directory)/run-\(UInt32.random(in: 0 ... .max))"
    let process = try Self.spawn([Self.program] + arguments, in: directory, output: log)
    let code = try await Lab.threads.runIfActive { Self.wait(process) }
    let bytes = try PosixFileSystem().read(log, limit: 1 << 20)
    return (code, String(decoding: bytes, as: UTF8.self))
  }

  private static func wait(_ process: pid_t) -> Int {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return Int(status >> 8 & 0xff)
  }

  private static func spawn(
    _ words: [String], in directory: String, output: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_CREAT | O_WRONLY | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // What another test has open is not this program's.
    let script = """
      for f in /proc/$$/fd/*; do f=${f##*/}; [ "$f" -gt 2 ] && eval "exec $f>&-"; done
      cd "$0" && exec "$@"
      """
    let line = ["/bin/bash", "-c", script, directory] + words
    var arguments = line.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, line[0], &actions, nil, arguments, environ)
    try #require(code == 0, "cannot run \(words[0])")
    return process
  }

  /// Starts watcher and pilot.
  func startSpool() throws {
    let process = try Self.spawn(
      [Self.program, "up", "--spool", spool.layout.root, "--cpus", "2"], in: directory,
      output: "\(directory)/up.log")
    up.withLock { $0 = process }
  }

  /// Starts a gateway, on the port of the one before if there was one. Returns once it answers.
  func start(_ change: (inout GatewayOptions) -> Void = { _ in }) async throws {
    var options = GatewayOptions(spool: spool, place: .port(host: "127.0.0.1", port))
    change(&options)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let gateway = try Gateway(options, logger: logger)
    let (started, begin) = AsyncStream.makeStream(of: String.self)
    running.withLock { running in
      running = Task {
        defer { begin.finish() }
        do {
          try await gateway.run(signals: [], group: { new in self.group.withLock { $0 = new } }) {
            begin.yield($0)
          }
        } catch {
          self.trouble.withLock { $0 = "\(error)" }
        }
      }
    }
    var addresses = started.makeAsyncIterator()
    let address = try #require(
      await addresses.next(), "\(trouble.withLock { $0 } ?? "the gateway has not started")")
    let digits = address.reversed().drop { !$0.isNumber }.prefix { $0.isNumber }.reversed()
    bound.withLock { $0 = Int(String(digits)) ?? 0 }
    try await until("the spool is read") { try await self.get("/healthz").status == 200 }
    guard up.withLock({ $0 }) != nil else { return }
    try await until("the watcher is there") {
      try await self.get("/api/v1/summary").json["watcher"]?["state"] == "alive"
    }
  }

  /// Lets requests come with a token from now on.
  func use(token new: String) { token.withLock { $0 = new } }

  /// Stops the gateway.
  func stop() async {
    let task = running.withLock { running in
      defer { running = nil }
      return running
    }
    await group.withLock { $0 }?.triggerGracefulShutdown()
    _ = await task?.result
  }

  /// Stops all, and removes the directory.
  func end() async {
    await stop()
    if let process = up.withLock({ $0 }) {
      kill(process, SIGTERM)
      _ = try? await Lab.threads.runIfActive { Self.wait(process) }
    }
    _ = try? await Lab.threads.runIfActive { [directory] in
      try Self.wait(Self.spawn(["rm", "-rf", directory], in: "/", output: "/dev/null"))
    }
  }

  // MARK: Requests

  /// Sends bytes on a connection of its own, and reads the answer.
  func raw(_ bytes: [UInt8], ends: Bool = false) async throws -> Answer {
    try await Lab.threads.runIfActive { [port] in
      let connection = try Connection(port: port)
      connection.write(bytes)
      if ends { connection.end() }
      // What answers no HTTP closes late.
      return Connection.answer(ends ? connection.read() : connection.readAll())
    }
  }

  func raw(_ text: String, ends: Bool = false) async throws -> Answer {
    try await raw(Array(text.utf8), ends: ends)
  }

  func send(
    _ method: String, _ path: String, _ body: String = "", fields: [String: String] = [:]
  ) async throws -> Answer {
    var all = ["Host": "127.0.0.1:\(port)", "Connection": "close", "X-Spool": "1"]
    if !body.isEmpty || method == "POST" { all["Content-Length"] = "\(body.utf8.count)" }
    if let token = token.withLock({ $0 }) { all["Authorization"] = "Bearer \(token)" }
    for (name, value) in fields { all[name] = value.isEmpty ? nil : value }
    let head = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
    return try await raw("\(method) \(path) HTTP/1.1\r\n\(head)\r\n\(body)")
  }

  func get(_ path: String, fields: [String: String] = [:]) async throws -> Answer {
    try await send("GET", path, fields: fields)
  }

  func post(_ path: String, _ body: String = "", fields: [String: String] = [:]) async throws
    -> Answer
  {
    try await send("POST", path, body, fields: fields)
  }

  /// Waits until a condition holds: it is looked at after each event of the gateway, for a minute.
  func until(_ what: String, _ isReached: () async throws -> Bool) async throws {
    let time = SystemTime()
    let end = time.instant + .seconds(60)
    while try await !isReached() {
      try #require(time.instant < end, "\(what): not within a minute")
      try await Lab.threads.runIfActive { [self] in
        let connection = try Connection(port: port)
        let field = token.withLock { $0 }.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        connection.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n")
        _ = connection.read(until: "event: summary")
      }
    }
  }

  /// Submits a task of a shell's command over so many jobs, and waits until it is accepted.
  func submit(_ name: String, count: Int, _ command: String, more: String = "") async throws {
    let body = """
      {"kind": "task", "name": "\(name)", "input": {"count": \(count)},
       "command": ["sh", "-c", "\(command)"]\(more)}
      """
    let answer = try await post("/api/v1/tasks?wait=20s", body)
    try #require(answer.status == 200, Comment(rawValue: answer.text))
  }

  /// Waits until a task is in a state.
  func wait(for name: String, _ state: String) async throws {
    try await until("\(name) is \(state)") {
      try await get("/api/v1/tasks?state=\(state)").items.contains { $0["task"]?.string == name }
    }
  }
}

/// Runs a test in a lab of its own.
func withLab(_ body: (Lab) async throws -> Void) async throws {
  let lab = try Lab()
  do {
    try await body(lab)
  } catch {
    await lab.end()
    throw error
  }
  await lab.end()
}
