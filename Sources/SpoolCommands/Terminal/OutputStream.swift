internal import SpoolModel

/// A listing of any length, printed as it goes and never held whole. The path comes last in a line,
/// since nobody knows how wide it will be.
struct OutputStream {
  private let format: OutputFormat
  private var isFirst = true
  private var block: [UInt8] = []

  /// Bytes that are written at a time.
  static let blockSize = 64 << 10

  init(_ format: OutputFormat, heading: String) {
    self.format = format
    switch format {
    case .table: block = Array((heading + "\n").utf8)
    case .json: block = Array("[".utf8)
    }
  }

  /// Adds an entry, in the format that was asked for.
  mutating func row(_ line: () -> String, json: JSON) {
    switch format {
    case .table: block += Array((line().printable() + "\n").utf8)
    case .json: block += Array(isFirst ? "\n  ".utf8 : ",\n  ".utf8) + json.compact.withoutControls
    }
    isFirst = false
    if block.count >= Self.blockSize { flush() }
  }

  /// Ends the listing.
  mutating func end() {
    if format == .json { block += Array(isFirst ? "]\n".utf8 : "\n]\n".utf8) }
    flush()
  }

  private mutating func flush() {
    Terminal.write(block, to: 1)
    block.removeAll(keepingCapacity: true)
  }
}
