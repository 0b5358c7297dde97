internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// Standard output and standard error.
///
/// What is printed may come from files that anybody wrote: names, reasons, records. So control
/// characters in it are escaped here, at the one door, and no terminal obeys them. Only the output of
/// payloads goes out as it is.
enum Terminal {
  /// Writes a line for the operator on standard error, with the time and the name of the part that
  /// says it. A text of several lines becomes one.
  static func say(_ who: String, _ text: String) {
    let time = SystemTime().timestamp.description.split(separator: " ")
    note("\(time.count > 1 ? time[1] : "") \(who): \(text.printable())")
  }

  /// Writes lines on standard error.
  static func note(_ text: String) { write(Array((text.printableLines + "\n").utf8), to: 2) }

  /// Writes lines on standard output.
  static func print(_ text: String) { write(Array((text.printableLines + "\n").utf8), to: 1) }

  /// Writes a page on standard output, as far as it is text.
  static func print(page: [UInt8]) {
    write(Array(String(decoding: page, as: UTF8.self).printableLines.utf8), to: 1)
  }

  /// Writes JSON on standard output.
  static func print(json: [UInt8]) { write(json.withoutControls, to: 1) }

  /// Writes bytes. An error ends the writing, and is not told: there is nobody to tell.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// True if standard error is a terminal, on which a line can be drawn over.
  static var isInteractive: Bool { isatty(2) == 1 }

  /// Draws a line over the one before, on a terminal.
  static func redraw(_ text: String) {
    write(Array("\r\u{1B}[K\(text.printable())".utf8), to: 2)
  }

  /// Asks the user at the terminal a question. Returns true for a typed "yes", and false for all else
  /// and if there is no terminal.
  static func confirm(_ question: String) -> Bool {
    guard isInteractive, isatty(0) == 1 else { return false }
    write(Array("\(question.printableLines) Type yes: ".utf8), to: 2)
    return readLine()?.trimmed == "yes"
  }
}
