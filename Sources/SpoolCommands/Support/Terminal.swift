internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// Standard output and standard error.
enum Terminal {
  /// A line for the operator, on standard error, with the time and who says it.
  static func say(_ who: String, _ text: String) {
    let time = Timestamp.text(SystemTime().epoch).split(separator: " ")
    note("\(time.count > 1 ? time[1] : "") \(who): \(text)")
  }

  /// A line on standard error.
  static func note(_ text: String) { write(Array((text + "\n").utf8), to: 2) }

  static func print(_ text: String) { write(Array((text + "\n").utf8), to: 1) }

  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Whether standard error is a terminal, on which a line can be drawn over.
  static var isInteractive: Bool { isatty(2) == 1 }

  /// Asks a question of who sits at the terminal; true for a typed "yes", false for all else, and where
  /// nobody sits there.
  static func confirms(_ question: String) -> Bool {
    guard isInteractive, isatty(0) == 1 else { return false }
    write(Array("\(question) Type yes: ".utf8), to: 2)
    return readLine()?.trimmed == "yes"
  }
}
