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

/// A listing that may be of any length: printed as it goes, and never held. The path comes last, since
/// nobody knows how wide it will be.
struct OutputStream {
  private let format: OutputFormat
  private var isFirst = true
  private var block: [UInt8] = []

  static let blockSize = 64 << 10

  init(_ format: OutputFormat, heading: String) {
    self.format = format
    switch format {
    case .table: block = Array((heading + "\n").utf8)
    case .json: block = Array("[".utf8)
    }
  }

  mutating func row(_ line: () -> String, json: JSON) {
    switch format {
    case .table: block += Array((line() + "\n").utf8)
    case .json: block += Array(isFirst ? "\n  ".utf8 : ",\n  ".utf8) + json.compact
    }
    isFirst = false
    if block.count >= Self.blockSize { flush() }
  }

  mutating func end() {
    if format == .json { block += Array(isFirst ? "]\n".utf8 : "\n]\n".utf8) }
    flush()
  }

  private mutating func flush() {
    Terminal.write(block, to: 1)
    block.removeAll(keepingCapacity: true)
  }
}
