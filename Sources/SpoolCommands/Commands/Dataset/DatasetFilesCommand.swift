internal import ArgumentParser
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
    try DatasetLookup(spool).eachFile(of: name) { file in
      stream.row({ Self.row(file) }, json: file)
    }
    stream.end()
  }

  private static func row(_ file: JSON) -> String {
    let origin =
      file["origin"]?["job"]?.string ?? (file["origin"]?["watch"] == nil ? "manifest" : "watch")
    return row(
      file["size"]?.integer.map { "\($0)" } ?? "?", file["adler32"]?.string ?? "-", origin,
      (file["path"]?.string ?? "?").printable())
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
