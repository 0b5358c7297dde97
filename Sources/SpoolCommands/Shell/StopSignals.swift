internal import Glibc
internal import SpoolStore
internal import Synchronization

/// The signals INT, TERM and HUP. One that comes while the command starts ends the process at once: it
/// has begun nothing, and may be waiting for a filesystem that does not answer. Later ones are
/// counted, and those that wait for one are woken.
final class StopSignals: Sendable {
  private struct State {
    var count = 0
    var last: Int32 = 0
    var wakers: [Waker] = []
  }

  private let state = Mutex(State())
  /// Ends the process with an exit code.
  private let leave: @Sendable (Int32) -> Void

  /// Makes a count of signals that is told of each by ``note(_:)``. `leave` is called with the exit
  /// code for one that comes before somebody waits for it.
  init(leave: @escaping @Sendable (Int32) -> Void) { self.leave = leave }

  /// Blocks the signals and waits for them on a thread. It must come before the first other thread,
  /// because threads inherit the blocking.
  static func catchAll() throws(FileError) -> StopSignals {
    let caught = StopSignals { _exit($0) }
    var signals = Self.signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    try WorkerThread.start {
      var signals = Self.signals
      while true {
        var number: Int32 = 0
        if sigwait(&signals, &number) == 0 { caught.note(number) }
      }
    }
    return caught
  }

  private static var signals: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
    return set
  }

  /// Takes in a signal.
  func note(_ number: Int32) {
    let wakers = state.withLock { state in
      state.count += 1
      state.last = number
      return state.wakers
    }
    if wakers.isEmpty { leave(exitCode) }
    for waker in wakers { waker.wake() }
  }

  /// Wakes `waker` at each signal, from now on.
  private func wake(_ waker: Waker) { state.withLock { $0.wakers.append(waker) } }

  /// The number of signals that came.
  var count: Int { state.withLock { $0.count } }

  /// The exit code: 130 after INT, as shells have it; 0 after TERM, which is an orderly end.
  var exitCode: Int32 { state.withLock { $0.last == SIGINT ? 130 : 0 } }
}

extension StopSignals {
  /// Calls `body` for each signal, also for those that came before, on a thread of its own.
  func onEach(_ body: @escaping @Sendable () -> Void) throws(FileError) {
    let waker = try Waker()
    wake(waker)
    try WorkerThread.start { [self] in
      var seen = 0
      while true {
        while seen < count {
          seen += 1
          body()
        }
        waker.wait(until: .max)
      }
    }
  }
}
