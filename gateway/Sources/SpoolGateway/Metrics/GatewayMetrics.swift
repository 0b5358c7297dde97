internal import SpoolClient

/// The metrics of the gateway itself, behind those of the spool.
enum GatewayMetrics {
  /// Adds them. `refused` counts the looks at the spool that the filesystem refused in part.
  static func add(
    to out: inout MetricsText, _ values: Counters.Values, viewers: Int, refused: Int
  ) {
    out.family("spool_gateway_looks", .counter, "Looks at the spool.")
    out.counter("spool_gateway_looks", [], Double(values.looks))
    out.family("spool_gateway_look_seconds", .counter, "The time that these took.")
    out.counter("spool_gateway_look_seconds", [], values.lookTime)
    out.family(
      "spool_gateway_calls_refused", .counter, "Looks that the filesystem refused in part.")
    out.counter("spool_gateway_calls_refused", [], Double(refused))
    out.family("spool_gateway_viewers", .gauge, "Streams of events that are open.")
    out.gauge("spool_gateway_viewers", [], Double(viewers))
    out.family("spool_gateway_answers", .counter, "Answers, by the class of their status.")
    for (status, count) in values.answers.sorted(by: { $0.key < $1.key }) {
      out.counter("spool_gateway_answers", [("status", "\(status)xx")], Double(count))
    }
    out.family(
      "spool_gateway_requests_dropped", .counter, "Requests dropped into the spool, by kind.")
    for (kind, count) in values.dropped.sorted(by: { $0.key < $1.key }) {
      out.counter("spool_gateway_requests_dropped", [("kind", kind)], Double(count))
    }
    out.family("spool_gateway_throttled", .counter, "Requests refused for their rate.")
    out.counter("spool_gateway_throttled", [], Double(values.throttled))
  }
}
