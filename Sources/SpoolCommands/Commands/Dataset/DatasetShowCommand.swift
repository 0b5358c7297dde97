internal import ArgumentParser
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
    case .json: Terminal.write(page.json.pretty, to: 1)
    }
  }

  private static func lines(_ page: DatasetLookup.Page) -> [String] {
    var rows = [["dataset", page.name], ["state", page.state], ["files", files(page)]]
    rows.append(["size", page.size])
    for watch in page.json["watches"]?.array ?? [] { rows.append(["watches", words(watch)]) }
    for (key, title) in [("producers", "filled by"), ("consumers", "read by")] {
      let tasks = page.tasks(key)
      if !tasks.isEmpty { rows.append([title, tasks.joined(separator: ", ")]) }
    }
    if let retention = page.json["retention"]?.string { rows.append(["retention", retention]) }
    if let removed = page.json["removed"] {
      let bytes = Units.text(bytes: removed["bytes"]?.integer ?? 0)
      rows.append(["removed", "\(removed["files"]?.integer ?? 0) files, \(bytes)"])
    }
    let width = rows.map { $0[0].count }.max() ?? 0
    return rows.map { row in
      row[0] + String(repeating: " ", count: width - row[0].count + 2) + row[1]
    }
  }

  private static func files(_ page: DatasetLookup.Page) -> String {
    page.json["expected"]?.integer.map { "\(page.files) of \($0) that are expected" }
      ?? "\(page.files)"
  }

  private static func words(_ watch: JSON) -> String {
    var text = "\(watch["directory"]?.string ?? "?") for \(watch["pattern"]?.string ?? "*")"
    text += ": \(watch["files"]?.integer ?? 0) files"
    if let pending = watch["pending"]?.integer, pending > 0 { text += ", \(pending) unfinished" }
    if let trouble = watch["trouble"]?.string { return text + "; \(trouble)" }
    guard let marker = watch["closeOn"]?.string else { return text }
    return text + (watch["marked"] == nil ? ", waits for \(marker)" : ", \(marker) has come")
  }
}
