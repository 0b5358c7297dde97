internal import HTTPTypes
internal import Hummingbird
internal import SpoolClient
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
    let (snapshot, values) = (call.snapshot, call.desk.counters.current)
    let viewers = call.desk.events.viewers
    let figures = snapshot.figures(at: SystemTime().timestamp, call.spool.config)
    var metrics = SpoolMetrics(figures, values.attempts, isOpen: isOpen)
    let text = metrics.text { out in
      GatewayMetrics.add(to: &out, values, viewers: viewers, refused: snapshot.refused)
    }
    return .bytes(
      Array(text.utf8), type: isOpen ? MetricsText.openType : MetricsText.plainType)
  }
}
