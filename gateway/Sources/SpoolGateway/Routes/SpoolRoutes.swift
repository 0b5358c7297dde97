internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import SpoolModel
internal import SpoolStore

/// The spool as a whole: its summary, its queues and its events.
enum SpoolRoutes {
  static var all: [Route] {
    [
      Route(
        method: .get, path: "/api/v1/summary", role: .read,
        summary: "Sums up the spool: watcher, queues, tasks, jobs, pilots, and the last hours.",
        answer: .json("Summary"), handle: summary),
      Route(
        method: .get, path: "/api/v1/queues", role: .read,
        summary: "Counts the jobs that wait in each queue, and that run.", answer: .json("Queues"),
        handle: queues),
      Route(
        method: .get, path: "/api/v1/events", role: .read,
        summary: """
          Streams what changes (server-sent events): task, pilot, dataset, summary, gone; of one task alone \
          also attempt. Goes on after the event that Last-Event-ID names, or tells `reset` where that is \
          too old.
          """,
        parameters: [.init(name: "task", kind: .name, summary: "Only what concerns this task.")],
        answer: .stream, handle: events),
    ]
  }

  private static func summary(of call: Call) -> JSON {
    call.snapshot.summary(call.spool, version: call.desk.version, at: SystemTime().timestamp)
  }

  @Sendable private static func summary(_ call: Call) async throws -> Response {
    .json(summary(of: call))
  }

  @Sendable private static func queues(_ call: Call) async throws -> Response {
    .json(summary(of: call)["queues"] ?? [:])
  }

  // MARK: Events

  @Sendable private static func events(_ call: Call) async throws -> Response {
    let task = call.value("task").flatMap { Name($0) }
    let log = call.desk.events
    let begin = call.request.headers[.lastEventID]
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream", .cacheControl: "no-store",
        .accelBuffering: "no",
      ],
      body: ResponseBody { writer in
        log.enter(task)
        defer { log.leave(task) }
        var stream = EventStream(log, task: task, lastEventID: begin)
        while let bytes = await stream.next() {
          try await writer.write(ByteBuffer(bytes: bytes))
        }
        try await writer.finish(nil)
      })
  }
}

extension HTTPField.Name {
  /// The event that a viewer saw last. The name is a token by its letters, so it is never nil.
  static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .range
  /// The field by which a proxy is told to pass on what comes at once.
  static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .range
}
