/// Metrics as text: in OpenMetrics, or in the older format of Prometheus for those who do not ask for
/// that. The two differ in the names of counters, and in the end.
public struct MetricsText {
  /// The kind of a family.
  public enum Kind: String {
    case gauge, counter, histogram
  }

  private let isOpen: Bool
  /// Labels that every value has, before its own.
  private let common: [(String, String)]
  /// The text so far.
  public private(set) var text = ""

  /// The media types of the two formats.
  public static let openType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
  public static let plainType = "text/plain; version=0.0.4; charset=utf-8"

  /// Makes an empty text.
  public init(isOpen: Bool, labels: [(String, String)] = []) {
    self.isOpen = isOpen
    common = labels
  }

  /// Begins a family.
  public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    let typed = kind == .counter && !isOpen ? name + "_total" : name
    text += "# HELP \(typed) \(help)\n# TYPE \(typed) \(kind.rawValue)\n"
  }

  /// Adds a value of a gauge.
  public mutating func gauge(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    text += "\(name)\(Self.text(common + labels)) \(Self.text(value))\n"
  }

  /// Adds a value of a counter.
  public mutating func counter(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    gauge(name + "_total", labels, value)
  }

  /// Adds a histogram.
  public mutating func histogram(_ name: String, _ histogram: Histogram) {
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
  public mutating func end() { if isOpen { text += "# EOF\n" } }

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
