internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

struct DatasetFilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "List the files of a dataset, with where each came from.",
    discussion: "Example: spool dataset files run42.reco --format json")

  @OptionGroup var argument: DatasetArgument
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let (spool, name, _) = try argument.open()
    var stream = OutputStream(format, heading: Self.row("size", "adler32", "origin", "file"))
    try DatasetLookup(spool).eachFile(of: name) { line, json in
      stream.row({ Self.row(line) }, json: json)
    }
    stream.end()
  }

  private static func row(_ line: CatalogueLine) -> String {
    let origin =
      switch line.origin {
      case .job(let job, _): job.description
      case .watch: "watch"
      case .manifest: "manifest"
      }
    return row(
      line.file.size.map { "\($0)" } ?? "?", line.file.adler32 ?? "-", origin,
      line.file.path.printable() + (line.file.files == nil ? "" : "/"))
  }

  private static func row(_ size: String, _ sum: String, _ origin: String, _ path: String) -> String
  {
    let space = String(repeating: " ", count: max(0, 14 - size.count))
    return space + size + "  " + padded(sum, 8) + "  " + padded(origin, 24) + "  " + path
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
