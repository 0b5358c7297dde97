public import SpoolPilot
internal import SpoolStore

/// What a fake payload does.
public struct FakeOutcome: Sendable {
  /// Milliseconds that it takes.
  public var duration = 20
  public var status = PayloadEnd.Status.exited(0)
  public var reason = PayloadEnd.Reason.itself
  /// What it leaves where: the first half at its start, all of it at its end.
  public var files: [(path: String, contents: [UInt8])] = []
  /// What it writes to its report, and to standard error.
  public var report: [UInt8]?
  public var errors: [UInt8]?
  /// It cannot be started.
  public var spawnError: SpawnError?

  public init() {}

  public static func exit(_ code: Int32) -> FakeOutcome {
    var outcome = FakeOutcome()
    outcome.status = .exited(code)
    return outcome
  }
}

/// Runs payloads that are closures, in simulated time. Forgotten with its pilot, it does nothing
/// more: so die payloads whose pilot is killed.
public final class FakeRunner: PayloadRunner {
  private struct Running {
    var payload: Payload
    var outcome: FakeOutcome
    var end: Int
  }

  private let time: ManualTime
  /// Where outputs are written; a payload's own calls are not counted.
  private let shared: MemoryFileSystem
  private let local: MemoryFileSystem
  private let script: (Payload) -> FakeOutcome
  private var running: [Int: Running] = [:]
  /// Ids whose payload was ended by `end`.
  public private(set) var killed: [Int] = []
  /// Every payload that was to be started, in order.
  public private(set) var started: [Payload] = []

  public init(
    time: ManualTime, shared: MemoryFileSystem, local: MemoryFileSystem,
    script: @escaping (Payload) -> FakeOutcome
  ) {
    self.time = time
    self.shared = shared
    self.local = local
    self.script = script
  }

  /// How many run now.
  public var load: Int { running.count }

  /// When the next one ends by itself.
  public var nextEnd: Int? { running.values.map(\.end).min() }

  public func start(_ payload: Payload) throws(SpawnError) {
    let outcome = script(payload)
    started.append(payload)
    if let error = outcome.spawnError { throw error }
    running[payload.id] = Running(
      payload: payload, outcome: outcome, end: time.now + outcome.duration)
    for file in outcome.files {
      try? shared.plant(Array(file.contents.prefix(file.contents.count / 2)), at: file.path)
    }
  }

  public func end(_ id: Int, grace: Duration) {
    guard running[id] != nil else { return }
    killed.append(id)
    running[id]?.outcome.status = .signalled(15)
    running[id]?.outcome.reason = .ended
    running[id]?.outcome.files = []
    running[id]?.end = time.now
  }

  public func poll() -> [PayloadEnd] {
    let ended = running.filter { $0.value.end <= time.now }.sorted { $0.key < $1.key }
    return ended.map { id, running in
      self.running[id] = nil
      finish(running)
      return PayloadEnd(
        id: id, status: running.outcome.status, reason: running.outcome.reason, cpu: 0.01,
        memory: 1_000_000)
    }
  }

  private func finish(_ running: Running) {
    for file in running.outcome.files { try? shared.plant(file.contents, at: file.path) }
    if let errors = running.outcome.errors {
      try? local.plant(errors, at: running.payload.errorOutput)
    }
    if let report = running.outcome.report, let path = running.payload.environment["SPOOL_REPORT"] {
      try? local.plant(report, at: path)
    }
  }
}
