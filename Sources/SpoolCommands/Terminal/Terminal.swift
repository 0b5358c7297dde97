internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

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

  /// The first error of standard output, which ends all writing to it: a listing with a hole would
  /// look whole.
  private static let lost = Mutex<Int32?>(nil)

  /// Writes bytes. An error of standard output is told at the end, by ``close()``; one of standard
  /// error is not: there is nobody to tell.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    if descriptor == 1, lost.withLock({ $0 }) != nil { return }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return noteLoss(of: descriptor, errno) }
      rest = rest.dropFirst(count)
    }
  }

  private static func noteLoss(of descriptor: Int32, _ code: Int32) {
    guard descriptor == 1 else { return }
    // The reader has seen enough, as `head` has. Where SIGPIPE is not ignored it has ended us already.
    if code == EPIPE { _exit(128 + SIGPIPE) }
    lost.withLock { $0 = $0 ?? code }
  }

  /// Closes standard output. Returns the failure if what was printed has not all been written: some
  /// filesystems tell it only now. A verb that had nothing to print asks by an empty write, so that
  /// nothing is not taken for a listing that is lost.
  static func close() -> Failure? {
    if Glibc.write(1, "", 0) < 0, errno != EBADF { noteLoss(of: 1, errno) }
    let code = Glibc.close(1) == 0 || errno == EBADF ? nil : errno
    guard let code = lost.withLock({ $0 }) ?? code else { return nil }
    return Failure(.output, "\(FileError("write", "standard output", code)): it is not complete")
  }

  /// True if standard error is a terminal, on which a line can be drawn over.
  static var isInteractive: Bool { isThere && canDraw(Environment.value("TERM")) }

  /// True if standard error is a terminal.
  static var isThere: Bool { isatty(2) == 1 }

  /// Returns true for a kind of terminal that can draw over a line.
  static func canDraw(_ kind: String?) -> Bool { !(kind ?? "").isEmpty && kind != "dumb" }

  /// The number of columns of the terminal; 80 if it does not say.
  static var width: Int {
    var size = winsize()
    let isKnown = ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  /// Draws a line over the one before, on a terminal: as much of it as fits, because a line that
  /// wraps is not drawn over.
  static func redraw(_ text: String) {
    write(Array("\r\u{1B}[K\(fitted(text.printable(), width))".utf8), to: 2)
  }

  /// Returns the beginning of a text that fits a terminal, whose last column stays free.
  static func fitted(_ text: String, _ width: Int) -> String {
    String(text.prefix(max(1, width - 1)))
  }

  /// Asks the user at the terminal a question. Returns true for a typed "yes", and false for all else
  /// and if there is no terminal.
  static func confirm(_ question: String) -> Bool {
    guard isInteractive, isatty(0) == 1 else { return false }
    write(Array("\(question.printableLines) Type yes: ".utf8), to: 2)
    return readLine()?.trimmed == "yes"
  }
}
