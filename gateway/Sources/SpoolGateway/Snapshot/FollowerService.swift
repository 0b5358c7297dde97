internal import NIOPosix
internal import ServiceLifecycle
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The thread on which the follower looks at the spool: when the directories change, and at least once
/// a second.
final class FollowerService: Service {
  private let spool: Spool
  private let events: EventLog
  private let counters: Counters
  private let makeFollower: @Sendable () -> Follower
  /// Woken by changes in the directories, and at the end.
  private let waker: Waker
  /// Woken at the end alone.
  private let stopper: Waker
  private let isOver = Mutex(false)

  /// The longest time between two looks, and the shortest.
  static let longest = Duration.seconds(1)
  static let shortest = Duration.milliseconds(200)
  /// The time between two groups of viewers that are told something, so that answers to others go out.
  static let betweenViewers = Duration.milliseconds(4)
  /// The time after which all streams are woken, so that one without news says that it lives.
  static let alive = Duration.seconds(5)

  init(
    _ spool: Spool, _ events: EventLog, _ counters: Counters,
    _ makeFollower: @escaping @Sendable () -> Follower
  ) throws {
    self.spool = spool
    self.events = events
    self.counters = counters
    self.makeFollower = makeFollower
    waker = try Waker()
    stopper = try Waker()
  }

  func run() async throws {
    let source = EventSources.make(poll: false)
    for room in [Spool.Room.running, .done, .failed, .datasets] {
      source.watch(spool.path(of: room)) { [waker] _ in waker.wake() }
    }
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await pool.runIfActive { self.follow() }
    } onCancelOrGracefulShutdown: {
      self.stop()
    }
    try await pool.shutdownGracefully()
  }

  /// Ends the following, and all streams.
  func stop() {
    isOver.withLock { $0 = true }
    events.close()
    stopper.wake()
    waker.wake()
  }

  private func follow() {
    let follower = makeFollower()
    let time = SystemTime()
    var lastAlive = time.instant
    var told = events.last
    while !isOver.withLock({ $0 }) {
      let begun = time.instant
      follower.look(at: time.timestamp)
      let taken = time.instant - begun
      counters.count {
        $0.looks += 1
        $0.lookTime += Double(taken.milliseconds) / 1000
      }
      // Viewers without news see now and then whether their viewer is there.
      if events.last != told || begun - lastAlive >= Self.alive {
        lastAlive = begun
        told = events.last
        events.wakeAll { stopper.wait(atMost: Self.betweenViewers) }
      }
      // Never more than half of the time, however often the directories change.
      stopper.wait(atMost: max(Self.shortest, taken))
      waker.wait(atMost: max(.zero, Self.longest - (time.instant - begun)))
    }
  }
}
