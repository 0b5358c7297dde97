internal import Glibc
internal import SpoolModel

/// Standard output and standard error, for the few lines that are not the log's.
enum Standard {
  /// Writes a line on standard output.
  static func print(_ line: String) { write(line, 1) }

  /// Writes a line on standard error.
  static func note(_ line: String) { write(line, 2) }

  private static func write(_ line: String, _ descriptor: Int32) {
    let bytes = Array((line.printable() + "\n").utf8)
    // There is nobody to tell of an error.
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
