import Glibc

/// What is printed, and how numbers look there.
enum Terminal {
  static func say(_ text: String) { put(text, on: STDOUT_FILENO) }

  static func complain(_ text: String) {
    put(text.hasSuffix("\n") ? text : text + "\n", on: STDERR_FILENO)
  }

  /// A number with a fixed count of decimals, as printf's `%*.*f`: Foundation's formatting would
  /// be the only reason to link it.
  static func fixed(_ value: Double, _ decimals: Int, width: Int = 0) -> String {
    var text = [CChar](repeating: 0, count: 64)
    let format = "%\(width).\(decimals)f"
    _ = withVaList([value]) { vsnprintf(&text, text.count, format, $0) }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Text set to the right in a field.
  static func right(_ value: Int, width: Int) -> String {
    let text = String(value)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func put(_ text: String, on descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      // Nobody is left to be told that nobody listens.
      if written <= 0 { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
