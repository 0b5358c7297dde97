internal import ArgumentParser
internal import SpoolModel

/// How listings are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}

/// Prints a listing: the one place that knows the formats.
enum Output {
  static func render(_ format: OutputFormat, columns: [String], rows: [[String]], json: [JSON]) {
    switch format {
    case .table:
      for line in TextTable.lines([columns] + rows) { Terminal.print(line) }
    case .json:
      Terminal.write(JSON.array(json).pretty, to: 1)
    }
  }
}
