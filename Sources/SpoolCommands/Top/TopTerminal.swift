internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The terminal of `spool top`: keys without waiting for a line's end, and a screen of its own, which is
/// gone afterwards with all that was drawn there.
final class TopTerminal: Sendable {
  /// Readable when the terminal has another size.
  let waker: Waker
  private let hasStyles: Bool

  /// Takes over the terminal. INT, TERM and HUP give it back and end the process, also while a filesystem
  /// does not answer. It must come before the first other thread, because threads inherit the blocking of
  /// signals.
  init(hasStyles: Bool) throws {
    guard isatty(0) == 1, isatty(1) == 1, Terminal.canDraw(Environment.value("TERM")) else {
      throw Failure(
        .usage, "top draws on a terminal, and this is none: `spool status` prints how all stands")
    }
    waker = try Waker()
    self.hasStyles = hasStyles
    var before = termios()
    tcgetattr(0, &before)
    let kept = before
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let (set, waker) = (signals, waker)
    try WorkerThread.start {
      var set = set
      while true {
        var number: Int32 = 0
        guard sigwait(&set, &number) == 0 else { continue }
        if number == SIGWINCH {
          waker.wake()
        } else {
          Self.giveBack(kept)
          _exit(number == SIGINT ? Failure.Code.interrupted.rawValue : 0)
        }
      }
    }
    var now = before
    // Ctrl-C stays a signal.
    now.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(0, TCSAFLUSH, &now)
    original = kept
    Terminal.write(Array("\u{1B}[?1049h\u{1B}[?25l".utf8), to: 1)
  }

  private let original: termios

  /// Gives the terminal back.
  func close() { Self.giveBack(original) }

  private static func giveBack(_ kept: termios) {
    var kept = kept
    Terminal.write(Array("\u{1B}[?25h\u{1B}[?1049l".utf8), to: 1)
    tcsetattr(0, TCSAFLUSH, &kept)
  }

  /// The size of the terminal: 80 by 24 where it does not say.
  var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Draws all lines of the screen. Each is cut to the width, so that none wraps.
  func draw(_ rows: [TopView.Row], width: Int) {
    var out = "\u{1B}[H"
    for (number, row) in rows.enumerated() {
      if number > 0 { out += "\r\n" }
      let mark = hasStyles || !row.isMarked ? "" : ">"
      out +=
        mark
        + row.line.drawn(width: width - mark.count, hasStyles: hasStyles, isMarked: row.isMarked)
      out += "\u{1B}[K"
    }
    Terminal.write(Array((out + "\u{1B}[J").utf8), to: 1)
  }

  /// Waits for keys, at most so long. Returns none after that, and when the size has changed; nil once the
  /// terminal is gone.
  func keys(within time: Duration) -> [TopKey]? {
    var waits = [
      pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
      pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&waits, 2, Int32(clamping: max(0, time.milliseconds))) > 0 else { return [] }
    waker.drain()
    guard waits[0].revents != 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(0, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return TopKey.keys(Array(bytes.prefix(count)))
  }
}
