internal import ArgumentParser
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
      rows: pages.map { page in
        [
          page.name, page.state, "\(page.files)",
          page.unsized < page.files || page.files == 0 ? Units.text(bytes: page.bytes) : "?",
          page.tasks("producers").joined(separator: ", "),
          page.tasks("consumers").joined(separator: ", "),
        ]
      },
      json: pages.map(\.json))
  }
}
