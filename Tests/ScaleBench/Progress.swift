import Glibc
import SpoolTesting

/// A line on the terminal that says how far a case is.
struct Progress {
  private let one: Case
  private let begun = time(nil)
  private var shown = time(nil)
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(_ one: Case) { self.one = one }

  /// Says it once a second, on a terminal.
  mutating func show(_ crowd: Crowd) {
    let now = time(nil)
    guard isTerminal, now > shown else { return }
    shown = now
    let end = (one.warmUp + one.window) / 1000
    say(
      "\r\(one.pilots) pilots, jobs of \(one.seconds) s, calls of \(one.call) ms: "
        + "\(crowd.interleaving.now / 1_000_000) of \(end) s simulated in \(now - begun) s ")
  }

  func clear() { if isTerminal { say("\r\u{1B}[K") } }

  private func say(_ text: String) { _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) } }
}
