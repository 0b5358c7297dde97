public import SpoolPilot
internal import SpoolModel
internal import SpoolStore

/// What a fake payload does.
public struct FakeOutcome: Sendable {
  /// Milliseconds that it takes once it is started.
  public var duration = 20
  /// Milliseconds that its start takes; during them it leaves nothing.
  public var starting = 0
  public var status = PayloadEnd.Status.exited(0)
  public var reason = PayloadEnd.Reason.itself
  /// What it leaves where: the first half at its start, all of it at its end.
  public var files: [(path: String, contents: [UInt8])] = []
  /// What it writes to its report, and to standard error.
  public var report: [UInt8]?
  public var errors: [UInt8]?
  /// The number of runs that it takes: it goes on from the number in its checkpoint, and ends with exit
  /// code 85 and the next one in it, before the last.
  public var runs: Int?
  /// What is told of the number from which it goes on, and of what its environment says.
  public var onResume: (@Sendable (_ job: String, _ state: Int, _ resumed: String) -> Void)?
  /// How it ends when it gets its own signal, and how many milliseconds later; nil: as by TERM.
  public var stopped: (status: PayloadEnd.Status, after: Int)?
  /// It cannot be started.
  public var spawnError: SpawnError?
  /// What it leaves in its scratch, where.
  public var checkpoint: (path: String, contents: [UInt8])?

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
    /// The moments at which its start is decided, and at which it ends.
    var start: Int
    var end: Int
    /// It has left the first half of its files, and its start is told to the pilot.
    var isStarted = false
    var isTold = false
  }

  private let time: ManualTime
  /// Where outputs are written; a payload's own calls are not counted.
  private let shared: MemoryFileSystem
  private let local: MemoryFileSystem
  private let script: (Payload) -> FakeOutcome
  private var running: [Int: Running] = [:]
  private var starts: [PayloadStart] = []
  /// Ids whose payload was ended by `end`.
  public private(set) var killed: [Int] = []
  /// Ids whose payload was told to stop, with the grace.
  public private(set) var stops: [(id: Int, grace: Duration)] = []
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

  /// When the pilot is to be stepped: one ends by itself, or its start is decided. Of starts without
  /// delay or failure the pilot hears with the next end, or when there are several, as from the real
  /// runner.
  public var nextEnd: Int? {
    if running.values.count(where: { !$0.isTold }) >= 3 { return time.now }
    return running.values.map { $0.isStarted ? $0.end : $0.start }.min()
  }

  public func start(_ payload: Payload) {
    var outcome = script(payload)
    if let runs = outcome.runs { goOn(payload, &outcome, of: runs) }
    started.append(payload)
    let start = time.now + outcome.starting
    running[payload.id] = Running(
      payload: payload, outcome: outcome, start: start, end: start + outcome.duration)
    if outcome.starting == 0, outcome.spawnError == nil { begin(payload.id) }
  }

  public func end(_ id: Int, grace: Duration) {
    guard let isStarted = running[id]?.isStarted else { return }
    killed.append(id)
    guard isStarted else {
      running[id]?.outcome.spawnError = .cancelled("")
      running[id]?.start = time.now
      return
    }
    running[id]?.outcome.status = .signalled(15)
    running[id]?.outcome.reason = .ended
    running[id]?.outcome.files = []
    running[id]?.end = time.now
  }

  public func stop(_ id: Int, grace: Duration) {
    stops.append((id, grace))
    guard var told = running[id], let stopped = told.outcome.stopped, told.isStarted else {
      return end(id, grace: grace)
    }
    told.outcome.status = stopped.status
    told.outcome.reason = .stopped
    told.end = min(told.end, time.now + stopped.after)
    running[id] = told
  }

  /// Lets a payload go on from the number in its checkpoint.
  private func goOn(_ payload: Payload, _ outcome: inout FakeOutcome, of runs: Int) {
    let path = payload.environment["SPOOL_CHECKPOINT"] ?? "/none"
    let state = local.peek(path).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    outcome.onResume?(
      payload.environment["SPOOL_JOB"] ?? "", state, payload.environment["SPOOL_RESUMED"] ?? "")
    outcome.checkpoint = (path, Array("\(state + 1)".utf8))
    guard state + 1 < runs else { return }
    outcome.status = .exited(85)
    outcome.files = []
    outcome.report = nil
  }

  public func poll() -> [PayloadEnd] {
    for id in running.keys.sorted() { decideStart(id) }
    let ended = running.filter { $0.value.isTold && $0.value.end <= time.now }
    return ended.sorted { $0.key < $1.key }.map { id, running in
      self.running[id] = nil
      finish(running)
      return PayloadEnd(
        id: id, status: running.outcome.status, reason: running.outcome.reason, cpu: 0.01,
        memory: 1_000_000)
    }
  }

  public func takeStarts() -> [PayloadStart] {
    defer { starts = [] }
    return starts
  }

  private func decideStart(_ id: Int) {
    guard let payload = running[id], !payload.isTold, payload.start <= time.now else { return }
    starts.append(PayloadStart(id: id, error: payload.outcome.spawnError))
    if payload.outcome.spawnError != nil {
      running[id] = nil
    } else {
      begin(id)
      running[id]?.isTold = true
    }
  }

  private func begin(_ id: Int) {
    guard let payload = running[id], !payload.isStarted else { return }
    running[id]?.isStarted = true
    for file in payload.outcome.files {
      leave(Array(file.contents.prefix(file.contents.count / 2)), at: file.path)
    }
  }

  /// Leaves a file in the scratch, or at a part's path. Directories are made in the scratch, and in a
  /// part that is one.
  private func leave(_ contents: [UInt8], at path: String) {
    let isLocal = path.hasPrefix("/scratch/")
    let files = isLocal ? local : shared
    let directory = FilePath.directory(path)
    if isLocal || directory.contains("/.spool.") { try? files.plantDirectories(directory) }
    try? files.plant(contents, at: path)
  }

  private func finish(_ running: Running) {
    if let (path, state) = running.outcome.checkpoint { try? local.plant(state, at: path) }
    for file in running.outcome.files { leave(file.contents, at: file.path) }
    if let errors = running.outcome.errors {
      try? local.plant(errors, at: running.payload.errorOutput)
    }
    if let report = running.outcome.report, let path = running.payload.environment["SPOOL_REPORT"] {
      try? local.plant(report, at: path)
    }
  }
}
