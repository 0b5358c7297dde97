internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher
internal import Synchronization

/// A spool with one watcher and many pilots, which all run at the same time, each on a host of its own
/// with a mount of one ``FileServer``. There are no events: each looks by its timers, as on a network
/// mount. Nobody dies, and jobs have no outputs.
public final class Crowd: Sendable {
  /// What a crowd begins with.
  public struct Setup: Sendable {
    public var pilots = 10
    /// Cores of each pilot.
    public var slots = 64
    /// The mean duration of a job in milliseconds.
    public var duration = 10_000
    /// Microseconds that a call takes.
    public var callTime = 2000
    /// Calls that the server serves at once.
    public var atOnce = 64
    /// Users who each have a task with more jobs than are run.
    public var owners = 10
    /// Threads of the watcher.
    public var threads = 64
    public var seed = 1

    public init() {}

    public var allSlots: Int { pilots * slots }
    /// Jobs a second that would keep all slots in use.
    public var demand: Double { Double(allSlots) * 1000 / Double(duration) }
  }

  static let root = "/data/spool"
  static let late = "late"
  /// The shortest time between the beginnings of two turns, as in production's shell, in microseconds.
  private static let pace = 8000

  public let setup: Setup
  public let interleaving: Interleaving
  public let server: FileServer
  public let pilotCalls = CallTally()
  public let watcherCalls = CallTally()
  let watcherWork: WorkMeter
  /// Microseconds of simulated time that pilots spent in steps.
  let pilotWork = Mutex(0)
  let use: SlotUse
  private let files = MemoryFileSystem()
  private let said = Log<String>()

  public init(_ setup: Setup) throws {
    self.setup = setup
    interleaving = Interleaving()
    server = FileServer(interleaving, callTime: setup.callTime, atOnce: setup.atOnce)
    watcherWork = WorkMeter(interleaving)
    use = SlotUse(slots: setup.allSlots, duration: setup.duration, seed: setup.seed)
    try files.plantDirectories("/data")
    var config = SpoolConfig()
    config.keepJobFiles = 0
    try Spool.create(Self.root, files: files, config: config)
    for owner in 0..<setup.owners { try drop("t\(owner)", jobs: 1_000_000, owner: 1000 + owner) }
    try startWatcher()
    for number in 1...setup.pilots { try startPilot(number) }
  }

  /// What watcher and pilots told their operators, besides what they tell if all is well.
  public var troubles: [String] {
    let usual = ["accepted the task", "has lanes from now on"]
    return said.all.filter { line in
      !usual.contains(where: line.contains) && !line.hasSuffix(", 0 failed")
    }
  }

  /// Milliseconds on the clock of the parties.
  public var now: Int { interleaving.time.now }

  private func drop(_ task: String, jobs: Int, owner: Int) throws {
    let before = files.owner
    defer { files.owner = before }
    files.owner = UInt32(owner)
    let text = """
      {"kind": "task", "name": "\(task)", "input": {"count": \(jobs)}, "command": ["work"]}
      """
    try files.plant(Array(text.utf8), at: "\(Self.root)/incoming/\(task).json")
  }

  /// Drops a small task of another user.
  func dropLate() throws { try drop(Self.late, jobs: 4, owner: 1000 + setup.owners) }

  /// How many jobs lie in ready, and how many results in the inbox.
  var lying: (ready: Int, inbox: Int) {
    func count(_ directory: String) -> Int {
      let path = "\(Self.root)/\(directory)"
      return files.entryCount(of: path)
        + Lane.all.reduce(0) { $0 + files.entryCount(of: "\(path)/\($1.directory)") }
    }
    return (count("ready-cpu"), count("done"))
  }

  // MARK: The watcher

  private func startWatcher() throws {
    let crew = try MountCrew(interleaving, helpers: setup.threads - 1, watcherWork)
    let mount = Mount(
      files, server, watcherCalls, meter: watcherWork, crew: crew,
      locks: DirectoryLocks(interleaving))
    let (seed, said, work) = (setup.seed, said, watcherWork)
    try interleaving.start(at: 0) { [interleaving] in
      do {
        try Self.watch(mount, interleaving, work, seed: seed) { said.add("watcher: \($0)") }
      } catch {
        said.add("watcher: \(error)")
      }
      crew.wakeAll()
    }
  }

  /// A watcher's life, as production's shell leads it.
  private static func watch(
    _ mount: Mount, _ interleaving: Interleaving, _ work: WorkMeter, seed: Int,
    say: @escaping (String) -> Void
  ) throws {
    let time = interleaving.time
    let spool = try Spool.open(root, files: mount)
    let record = WatcherRecord(
      epoch: 0, id: "1", host: "node0", version: "test", process: ["pid": 1], at: time.timestamp)
    let lease = WatcherLease(spool, record, time: time, isGone: { _ in nil })
    while true {
      if case .acquired = try lease.step() { break }
      interleaving.sleep(until: interleaving.now + lease.interval.milliseconds * 1000)
    }
    let watcher = try Watcher(
      spool, lease: lease,
      seams: Watcher.Seams(
        time: time, random: SeededRandom(seed), isGone: { _ in nil }, say: say),
      delivers: false)
    var hints = Hints.all
    while !interleaving.isOver {
      let begun = interleaving.now
      let wait = try work.measure { try watcher.turn(hints) }
      hints = Hints()
      let due = max(begun + Self.pace, interleaving.now + wait.milliseconds * 1000)
      if due > interleaving.now { interleaving.sleep(until: due) }
    }
  }

  // MARK: Pilots

  private func startPilot(_ number: Int) throws {
    let mount = Mount(files, server, pilotCalls)
    // They come within a second.
    let begin = 1_000_000 + number * 1_000_000 / setup.pilots
    try interleaving.start(at: begin) { [self] in
      do {
        try run(number, mount)
      } catch {
        said.add("pilot \(number): \(error)")
      }
    }
  }

  /// A pilot's life, as production's shell leads it.
  private func run(_ number: Int, _ mount: Mount) throws {
    let local = MemoryFileSystem()
    try local.plantDirectories("/scratch")
    let runner = TimedRunner(interleaving.time, use)
    let spool = try Spool.open(Self.root, files: mount)
    let options = PilotOptions(
      host: "node\(number)", version: "test", process: ["pid": .integer(number)], queues: [.cpu],
      tags: [], cpus: setup.slots, memory: setup.slots * 4_000_000_000, gpus: [],
      scratch: "/scratch", environment: [:])
    let pilot = try Pilot(
      spool, options,
      Pilot.Seams(
        time: interleaving.time, runner: runner, digester: NoDigester(),
        lister: InstantLister(MemoryDigester(local)),
        random: SeededRandom(setup.seed &* 1_000_003 &+ number), local: local,
        say: { [said] in said.add("pilot \(number): \($0)") }))
    while !interleaving.isOver {
      let begun = interleaving.now
      let wait = pilot.step().milliseconds
      let now = interleaving.now
      pilotWork.withLock { $0 += now - begun }
      let end = runner.nextEnd.map { $0 - interleaving.time.now } ?? wait
      // The clocks of parties show whole milliseconds.
      let due = (now / 1000 + max(0, min(wait, end))) * 1000
      if due > now { interleaving.sleep(until: due) }
    }
  }
}

/// Jobs of a crowd have no files.
private final class NoDigester: FileDigester {
  func cancel(_ id: Int) {}
  func start(_ id: Int, _ files: [DigestRequest]) {}
  func copy(_ id: Int, _ copy: FileCopy) {}
  func poll() -> [(id: Int, digests: [FileDigest])] { [] }
}
