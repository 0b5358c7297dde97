import NIOPosix
import SpoolModel
import SpoolStore
import Testing

@testable import SpoolGateway

/// The stream of events.
@Suite(.serialized) struct EventTests {
  private func stream(
    _ lab: Lab, _ query: String = "", after id: String? = nil, until text: String,
    onStart: @escaping @Sendable () -> Void = {}
  ) async throws -> String {
    try await Lab.threads.runIfActive {
      let connection = try Connection(port: lab.port)
      let field = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
      connection.write("GET /api/v1/events\(query) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n")
      let head = connection.read(until: "\nid: ")
      onStart()
      return head.contains(text) ? head : head + connection.read(until: text)
    }
  }

  private func ids(_ text: String) -> [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
  }

  @Test func aViewerGoesOnWhereItWas() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      let first = try await stream(lab, until: "event: summary")
      #expect(first.contains("text/event-stream"))
      let last = try #require(ids(first).last)
      try await lab.submit("t", count: 1, "true")
      try await lab.wait(for: "t", "done")
      let missed = try await stream(lab, after: last, until: "\"state\":\"done\"")
      #expect(
        missed.contains("event: task\ndata: {\"format\":1,\"kind\":\"summary\",\"task\":\"t\""))
      #expect(!missed.contains("event: reset") && ids(missed).first == last)
      let numbers = ids(missed).compactMap { $0.split(separator: "-").last.flatMap { Int($0) } }
      #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
      let foreign = try await stream(lab, after: "other-5", until: "event: reset")
      #expect(foreign.contains("event: reset\ndata: {}"))
    }
  }

  @Test func attemptsOfOneTask() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      let (started, start) = AsyncStream.makeStream(of: Void.self)
      async let seen = stream(lab, "?task=t", until: "\"state\":\"done\"") { start.finish() }
      for await _ in started {}
      try await lab.submit("other", count: 1, "true")
      try await lab.submit("t", count: 2, "true")
      let text = try await seen
      #expect(text.contains("event: attempt\ndata: {\"job\":\"t.0000000"))
      #expect(
        !text.contains("other") && !text.contains("event: summary") && !text.contains("crc32"))
    }
  }

  /// A gateway that is stopped and started under its viewers: they go on, and are told to look anew.
  @Test func aRestartUnderViewers() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      let first = try await stream(lab, until: "event: summary")
      let (started, start) = AsyncStream.makeStream(of: Void.self)
      async let ended = stream(lab, until: "never") { start.finish() }
      for await _ in started {}
      await lab.stop()
      #expect(try await ended.contains("retry: "), "the stream ends with the gateway")
      try await lab.start()
      let again = try await stream(lab, after: ids(first).last, until: "event: summary")
      #expect(again.contains("event: reset"))
    }
  }

  /// A job's log is followed until the job ends.
  @Test func aLogIsFollowed() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      let flag = "\(lab.directory)/flag"
      try await lab.submit(
        "t", count: 1, "echo first; until [ -e \(flag) ]; do sleep 0.1; done; echo last")
      try await lab.until("it runs") {
        try await lab.get("/api/v1/tasks/t/jobs?state=running").items.count == 1
      }
      try await lab.until("it has printed") {
        try await lab.get("/api/v1/tasks/t/jobs/0/log").text.contains("first")
      }
      async let followed = lab.get("/api/v1/tasks/t/jobs/0/log?follow=true")
      _ = try await lab.get("/api/v1/tasks/t/jobs/0")
      try await lab.run(["--version"])
      try touch(flag)
      #expect(try await followed.text.contains("first\n"))
      try await lab.wait(for: "t", "done")
      #expect(try await lab.get("/api/v1/tasks/t/jobs/0/log?stream=out").text == "first\nlast\n")
    }
  }

  private func touch(_ path: String) throws {
    let lines: [UInt8] = []
    try PosixFileSystem().create(path, lines, durable: false)
  }
}
