internal import HeapModule
internal import SpoolStore
internal import Synchronization

/// Many parties that act at the same time, in simulated time: true interleaving, and yet every run with
/// the same seed is the same.
///
/// Each party is a thread, and one of them runs at a time: the one that holds the baton. It takes no
/// simulated time until it sleeps; then it passes the baton to the party whose time comes first. So
/// production code that calls a ``Mount`` is interrupted at each call, as by the scheduler of a real
/// system, and needs no change for it. The thread that made the interleaving is a party as well.
public final class Interleaving: Sendable {
  /// A thread that takes part.
  final class Player: Sendable {
    fileprivate let baton = Baton()
  }

  private struct Event: Comparable {
    /// Microseconds.
    var at: Int
    /// Those of one moment come in the order in which they were asked for.
    var number: Int
    var player: Player

    static func < (one: Event, other: Event) -> Bool {
      (one.at, one.number) < (other.at, other.number)
    }
    static func == (one: Event, other: Event) -> Bool { one.number == other.number }
  }

  private struct State {
    var now = 0
    var events = Heap<Event>()
    var count = 0
    var running: Player
    /// Threads that were started and have not ended.
    var living = 0
    var isOver = false

    mutating func schedule(_ player: Player, at moment: Int) {
      count += 1
      events.insert(Event(at: moment, number: count, player: player))
    }

    /// Moves on to the next event. Returns whose it is, and how many milliseconds have passed.
    mutating func next() -> (player: Player, passed: Int) {
      guard let event = events.popMin() else {
        preconditionFailure("all parties wait for each other")
      }
      let before = now
      now = max(now, event.at)
      running = event.player
      return (event.player, now / 1000 - before / 1000)
    }
  }

  /// The clock that all parties read, in milliseconds.
  public let time: ManualTime
  private let state: Mutex<State>

  public init(_ time: ManualTime = ManualTime()) {
    self.time = time
    state = Mutex(State(running: Player()))
  }

  /// Microseconds since the beginning.
  public var now: Int { state.withLock { $0.now } }

  /// Whether parties are to end.
  var isOver: Bool { state.withLock { $0.isOver } }

  /// The party that runs.
  var current: Player { state.withLock { $0.running } }

  /// Starts a party, which runs from a moment on.
  func start(at moment: Int, _ body: @escaping @Sendable () -> Void) throws(FileError) {
    let player = Player()
    try WorkerThread.start { [self] in
      player.baton.wait()
      body()
      leave()
    }
    state.withLock {
      $0.living += 1
      $0.schedule(player, at: moment)
    }
  }

  /// Lets others run until a moment in simulated time.
  public func sleep(until moment: Int) {
    giveWay { $0.schedule($0.running, at: moment) }
  }

  /// Lets others run until one of them wakes this party.
  func park() { giveWay { _ in } }

  /// Wakes a party that has parked.
  func wake(_ player: Player) { state.withLock { $0.schedule(player, at: $0.now) } }

  /// Lets all parties come to their end: nobody sleeps any more, and loops see ``isOver``. The clock
  /// goes on, as calls that are under way take their time.
  public func finish() {
    state.withLock { state in
      state.isOver = true
      let now = state.now
      state.events = Heap(
        state.events.unordered.map { Event(at: now, number: $0.number, player: $0.player) })
    }
    while state.withLock({ $0.living }) > 0 { sleep(until: now + 10_000) }
  }

  private func giveWay(_ change: (inout State) -> Void) {
    let (me, next, passed) = state.withLock { state in
      let me = state.running
      change(&state)
      let (next, passed) = state.next()
      return (me, next, passed)
    }
    time.advance(passed)
    guard me !== next else { return }
    next.baton.pass()
    me.baton.wait()
  }

  private func leave() {
    let (next, passed) = state.withLock { state in
      state.living -= 1
      return state.next()
    }
    time.advance(passed)
    next.baton.pass()
  }
}
