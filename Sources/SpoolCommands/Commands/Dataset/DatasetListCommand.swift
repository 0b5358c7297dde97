internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

struct DatasetListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List all datasets.",
    discussion: "Example: spool dataset list --format json")

  @OptionGroup var options: SpoolOptions
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let lookup = DatasetLookup(try options.openWatched())
    let pages = try lookup.names().compactMap { lookup.find($0) }
    Output.render(
      format, columns: ["dataset", "state", "files", "size", "filled by", "read by"],
      rows: pages.map { Self.row($0.summary) }, json: pages.map(\.json))
  }

  private static func row(_ dataset: DatasetSummary) -> [String] {
    let totals = dataset.totals
    let isSized = dataset.unsized < totals.files || totals.files == 0
    return [
      dataset.dataset.text, dataset.state.rawValue, "\(totals.files)",
      isSized ? Units.text(bytes: totals.bytes) : "?", DatasetPage.text(dataset.producers),
      DatasetPage.text(dataset.consumers),
    ]
  }
}
