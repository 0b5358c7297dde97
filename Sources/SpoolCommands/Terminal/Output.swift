internal import ArgumentParser
internal import SpoolModel

/// The format of a listing.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}

/// A listing on standard output: rows and their JSON come in, and the format that the user asked for
/// goes out. This is the one place that knows the formats of short listings; `OutputStream` knows
/// them for listings of any length.
enum Output {
  /// Prints a listing.
  static func render(_ format: OutputFormat, columns: [String], rows: [[String]], json: [JSON]) {
    switch format {
    case .table:
      let cells = rows.map { row in row.map { $0.printable() } }
      for line in TextTable.lines([columns] + cells) { Terminal.print(line) }
    case .json:
      Terminal.print(json: JSON.array(json).pretty)
    }
  }
}
