internal import HTTPTypes
internal import Hummingbird
internal import SpoolModel
internal import SpoolStore

/// What is about the gateway itself: its health, its metrics, and the description of its interface.
enum SystemRoutes {
  static func all(_ description: @escaping @Sendable () -> [UInt8]) -> [Route] {
    [
      Route(
        method: .get, path: "/healthz", summary: "Says that the gateway and its spool are there.",
        answer: .json("Health"), problems: [503], handle: health),
      Route(
        method: .get, path: "/metrics", role: .read,
        summary: "Gives metrics, in OpenMetrics for those who accept it.",
        answer: .text("text/plain"), handle: metrics),
      Route(
        method: .get, path: "/api/v1/openapi.json", summary: "Describes this interface.",
        answer: .json("Any")
      ) { _ in .bytes(description(), type: "application/json") },
    ]
  }

  @Sendable private static func health(_ call: Call) async throws -> Response {
    let snapshot = call.snapshot
    guard snapshot.isComplete, snapshot.trouble == nil else {
      throw Problem(
        .serviceUnavailable, snapshot.trouble ?? "the spool is being read for the first time")
    }
    return .json(["status": "ok"])
  }

  @Sendable private static func metrics(_ call: Call) async throws -> Response {
    let isOpen = call.request.headers[.accept]?.contains("application/openmetrics-text") ?? false
    var metrics = SpoolMetrics(
      call.snapshot, call.desk.counters.current, viewers: call.desk.events.viewers,
      deadAfter: call.spool.config.deadAfter, at: SystemTime().timestamp, isOpen: isOpen)
    return .bytes(
      Array(metrics.text().utf8), type: isOpen ? MetricsText.openType : MetricsText.plainType)
  }
}
