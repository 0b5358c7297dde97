import Glibc
import SpoolStore
import Synchronization

/// Wakes a test when something has happened: a file in a watched directory has changed, or a program
/// has ended. A thread of its own waits, so that no test blocks one of the few that all tests share.
final class Bell: Sendable {
  private struct State {
    var waiting: CheckedContinuation<Void, Never>?
    /// It rang while nobody waited.
    var hasRung = false
    var isStopped = false
  }

  private let state = Mutex(State())
  private let waker: Waker
  private let inotify: Int32

  /// Milliseconds after which it rings by itself: for what no event tells of, as processes.
  private static let tick: Int32 = 50
  private static let changes = UInt32(
    IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)

  init() throws {
    waker = try Waker()
    inotify = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    try WorkerThread.start { [self] in work() }
  }

  /// Rings at every change in a directory from now on.
  func watch(_ directory: String) { inotify_add_watch(inotify, directory, Self.changes) }

  func ring() { waker.wake() }

  func stop() {
    state.withLock { $0.isStopped = true }
    waker.wake()
  }

  /// Returns when it rings, or has rung since the last call.
  func next() async {
    await withCheckedContinuation { continuation in
      let mayGoOn = state.withLock { state in
        if state.hasRung || state.isStopped {
          state.hasRung = false
          return true
        }
        state.waiting = continuation
        return false
      }
      if mayGoOn { continuation.resume() }
    }
  }

  private func work() {
    while !state.withLock({ $0.isStopped }) {
      wake(hasHappened: look())
    }
    close(inotify)
    wake(hasHappened: true)
  }

  private func wake(hasHappened: Bool) {
    let waiting = state.withLock { state in
      defer { state.waiting = nil }
      if state.waiting == nil, hasHappened { state.hasRung = true }
      return state.waiting
    }
    waiting?.resume()
  }

  /// Sleeps until something happens or a tick has passed; whether something happened.
  private func look() -> Bool {
    var descriptors = [
      pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: inotify, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&descriptors, 2, Self.tick)
    waker.drain()
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while read(inotify, &buffer, buffer.count) > 0 {}
    return count > 0
  }
}
