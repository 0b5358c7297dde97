public import SpoolModel
public import SpoolPilot
public import SpoolStore
public import SpoolWatcher

/// A spool in memory with one watcher and some pilots, which are stepped one at a time in an order
/// that a seed decides, on a clock that only this moves. Anyone can be killed at any call.
public final class World: CustomStringConvertible {
  /// What a world begins with.
  public struct Setup {
    public var seed = 1
    public var pilots = 2
    /// Cores of each pilot.
    public var slots = 2
    /// GPUs of each pilot.
    public var gpus = 0
    /// Milliseconds that each pilot lives, and whether it leaves when idle.
    public var lifetime: Int?
    public var exitsWhenIdle = false
    /// Whether the watcher can see that a process is gone, as on its own host.
    public var isOneHost = true
    public var config = World.quick
    /// What pilots give every payload.
    public var environment: [String: String] = [:]
    /// The program that its pilots run containers with.
    public var containers: ContainerRuntime?
    /// Milliseconds after which who died is started again; nil: never.
    public var restartAfter: Int? = 300
    public var script: (Payload) -> FakeOutcome = World.writeOutputs
    /// What a pilot's digester answers, where it is not what the files hold.
    public var digest: (DigestRequest) -> FileDigest.Answer? = { _ in nil }

    /// Whether the site's command confirms what it is told at once.
    public var confirmsNotices = false
    /// Whether the pilots' digesters bring no answers now.
    public var hangsDigests: () -> Bool = { false }
    /// When its watchers make lanes.
    public var lanes = LaneRule()

    public init() {}
  }

  /// Time-outs that keep simulated lives short.
  public static var quick: SpoolConfig {
    var config = SpoolConfig()
    config.heartbeat = .milliseconds(500)
    config.deadAfter = .milliseconds(2000)
    config.partGrace = .milliseconds(1000)
    config.datasetWait = .milliseconds(60_000)
    // Deaths are many, and no job's fault.
    config.lostPilots = 1000
    return config
  }

  public static let root = "/data/spool"

  /// What a failed expectation prints: the whole of it takes minutes.
  public var description: String { "a world of seed \(setup.seed) at \(time.now) ms" }

  public let files: MemoryFileSystem
  public let time = ManualTime()
  public let faults: Faults
  public let spool: Spool
  public var setup: Setup
  /// What watcher and pilots told their operators, and what ended turns early.
  public internal(set) var said: [String] = []
  public internal(set) var errors: [any Error] = []
  /// What watchers told.
  public internal(set) var notices: [Notice] = []

  enum WatcherPart {
    case none
    case acquiring(WatcherLease)
    /// It has the lease, and reads the journal.
    case takingOver(WatcherLease)
    case running(Watcher, WatcherLease)
  }
  var watcherPart = WatcherPart.none
  var watcherDue: Int?
  var watcherProcess = 0
  public var hints = Hints.all
  var pilots: [Int: PilotPart] = [:]
  var dead: Set<Int> = []
  var random: SeededRandom
  private var nextProcess = 1
  var orders = 0
  private var nextPilot = 0
  private var revivals: [Int] = []

  public init(_ setup: Setup = Setup()) throws {
    self.setup = setup
    files = MemoryFileSystem()
    random = SeededRandom(setup.seed)
    faults = Faults(files)
    try files.plantDirectories("/data/out")
    try Spool.create(Self.root, files: files, config: setup.config)
    spool = try Spool.open(Self.root, files: files)
    for _ in 0..<setup.pilots { addPilot() }
    watcherDue = time.now
  }

  /// The world after a power cut of all hosts: a copy of what lies on another's disk, on the same
  /// clock, with a new watcher and new pilots. All processes of before are gone. `damage` is done
  /// before anything is read.
  public init(
    after other: World, seed: Int, damage: (MemoryFileSystem) throws -> Void = { _ in }
  ) throws {
    setup = other.setup
    files = MemoryFileSystem(copying: other.files)
    random = SeededRandom(seed)
    faults = Faults(files)
    time.advance(other.time.now - time.now)
    orders = other.orders
    dead = Set(1..<other.nextProcess)
    nextProcess = other.nextProcess
    nextPilot = other.nextPilot
    try damage(files)
    spool = try Spool.open(Self.root, files: files)
    for _ in 0..<setup.pilots { addPilot() }
    watcherDue = time.now
  }

  func newProcess() -> Int {
    defer { nextProcess += 1 }
    return nextProcess
  }

  func isGone(_ process: JSON) -> Bool? {
    guard setup.isOneHost, let pid = process["pid"]?.integer else { return nil }
    return dead.contains(pid)
  }

  func say(_ text: String) { said.append(text) }

  /// The filesystem becomes one as NFS is, each party a host: no exclusive rename, and a name that a
  /// host has not found it goes on not finding for 30 s.
  public func becomeNFS() {
    files.remove([.exclusiveRename])
    files.missing.cache(
      for: 30_000, now: { [time] in time.now }, host: { [faults] in "\(faults.party)" })
  }

