internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOPosix
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// What payloads printed.
enum LogRoutes {
  static var all: [Route] {
    [
      Route(
        method: .get, path: "/api/v1/tasks/{name}/jobs/{index}/log", role: .read,
        summary: """
          Gives what an attempt of a job printed: the last one, where none is named. Takes Range. Of a job \
          that runs, what it has printed so far.
          """,
        parameters: [
          .init(name: "attempt", kind: .integer(1...1_000_000), summary: "The attempt, from 1."),
          .init(
            name: "stream", kind: .choice(["out", "err"]),
            summary: "Standard output or standard error alone, of an attempt that ended."),
          .init(
            name: "follow", kind: .flag,
            summary: "Go on until the attempt has ended."),
        ],
        answer: .text("text/plain; charset=utf-8"), problems: [404, 416], handle: log)
    ]
  }

  private static let type = "text/plain; charset=utf-8"

  @Sendable private static func log(_ call: Call) async throws -> Response {
    let name = try call.taskName()
    let index = try call.jobIndex()
    let total = try await JobRoutes.total(name, call)
    let attempt = call.number("attempt")
    let running = call.snapshot.running(of: name)
      .first { $0.job.job.index == index && $0.job.attempt == attempt ?? $0.job.attempt }
    if let running {
      if call.isSet("follow") { return follow(running.job, running.pilot, call) }
      return try ranged(try await live(running.job, running.pilot, call), call)
    }
    let found = try await call.blocking { [desk = call.desk, spool = call.spool] in
      let lines = try desk.attempts(of: JobID(task: name, index: index))
      let line = lines.last { attempt == nil || $0.head.attempt == attempt }
      guard let line = line.flatMap({ LedgerLine($0.json) }) else { return nil as [UInt8]? }
      let reader = try LogReader(spool, name)
      defer { reader.close() }
      return try reader.text(of: line) ?? []
    }
    guard let found else {
      throw Problem(
        .notFound,
        index < total
          ? "no attempt of the job \(index)\(attempt.map { " is number \($0), or it" } ?? "") has ended"
          : "there is no such job: \(name) has \(total)")
    }
    return try ranged(part(found, call.value("stream")), call)
  }

  /// Returns one stream of the log of an attempt, or all of it.
  private static func part(_ text: [UInt8], _ stream: String?) -> [UInt8] {
    guard let stream else { return text }
    let (out, err) = AttemptLog.streams(of: text)
    return Array(stream == "out" ? out : err)
  }

  private static func live(
    _ job: JobName, _ pilot: PilotName, _ call: Call
  ) async throws -> [UInt8] {
    try await call.blocking { [spool = call.spool] in
      try spool.readLiveLog(of: job, on: pilot) ?? []
    }
  }

  // MARK: Ranges

  /// Returns an answer with all of a text, or the range that was asked for.
  private static func ranged(_ text: [UInt8], _ call: Call) throws(Problem) -> Response {
    guard let field = call.request.headers[.range], let range = range(field, text.count) else {
      var response = Response.bytes(text, type: type)
      response.headers[.acceptRanges] = "bytes"
      return response
    }
    guard !range.isEmpty else {
      var problem = Problem(.rangeNotSatisfiable, "the log has \(text.count) bytes")
      problem.headers[.contentRange] = "bytes */\(text.count)"
      throw problem
    }
    var response = Response.bytes(Array(text[range]), status: .partialContent, type: type)
    response.headers[.contentRange] =
      "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(text.count)"
    return response
  }

  /// Reads `bytes=10-19`, `bytes=10-` and `bytes=-10`; empty for a range that is not there, nil for
  /// another form, which counts as none.
  private static func range(_ field: String, _ count: Int) -> Range<Int>? {
    guard field.hasPrefix("bytes="), !field.contains(",") else { return nil }
    let parts = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let most = 0...Int(1 << 53)
    let (first, last) = (Call.number(String(parts[0]), most), Call.number(String(parts[1]), most))
    if parts[0].isEmpty {
      guard let last else { return nil }
      return max(0, count - last)..<count
    }
    guard let first, parts[1].isEmpty || last != nil, (last ?? first) >= first else { return nil }
    guard first < count else { return 0..<0 }
    return first..<min(count, (last ?? count - 1) + 1)
  }

  // MARK: Following

  /// Returns an answer that goes on while a job runs.
  private static func follow(_ job: JobName, _ pilot: PilotName, _ call: Call) -> Response {
    Response(
      status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
      body: ResponseBody { [desk = call.desk] writer in
        var sent = 0
        var isOver = false
        while !isOver, !desk.events.isClosed {
          // What is printed before the end is there before the claim goes.
          isOver = !desk.store.current.running(of: job.job.task).contains { $0.job == job }
          let text = try await desk.pool.runIfActive {
            try desk.spool.readLiveLog(of: job, on: pilot)
          }
          if let text, text.count > sent {
            try await writer.write(ByteBuffer(bytes: text[sent...]))
            sent = text.count
          }
          if !isOver { await desk.events.wait(after: desk.events.last) }
        }
        if sent == 0 { try await writer.write(ByteBuffer(bytes: try await rest(job, desk))) }
        try await writer.finish(nil)
      })
  }

  /// Returns the log of an attempt that ended before its live log was written.
  private static func rest(_ job: JobName, _ desk: Desk) async throws -> [UInt8] {
    try await desk.pool.runIfActive {
      let lines = try desk.attempts(of: job.job)
      guard let line = lines.last(where: { $0.head.attempt == job.attempt }),
        let read = LedgerLine(line.json)
      else { return [] }
      let reader = try LogReader(desk.spool, job.job.task)
      defer { reader.close() }
      return try reader.text(of: read) ?? []
    }
  }
}
