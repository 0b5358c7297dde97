internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

struct DatasetShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show how a dataset stands, who fills it and who reads it.",
    discussion: "Example: spool dataset show run42.raw")

  @OptionGroup var argument: DatasetArgument
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let (_, _, page) = try argument.open()
    switch format {
    case .table: for line in Self.lines(page) { Terminal.print(line) }
    case .json: Terminal.print(json: page.json.pretty)
    }
  }

  private static func lines(_ page: DatasetPage) -> [String] {
    let dataset = page.summary
    var rows = [
      ["dataset", dataset.dataset.text], ["state", dataset.state.rawValue],
      ["files", files(dataset)], ["size", page.sizeText],
    ]
    rows += dataset.watches.map { ["watches", words($0)] }
    for (tasks, title) in [(dataset.producers, "filled by"), (dataset.consumers, "read by")]
    where !tasks.isEmpty {
      rows.append([title, DatasetPage.text(tasks)])
    }
    if let retention = dataset.retention { rows.append(["retention", retention.text]) }
    if let removed = dataset.removed {
      rows.append(["removed", "\(removed.files) files, \(Units.text(bytes: removed.bytes))"])
    }
    let width = rows.map { $0[0].count }.max() ?? 0
    return rows.map { row in
      row[0] + String(repeating: " ", count: width - row[0].count + 2) + row[1]
    }
  }

  private static func files(_ dataset: DatasetSummary) -> String {
    let count = dataset.totals.files
    return dataset.expected.map { "\(count) of \($0) that are expected" } ?? "\(count)"
  }

  private static func words(_ watch: DatasetSummary.Watch) -> String {
    var text = "\(watch.directory) for \(watch.pattern): \(watch.files) files"
    if let pending = watch.pending, pending > 0 { text += ", \(pending) unfinished" }
    if let trouble = watch.trouble { return text + "; \(trouble)" }
    guard let marker = watch.closeOn else { return text }
    return text + (watch.marked == nil ? ", waits for \(marker)" : ", \(marker) has come")
  }
}
