internal import HeapModule
internal import SpoolPilot
internal import Synchronization

/// What the payloads of a crowd do, and how they use the slots in a window of time. Milliseconds.
final class SlotUse: Sendable {
  private struct State {
    var random: SeededRandom
    var started = 0
    /// When those that run will end.
    var ends = Heap<Int>()
    var window = 0..<0
    var startedInWindow = 0
    /// The time that slots were in use, within the window.
    var busy = 0
    var firstOfLate: Int?
  }

  private let slots: Int
  private let duration: Int
  private let state: Mutex<State>

  /// Payloads take from half to one and a half times as long as `duration`.
  init(slots: Int, duration: Int, seed: Int) {
    self.slots = slots
    self.duration = duration
    state = Mutex(State(random: SeededRandom(seed)))
  }

  /// Begins a payload at a moment. Returns its duration.
  ///
  /// Those that fill the slots first take from nothing to the whole time, as if they had begun long
  /// ago: else the ends of all would come in waves.
  func start(_ payload: Payload, at now: Int) -> Int {
    state.withLock { state in
      let isFirst = state.started < slots
      let range = isFirst ? 1...duration : duration / 2...duration * 3 / 2
      let took = Int.random(in: range, using: &state.random)
      state.started += 1
      while let end = state.ends.min, end <= now { state.ends.removeMin() }
      state.ends.insert(now + took)
      if state.window.contains(now) { state.startedInWindow += 1 }
      let within = (now..<now + took).clamped(to: state.window)
      state.busy += within.count
      if state.firstOfLate == nil, payload.environment["SPOOL_TASK"] == Crowd.late {
        state.firstOfLate = now
      }
      return took
    }
  }

  /// Says what is to be measured, before it begins.
  func measure(_ window: Range<Int>) { state.withLock { $0.window = window } }

  var started: Int { state.withLock { $0.started } }
  var startedInWindow: Int { state.withLock { $0.startedInWindow } }
  var busy: Int { state.withLock { $0.busy } }
  var firstOfLate: Int? { state.withLock { $0.firstOfLate } }

  /// How many slots have no payload.
  func free(at now: Int) -> Int {
    state.withLock { state in
      while let end = state.ends.min, end <= now { state.ends.removeMin() }
      return slots - state.ends.count
    }
  }
}

/// Runs payloads that do nothing but take their time.
final class TimedRunner: PayloadRunner {
  private let time: ManualTime
  private let use: SlotUse
  private var ends: [Int: Int] = [:]
  private var stopped: Set<Int> = []
  private var starts: [PayloadStart] = []

  init(_ time: ManualTime, _ use: SlotUse) {
    self.time = time
    self.use = use
  }

  /// When the next one ends, in milliseconds.
  var nextEnd: Int? { ends.values.min() }

  func start(_ payload: Payload) {
    let now = time.now
    starts.append(PayloadStart(id: payload.id, error: nil))
    ends[payload.id] = now + use.start(payload, at: now)
  }

  func end(_ id: Int, grace: Duration) {
    guard ends[id] != nil else { return }
    ends[id] = time.now
    stopped.insert(id)
  }

  func stop(_ id: Int, grace: Duration) { end(id, grace: grace) }

  func takeStarts() -> [PayloadStart] {
    defer { starts = [] }
    return starts
  }

  func poll() -> [PayloadEnd] {
    let now = time.now
    guard let next = nextEnd, next <= now else { return [] }
    return ends.filter { $0.value <= now }.keys.sorted().map { id in
      ends[id] = nil
      let isStopped = stopped.remove(id) != nil
      return PayloadEnd(
        id: id, status: isStopped ? .signalled(15) : .exited(0),
        reason: isStopped ? .ended : .itself, cpu: 0.01, memory: 1_000_000)
    }
  }
}
