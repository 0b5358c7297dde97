/// Metrics as text: in OpenMetrics, or in the older format of Prometheus for those who do not ask for
/// that. The two differ in the names of counters, and in the end.
struct MetricsText {
  /// The kind of a family.
  enum Kind: String {
    case gauge, counter, histogram
  }

  private let isOpen: Bool
  private(set) var text = ""

  static let openType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
  static let plainType = "text/plain; version=0.0.4; charset=utf-8"

  init(isOpen: Bool) { self.isOpen = isOpen }

  /// Begins a family.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    let typed = kind == .counter && !isOpen ? name + "_total" : name
    text += "# HELP \(typed) \(help)\n# TYPE \(typed) \(kind.rawValue)\n"
  }

  /// Adds a value of a gauge.
  mutating func gauge(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    text += "\(name)\(Self.text(labels)) \(Self.text(value))\n"
  }

  /// Adds a value of a counter.
  mutating func counter(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    gauge(name + "_total", labels, value)
  }

  /// Adds a histogram.
  mutating func histogram(_ name: String, _ histogram: Histogram) {
    var sum = 0
    for (index, count) in histogram.counts.enumerated() {
      sum += count
      let bound = index < Histogram.bounds.count ? Self.text(Histogram.bounds[index]) : "+Inf"
      gauge(name + "_bucket", [("le", bound)], Double(sum))
    }
    gauge(name + "_sum", [], histogram.sum)
    gauge(name + "_count", [], Double(histogram.count))
  }

  /// Ends the text.
  mutating func end() { if isOpen { text += "# EOF\n" } }

  private static func text(_ labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    let pairs = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }
    return "{\(pairs.joined(separator: ","))}"
  }

  private static func escaped(_ value: String) -> String {
    var out = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
