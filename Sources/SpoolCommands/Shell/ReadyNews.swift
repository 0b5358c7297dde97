internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The news of the ready directories for a pilot, between the thread of the events and that of the
/// pilot. A pilot that is full is not woken by them: where many pilots share a spool, each would wake
/// for every job of all the others.
final class ReadyNews: Sendable {
  /// The pause of the events' thread while the pilot would claim nothing, so that it wakes for many
  /// events at once.
  static let usualPause = Duration.milliseconds(50)
  /// The least time between two pauses, in which the thread reads what came in the first.
  static let interval = Duration.milliseconds(10)

  private struct State {
    /// The moment of the first event of each queue that the pilot has not heard of.
    var first: [Queue: Instant] = [:]
    /// True while the pilot sleeps and has room.
    var wakes = false
    /// True while the events' thread makes a pause.
    var pauses = false
    /// The moment from which on there may be a pause.
    var nextPause = Instant.distantPast
  }

  private let state = Mutex(State())
  private let time: SystemTime
  /// Wakes the pilot.
  private let waker: Waker
  /// Ends a pause; nil where the events' thread must not make any.
  private let gate: Waker?
  private let pause: Duration

  /// Makes news that wake a pilot by `waker`. With `mayPause` nobody else hears from the thread. Fails
  /// where the process is out of descriptors.
  init(
    _ time: SystemTime, waker: Waker, mayPause: Bool, pause: Duration = usualPause
  ) throws(FileError) {
    self.time = time
    self.waker = waker
    self.pause = pause
    gate = mayPause ? try Waker() : nil
  }

  // MARK: The events' thread

  /// Takes in an event of a queue.
  func take(_ event: DirectoryEvent, of queue: Queue) {
    let now = time.instant
    let (wakes, pauses) = state.withLock { state in
      if state.first[queue] == nil { state.first[queue] = now }
      defer { state.wakes = false }
      state.pauses =
        gate != nil && !state.wakes && event.kind != .rescan && now >= state.nextPause
      return (state.wakes, state.pauses)
    }
    if wakes { waker.wake() }
    if pauses { rest() }
  }

  private func rest() {
    gate?.wait(atMost: pause)
    state.withLock { state in
      state.pauses = false
      state.nextPause = time.instant + Self.interval
    }
  }

  // MARK: The pilot's thread

  /// Returns the queues that had events since the last call, with the moment of the first.
  func takeAll() -> [Queue: Instant] {
    state.withLock { state in
      defer { state.first = [:] }
      state.wakes = false
      return state.first
    }
  }

  /// Returns whether a pilot may sleep: it is full, or has heard all. One with room the next event
  /// wakes.
  func maySleep(hasRoom: Bool) -> Bool {
    guard hasRoom else { return true }
    let (maySleep, pauses) = state.withLock { state in
      state.wakes = state.first.isEmpty
      return (state.wakes, state.pauses)
    }
    if pauses { gate?.wake() }
    return maySleep
  }
}
