internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Ctrl-C while somebody waits: ends the wait, and nothing else.
enum Interruption {
  /// From now on INT ends this process with a word that the tasks go on. It must come before the first
  /// other thread, because threads inherit the blocking of signals.
  static func announce(_ names: [Name]) throws {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let text = words(names.map(\.text))
    try WorkerThread.start {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      var number: Int32 = 0
      while sigwait(&signals, &number) != 0 {}
      Terminal.note("\(Terminal.isInteractive ? "\n" : "")spool: \(text)")
      _exit(Failure.Code.interrupted.rawValue)
    }
  }

  /// `t goes on: …`.
  static func words(_ names: [String]) -> String {
    let all = names.joined(separator: " ")
    return
      "\(names.joined(separator: ", ")) \(names.count == 1 ? "goes" : "go") on without this wait: "
      + "`spool wait \(all)` waits again, `spool cancel \(all)` ends \(names.count == 1 ? "it" : "them")"
  }
}
