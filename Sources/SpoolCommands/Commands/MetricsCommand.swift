internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Write the metrics of the spool for Prometheus, without a port.",
    discussion: """
      The metrics are those that spool-gateway serves under /metrics, without the gateway's own, in the text \
      format of Prometheus: on standard output, or in a file for the textfile collector of node_exporter, \
      which is always whole. What is counted since a beginning (attempts by outcome, and the histograms of \
      waiting, running, staging and verdicts) is there only with --every: of one look nobody can count.

      Where several spools write for one node_exporter, give each a label of its own.

      Example: spool metrics
               spool metrics --every 30s --textfile /var/lib/prometheus/node-exporter/spool.prom
               spool metrics --textfile /var/lib/prometheus/node-exporter/test.prom --label spool=test
      """)

  @OptionGroup var options: SpoolOptions
  @Option(
    help: ArgumentHelp(
      "The file, whose name ends in .prom. Default: standard output.", valueName: "file"),
    completion: .file(extensions: ["prom"]))
  var textfile: String?
  @Option(
    help: ArgumentHelp(
      "Write the file again after each such time, until a signal.", valueName: "time"))
  var every: String?
  @Option(
    help: ArgumentHelp(
      "A label for every value, as spool=test; may be repeated.", valueName: "name=value"))
  var label: [String] = []

  func validate() throws {
    if let problem = Units.intervalProblem(every) { throw ValidationError(problem) }
    if let textfile,
      !textfile.hasSuffix(".prom") || textfile.hasSuffix("/.prom") || textfile == ".prom"
    {
      throw ValidationError(
        "--textfile: expected a name that ends in .prom, since the collector reads no other, found "
          + textfile)
    }
    if every != nil, textfile == nil {
      throw ValidationError("--every: give --textfile, too: a file that is written again and again")
    }
    for text in label where MetricLabel(text) == nil {
      throw ValidationError("--label: \(MetricLabel.problem(text))")
    }
    let names = label.compactMap { MetricLabel($0)?.name }
    if Set(names).count < names.count { throw ValidationError("--label: a name comes twice") }
  }

  func run() throws {
    let labels = label.compactMap { MetricLabel($0) }.map { ($0.name, $0.value) }
    let path = textfile.map(WorkingDirectory.absolute)
    let isCounting = every != nil
    let code = try Repetition.run(every: every.flatMap(Units.duration), by: "metrics") {
      let spool = try options.open()
      var reader = SurveyReader(spool)
      return {
        let survey = try reader.look()
        var metrics = SpoolMetrics(
          survey.figures, isCounting ? reader.counts : nil, isOpen: false, labels: labels)
        let text = Array(metrics.text().utf8)
        if let path { try WholeFile.write(text, to: path) } else { Terminal.write(text, to: 1) }
      }
    }
    if code != 0 { throw ExitCode(code) }
  }
}

/// A label that a user gives to all values.
struct MetricLabel {
  let name: String
  let value: String

  /// The names of labels that metrics have of their own.
  private static let taken: Set<String> = [
    "state", "queue", "task", "chain", "outcome", "use", "way", "le", "status", "kind",
  ]

  /// Reads `name=value`; nil for anything else, and for a name that no label may have.
  init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isName(parts[0]), !Self.taken.contains(String(parts[0])) else {
      return nil
    }
    name = String(parts[0])
    value = String(parts[1])
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first), !text.hasPrefix("__") else {
      return false
    }
    return text.utf8.allSatisfy {
      (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95
    }
  }

  /// Returns what is wrong with a text that is no label.
  static func problem(_ text: String) -> String {
    let name = text.prefix { $0 != "=" }
    if taken.contains(String(name)) { return "\(name) is a label that the metrics have already" }
    return "expected name=value, the name of letters, digits and _, found \(text)"
  }
}
