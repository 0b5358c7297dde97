internal import SpoolModel
internal import Synchronization

/// The last events, for all viewers: each is written as text once. A viewer that comes back says which
/// event it saw last, and gets those after it, as long as they are still here.
final class EventLog: Sendable {
  /// An event, as the stream holds it.
  struct Event: Sendable {
    var number: Int
    /// The task that the event is of; nil for one of something else.
    var task: Name?
    /// True for an event that only those get who follow its task.
    var isOfTaskAlone = false
    var frame: [UInt8]
  }

  /// What a viewer gets next.
  enum Batch: Sendable {
    /// Events, and the number of the last one that was looked at.
    case events([UInt8], last: Int)
    /// The event after which it goes on is not here any more.
    case lost(last: Int)
  }

  private struct State {
    var events: [Event] = []
    var bytes = 0
    var last = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
    var isClosed = false
    var followed: [Name: Int] = [:]
    var viewers = 0
  }

  /// Tells the events of one life of the gateway from those of another.
  let life: String
  private let state = Mutex(State())

  /// Events, and bytes of them, that are kept.
  static let most = 8192
  static let mostBytes = 8 << 20

  init(life: String) { self.life = life }

  /// Adds events, in their order. Those who wait get them when ``wakeAll(between:)`` wakes them.
  func publish(_ events: [(kind: String, task: Name?, isOfTaskAlone: Bool, data: [UInt8])]) {
    state.withLock { state in
      for event in events {
        state.last += 1
        let head = "id: \(life)-\(state.last)\nevent: \(event.kind)\ndata: "
        let frame = Array(head.utf8) + event.data + [10, 10]
        state.events.append(
          Event(
            number: state.last, task: event.task, isOfTaskAlone: event.isOfTaskAlone,
            frame: frame))
        state.bytes += frame.count
      }
      Self.trim(&state)
    }
  }

  private static func trim(_ state: inout State) {
    var count = max(0, state.events.count - most)
    var bytes = state.bytes - state.events[..<count].reduce(0) { $0 + $1.frame.count }
    while bytes > mostBytes, count < state.events.count - 1 {
      bytes -= state.events[count].frame.count
      count += 1
    }
    // In one go now and then, since the rest moves.
    guard count >= most / 8 || bytes != state.bytes && state.bytes > mostBytes * 5 / 4 else {
      return
    }
    state.events.removeFirst(count)
    state.bytes = bytes
  }

  private static func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
    let waiters = Array(state.waiters.values)
    state.waiters = [:]
    return waiters
  }

  /// Viewers that are woken at once. Each takes some 50 µs of the threads that answer requests, too.
  static let atOnce = 32

  /// Wakes all who wait, so many at once, and calls `pause` after each group but the last.
  func wakeAll(between pause: () -> Void = {}) {
    let waiters = state.withLock { Self.takeWaiters(&$0) }
    for (number, waiter) in waiters.enumerated() {
      if number > 0, number % Self.atOnce == 0 { pause() }
      waiter.resume()
    }
  }

  /// Ends all streams.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      return Self.takeWaiters(&state)
    }
    for waiter in waiters { waiter.resume() }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// The number of the last event.
  var last: Int { state.withLock { $0.last } }

  /// The number of viewers now.
  var viewers: Int { state.withLock { $0.viewers } }

  /// Returns the number of an event by its id; nil for one of another life.
  func number(_ id: String) -> Int? {
    guard let dash = id.lastIndex(of: "-"), id[..<dash] == life,
      let number = Int(id[id.index(after: dash)...]), number >= 0, number <= last
    else { return nil }
    return number
  }

  /// Returns the events after one, all, or those of a task.
  func batch(after number: Int, task: Name?) -> Batch {
    let (events, last, first) = state.withLock { state -> (ArraySlice<Event>, Int, Int) in
      let first = state.events.first?.number ?? state.last + 1
      let from = max(0, number + 1 - first)
      return (state.events.suffix(from: min(from, state.events.count)), state.last, first)
    }
    guard number + 1 >= first else { return .lost(last: last) }
    var bytes: [UInt8] = []
    for event in events where Self.isFor(task, event) { bytes += event.frame }
    return .events(bytes, last: last)
  }

  private static func isFor(_ task: Name?, _ event: Event) -> Bool {
    guard let task else { return !event.isOfTaskAlone }
    return event.task == task
  }

  /// Waits until there is an event after one, or somebody wakes all.
  func wait(after number: Int) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.last > number || state.isClosed || Task.isCancelled { return true }
          state.waiters[id] = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }

  /// Notes that a viewer has come, of all or of a task.
  func enter(_ task: Name?) {
    state.withLock { state in
      state.viewers += 1
      if let task { state.followed[task, default: 0] += 1 }
    }
  }

  /// Notes that a viewer has gone.
  func leave(_ task: Name?) {
    state.withLock { state in
      state.viewers -= 1
      if let task, let count = state.followed[task] {
        state.followed[task] = count > 1 ? count - 1 : nil
      }
    }
  }

  /// The tasks that somebody follows.
  var followed: Set<Name> { state.withLock { Set($0.followed.keys) } }
}