  /// One of so many bricks is away, for some parties, until it is told nil: a part of the names in
  /// every directory is missing.
  public func lose(
    brick: Int?, of count: Int = 3, for isMeant: @escaping @Sendable (Party) -> Bool = { _ in true }
  ) {
    files.missing.name(hosts: { [faults] in "\(faults.party)" })
    guard let brick else { return files.missing.lose(nil) }
    files.missing.lose { [faults] _, path in
      let name = path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }
      return isMeant(faults.party)
        && name.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % count == brick
    }
  }

  /// Each call of the watcher takes so many milliseconds from now on, as on a slow mount. Pilots are
  /// on other hosts: their calls take no time of the watcher's.
  public func slowDown(_ milliseconds: Int) {
    files.onWait = { [time, faults] in
      if faults.party == .watcher { time.advance(milliseconds) }
    }
  }

  // MARK: Parties

  /// Starts one more pilot; returns its number.
  @discardableResult
  public func addPilot() -> Int {
    nextPilot += 1
    pilots[nextPilot] = PilotPart(self, number: nextPilot, due: time.now)
    return nextPilot
  }

  /// The watcher, once it has the lease.
  public var watcher: Watcher? {
    if case .running(let watcher, _) = watcherPart { watcher } else { nil }
  }

  /// Drops the watcher without any clean-up, as `kill -9`; its lock is free. It is started again
  /// as the setup says.
  public func killWatcher() {
    watcherPart = .none
    dead.insert(watcherProcess)
    watcherDue = setup.restartAfter.map { time.now + $0 }
  }

  /// Drops a pilot and its payloads; another is started as the setup says.
  public func killPilot(_ number: Int) {
    guard let part = pilots.removeValue(forKey: number) else { return }
    dead.insert(part.process)
    if let after = setup.restartAfter { revivals.append(time.now + after) }
  }

  public func startWatcher() { watcherDue = time.now }

  /// The watcher does nothing for a while, as one that is stopped.
  public func holdWatcher(for milliseconds: Int) { watcherDue = time.now + milliseconds }

  /// Hands the watcher to the test, which steps it itself with `turn(_:)`: a zombie, once another
  /// has been started. `seemsGone`: its host takes it for dead.
  public func detachWatcher(seemsGone: Bool) -> Watcher? {
    let watcher = watcher
    if seemsGone { dead.insert(watcherProcess) }
    watcherPart = .none
    watcherDue = nil
    return watcher
  }

  /// A turn of a watcher that is not this world's, its calls made as `Party.zombie`.
  public func turn(_ zombie: Watcher) throws {
    faults.enter(.zombie)
    defer { faults.leave() }
    _ = try zombie.turn(.all)
  }

  /// A turn of such a watcher, which is stopped at the n-th of its calls, before the call is made,
  /// while `body` goes on; then it wakes. What it changes after that call is told to `late`.
  public func turn(
    _ zombie: Watcher, stoppedAt call: Int, late: Log<FileCall>, while body: @escaping () -> Void
  ) throws {
    let pause = Pause(at: call) { [unowned self] in
      faults.leave()
      body()
      faults.enter(.zombie)
    }
    faults.watch { party, call in
      guard party == .zombie else { return }
      if pause.hasCome, call.operation.changes, call.operation != .open { late.add(call) }
      pause.count()
    }
    defer { faults.watch(nil) }
    try turn(zombie)
  }

  /// The watcher ends in good order, and is not started again by itself.
  public func stopWatcher() throws {
    faults.enter(.watcher)
    defer { faults.leave() }
    try watcher?.stop()
    watcherPart = .none
    watcherDue = nil
  }

  /// A pilot that is held does nothing, as one whose host hangs, until it is let go.
  public func hold(_ number: Int, _ isHeld: Bool = true) { pilots[number]?.isHeld = isHeld }

  public func pilot(_ number: Int) -> Pilot? { pilots[number]?.pilot }
  public func runner(_ number: Int) -> FakeRunner? { pilots[number]?.runner }
  /// A pilot's local disk.
  public func local(_ number: Int) -> MemoryFileSystem? { pilots[number]?.local }

  // MARK: Time

  /// Lets one party take a step: one of those whose time has come, else the clock is moved on to
  /// the first whose time comes.
  public func step() {
    for due in revivals where due <= time.now { addPilot() }
    revivals.removeAll { $0 <= time.now }
    let parties = ready()
    if let party = parties.randomElement(using: &random) {
      take(party)
      time.advance(1)
    } else {
      time.advance(max(1, (nextDue ?? time.now + 100) - time.now))
    }
  }

  private func ready() -> [Party] {
    var parties = pilots.keys.filter { isDue($0) }.sorted().map { Party.pilot($0) }
    if let due = watcherDue, due <= time.now { parties.append(.watcher) }
    return parties
  }

  private func isDue(_ number: Int) -> Bool {
    guard let part = pilots[number], !part.isHeld else { return false }
    return part.due <= time.now
  }

  private var nextDue: Int? {
    let dues = pilots.values.filter { !$0.isHeld }.map(\.due) + revivals
    return (dues + (watcherDue.map { [$0] } ?? [])).min()
  }

  private func take(_ party: Party) {
    faults.enter(party)
    switch party {
    case .watcher: stepWatcher()
    case .pilot(let number): pilots[number]?.step()
    case .zombie, .nobody: break
    }
    faults.leave()
    guard faults.isDead(party) else { return }
    switch party {
    case .watcher: killWatcher()
    case .pilot(let number): killPilot(number)
    case .zombie, .nobody: break
    }
    faults.bury()
  }

  /// Steps until something holds; false if it does not within so much simulated time.
  @discardableResult
  public func run(atMost milliseconds: Int = 120_000, until isReached: () -> Bool) -> Bool {
    let end = time.now + milliseconds
    while !isReached() {
      guard time.now < end else { return false }
      step()
    }
    return true
  }

  /// Steps for so much simulated time.
  public func run(for milliseconds: Int) {
    let end = time.now + milliseconds
    while time.now < end { step() }
  }
}
