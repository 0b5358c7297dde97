import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolCommands

/// The socket of a service manager, as systemd has one.
final class ManagerSocket {
  let descriptor: Int32
  /// The value of `NOTIFY_SOCKET`.
  let name: String

  /// Binds to a path, or to a name in the kernel's own space of names if it begins with `@`.
  init(_ name: String) throws {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = name.hasPrefix("@") ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + bytes.count }
    let size = socklen_t(try #require(length))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    try #require(result == 0)
  }

  deinit { close(descriptor) }

  /// The datagrams that have come.
  func received() -> [String] {
    var texts: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count >= 0 else { return texts }
      texts.append(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
  }
}

struct ServiceManagerTests {
  @Test(arguments: ["path", "abstract"]) func theProtocol(_ kind: String) throws {
    try TemporaryDirectory.with { path in
      let socket = try ManagerSocket(kind == "path" ? path + "/notify" : "@spool-test\(path)")
      let manager = ServiceManager([
        "NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "400000", "WATCHDOG_PID": "\(getpid())",
      ])
      #expect(manager.interval == .milliseconds(100))
      manager.ready("epoch 2\nREADY=0")
      // A line cannot bring in another assignment.
      #expect(socket.received() == ["READY=1", "STATUS=epoch 2\\nREADY=0", "WATCHDOG=1"])
      manager.ready("epoch 2\nREADY=0")
      #expect(socket.received().isEmpty)
      manager.stopping("leaving")
      let last = socket.received()
      #expect(last.first == "STOPPING=1")
      #expect(last.last == "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000")
    }
  }

  /// A sign of life is given when it is due, and no sooner.
  @Test func signsOfLife() throws {
    try TemporaryDirectory.with { path in
      let socket = try ManagerSocket(path + "/notify")
      let manager = ServiceManager(["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "80000"])
      manager.beat()
      #expect(socket.received() == ["WATCHDOG=1"])
      // Half the interval, 10 ms, must pass.
      let begin = Waker.now()
      var beats: [UInt64] = []
      while beats.count < 3, Waker.now() - begin < 10_000_000_000 {
        manager.beat()
        if !socket.received().isEmpty { beats.append(Waker.now() - begin) }
      }
      try #require(beats.count == 3)
      #expect(beats[2] >= 20_000_000)
    }
  }

  @Test func withoutAManagerNothingIsSent() throws {
    try TemporaryDirectory.with { path in
      let socket = try ManagerSocket(path + "/notify")
      // The watchdog is for another process.
      let other = ServiceManager([
        "NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "80000", "WATCHDOG_PID": "1",
      ])
      #expect(other.interval == ServiceManager.longestInterval)
      other.beat()
      #expect(socket.received().isEmpty)
      let long = "/" + String(repeating: "x", count: 200)
      for value in ["", "relative", "vsock:2:1234", long, path + "/nobody"] {
        let manager = ServiceManager(["NOTIFY_SOCKET": value, "WATCHDOG_USEC": "no number"])
        manager.ready("here")
        manager.stopping("gone")
      }
      #expect(socket.received().isEmpty)
    }
  }
}

extension CommandTests {
  /// The watcher and the pilot as services: what they tell the manager, and that payloads hear nothing
  /// of it.
  @Suite struct Services {
    @Test func watcherAndPilotTellHowTheyStand() async throws {
      try await Lab.run { lab in
        let sockets = try ["watch", "pilot"].map { try ManagerSocket("@\(lab.path)/\($0)") }
        var told: [[String]] = [[], []]
        func hear() {
          for index in sockets.indices { told[index] += sockets[index].received() }
        }
        func start(_ index: Int, _ arguments: [String]) throws -> Program {
          let before = lab.environment
          defer { lab.environment = before }
          lab.environment["NOTIFY_SOCKET"] = sockets[index].name
          lab.environment["WATCHDOG_USEC"] = "400000"
          return try lab.launch([Lab.products + "/spool"] + arguments)
        }
        let watcher = try start(0, ["watch"])
        try await lab.waitFor("the watcher to be ready") {
          hear()
          return told[0].contains("READY=1")
        }
        let pilot = try start(1, ["pilot", "--cpus", "1", "--memory", "100MB"])
        try await lab.drop(
          task(
            "env", input: ["count": 1], ["sh", "-c", "env >\"$0\"", "{output}"],
            ["outputs": [["path": .string(lab.path + "/env.txt")]]]), as: "env.json")
        try await lab.waitFor("the task's end") {
          hear()
          return lab.hasEnded("env")
        }
        #expect(lab.text("env.txt").contains("SPOOL_TASK=env"))
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC"] {
          #expect(!lab.text("env.txt").contains(name))
        }
        try await lab.waitFor("an idle pilot") {
          hear()
          return told[1].contains("STATUS=0 jobs")
        }
        // Idle, they go on giving signs of life.
        let before = told.map { $0.filter { $0 == "WATCHDOG=1" }.count }
        try await lab.waitFor("signs of life") {
          hear()
          return told.indices.allSatisfy { index in
            told[index].filter { $0 == "WATCHDOG=1" }.count >= before[index] + 3
          }
        }
        for program in [pilot, watcher] {
          program.signal(SIGTERM)
          #expect(try await lab.end(of: program).code == 0)
        }
        hear()
        for index in told.indices {
          #expect(told[index].first == "READY=1" && told[index].contains("STOPPING=1"))
          #expect(told[index].filter { $0 == "READY=1" }.count == 1)
        }
        #expect(told[0].contains("STATUS=epoch 1, 0 tasks in work"))
      }
    }

    /// A pilot that has something to end asks for more time.
    @Test func aPilotThatLeavesAsksForTime() async throws {
      try await Lab.run { lab in
        let socket = try ManagerSocket("@\(lab.path)/pilot")
        _ = try lab.start("watch")
        lab.environment["NOTIFY_SOCKET"] = socket.name
        try #require(mkfifo(lab.path + "/gate", 0o644) == 0)
        let pilot = try lab.start("pilot", "--cpus", "1", "--memory", "100MB")
        try await lab.drop(
          task("long", input: ["count": 1], ["sh", "-c", "read x <\"$0\"", lab.path + "/gate"]),
          as: "long.json")
        var told: [String] = []
        func hear(_ word: String) async throws {
          try await lab.waitFor(word) {
            told += socket.received()
            return told.contains(word)
          }
        }
        try await hear("STATUS=1 jobs")
        pilot.signal(SIGTERM)
        try await hear("STOPPING=1")
        try await hear("EXTEND_TIMEOUT_USEC=60000000")
        #expect(pilot.code == nil)
        _ = try await lab.shell("echo go >gate")
        #expect(try await lab.end(of: pilot).code == 0)
      }
    }

    /// A second watcher is ready when it stands by: systemd would take it for hanging otherwise.
    @Test func aStandbyIsReady() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try await lab.waitFor("the watcher") { lab.isThere("spool/watcher.json") }
        let socket = try ManagerSocket("@\(lab.path)/standby")
        lab.environment["NOTIFY_SOCKET"] = socket.name
        _ = try lab.start("watch")
        var told: [String] = []
        try await lab.waitFor("the standby") {
          told += socket.received()
          return told.contains { $0.contains("standing by") }
        }
        #expect(told.first == "READY=1")
      }
    }
  }
}
