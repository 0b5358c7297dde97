internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher

/// A spool with everything in it: archived, ended, failed, held, waiting and running tasks, a chain, a
/// watched directory, pending requests. It is copied, damaged at one place, and worked off by a new
/// watcher and new pilots; what comes out is held against what comes out of the undamaged copy.
public struct DamagedSpool {
  /// The moment at which the spool is left.
  public enum Moment: Sendable, CaseIterable {
    /// The watcher ended in good order, and nothing but the held and the waiting was left to do.
    case resting
    /// Watcher and pilots were killed in the middle of the work.
    case running
  }

  /// The damage to one file.
  public enum Damage: Sendable, CustomStringConvertible {
    case flip(String, bit: Int)
    case cut(String, to: Int)

    public var path: String {
      switch self {
      case .flip(let path, _), .cut(let path, _): path
      }
    }

    public var description: String {
      switch self {
      case .flip(let path, let bit): "\(path), byte \(bit / 8), bit \(bit % 8)"
      case .cut(let path, let size): "\(path), cut to \(size) bytes"
      }
    }

    /// True if it is to the record of the watcher, which the next watcher reads.
    var isOfJournal: Bool {
      path.hasPrefix("\(World.root)/journal/") || path == "\(World.root)/watcher.json"
    }

    public func apply(to files: MemoryFileSystem) throws {
      switch self {
      case .flip(let path, let bit): try files.flip(path, bit: bit)
      case .cut(let path, let size): try files.truncate(path, to: size)
      }
    }
  }

  /// The world as it was left.
  public let world: World
  /// What comes of it undamaged.
  public let oracle: DamageOutcome
  private let seed: Int

  public init(_ moment: Moment, seed: Int = 1) throws {
    self.seed = seed
    world = try Self.begin(seed)
    switch moment {
    case .resting: try Self.rest(world)
    case .running: try Self.interrupt(world)
    }
    oracle = try Self.finish(try World(after: world, seed: seed + 1))
  }

  /// A world in the middle of the work, to be damaged while all of it is alive.
  public static func live(seed: Int, after milliseconds: Int) throws -> World {
    let world = try begin(seed)
    try work(world)
    try drop(world)
    world.run(for: milliseconds)
    return world
  }

  /// The files of the spool that have bytes.
  public static func files(of world: World) -> [String] {
    world.files.paths(below: World.root).filter {
      !$0.hasSuffix("/") && !(world.files.peek($0) ?? []).isEmpty
    }
  }

  /// Damages a copy, and has it worked off.
  public func outcome(_ damage: Damage) throws -> DamageOutcome {
    try Self.finish(
      try World(after: world, seed: seed + 1) { try damage.apply(to: $0) }, damage)
  }

  // MARK: The play

  private static func begin(_ seed: Int) throws -> World {
    var setup = World.Setup()
    setup.seed = seed
    setup.isOneHost = seed.isMultiple(of: 2)
    setup.config.keepJobFiles = 2
    setup.config.checkpointEvery = 100
    setup.config.packAfter = .after(.milliseconds(seed.isMultiple(of: 2) ? 40_000 : 15_000))
    let world = try World(setup)
    world.setup.script = { [unowned world] in work($0, world.files) }
    for number in 0..<6 {
      let bytes = [UInt8](repeating: UInt8(65 + number), count: 20 + number)
      try world.files.plant(bytes, at: "/data/in/r\(number).raw".planted(in: world))
    }
    try world.task(
      "old",
      """
      "input": {"count": 2}, "command": ["w", "{index}", "{output}"],
      "outputs": [{"path": "/data/out/{task}.{index}", "dataset": "olds"}]
      """)
    world.run { world.hasEnded("old") }
    world.run(atMost: 60_000) { world.names("archive/old").count >= 3 }
    world.killWatcher()
    world.run(for: 3000)
    return world
  }

  /// Drops everything, and works until much of it is under way.
  private static func work(_ world: World) throws {
    try dropManifest(world, "raw", 0..<6)
    try world.drop(
      "run.json",
      """
      {"kind": "chain", "name": "run", "input": "raw", "steps": [
        {"name": "decode", "command": ["w", "{input}", "{output}"], "verify": "checksum",
         "environment": {"FLAVOUR": "strange"}, "retry": {"attempts": 4, "backoff": "100ms"},
         "outputs": [{"path": "/data/out/{stem}.dec"}]},
        {"name": "merge", "filesPerJob": "all", "command": ["w", "{inputs}", "{output}"],
         "outputs": [{"path": "/data/out/all.root"}]}]}
      """)
    try world.task(
      "bad",
      """
      "input": "raw", "command": ["w", "{input}", "{output}"],
      "outputs": [{"path": "/data/out/{stem}.bad"}], "retry": {"attempts": 2, "backoff": "100ms"}
      """)
    try world.task(
      "held",
      """
      "input": {"values": ["up", "down"]}, "command": ["w", "{value}", "{output}"], "priority": 9,
      "outputs": [{"path": "/data/out/{index}.held"}]
      """)
    try world.order("hold", "held")
    try world.files.plantDirectories(World.buffer)
    for name in ["a.raw", "b.raw"] {
      try world.files.plant(Array(name.utf8), at: "\(World.buffer)/\(name)")
    }
    try world.watchBuffer("seen", #""closeOn": "END""#)
    try world.task(
      "watching",
      """
      "input": "seen", "command": ["w", "{input}", "{output}"],
      "outputs": [{"path": "/data/out/{stem}.seen"}]
      """)
  }

  private static func rest(_ world: World) throws {
    try work(world)
    world.run { world.hasEnded("run") && world.hasEnded("bad") }
    world.run(for: 3000)
    try world.stopWatcher()
    for number in world.pilotNumbers { world.killPilot(number) }
    try drop(world)
  }

  /// Leaves jobs in ready, in pilots' hands and in both inboxes, and a request that was taken and not
  /// read.
  private static func interrupt(_ world: World) throws {
    try work(world)
    world.run { world.lineCount("ledger/bad.jsonl") >= 3 && world.claims.count == 4 }
    world.holdWatcher(for: 400)
    world.run(atMost: 400) { !world.jobFiles("done").isEmpty && !world.jobFiles("failed").isEmpty }
    for number in world.pilotNumbers { world.killPilot(number) }
    world.faults.crash(.watcher, at: 1) {
      $0.operation == .read && $0.path.contains("journal/taken/") && $0.path.hasSuffix("late.json")
    }
    try drop(world)
    world.startWatcher()
    world.run { world.watcher == nil }
  }

  private static func drop(_ world: World) throws {
    try dropManifest(world, "fresh", 2..<5)
    try world.task(
      "late",
      """
      "input": ["raw", "fresh"], "filesPerJob": 2, "command": ["w", "{inputs}", "{output}"],
      "outputs": [{"path": "/data/out/late.{index}"}]
      """)
  }

  private static func dropManifest(_ world: World, _ name: String, _ range: Range<Int>) throws {
    var text =
      "{\"kind\": \"dataset\", \"name\": \"\(name)\", \"closed\": true, \"expected\": \(range.count)}\n"
    for number in range {
      let path = "/data/in/r\(number).raw"
      let bytes = world.files.peek(path) ?? []
      text += "{\"path\": \"\(path)\", \"size\": \(bytes.count), "
      text += "\"adler32\": \"\(MemoryDigester.adler32(bytes))\"}\n"
    }
    try world.drop("\(name).jsonl", text)
  }

  /// A payload whose outputs hold all that it was given, and what it read.
  private static func work(_ payload: Payload, _ files: MemoryFileSystem) -> FakeOutcome {
    let variables = payload.environment
    let (task, index) = (variables["SPOOL_TASK"] ?? "?", variables["SPOOL_INDEX"] ?? "?")
    if task == "bad", index == "1", files.peek("/data/in/mended") == nil { return .exit(3) }
    if task == "run.decode", index == "2", variables["SPOOL_ATTEMPT"] == "1" { return .exit(5) }
    var outcome = FakeOutcome()
    outcome.duration = 60 + 20 * (Int(index) ?? 0)
    // The files of a watched directory come in any order.
    let number = task == "watching" ? "" : index
    var text = "\(task) \(number) \(variables["FLAVOUR"] ?? "plain")\n"
    for argument in payload.arguments.sorted() where !argument.contains("/.spool.") {
      text += argument + "\n"
      if argument.hasPrefix("/") {
        text += String(decoding: files.peek(argument) ?? [], as: UTF8.self) + "\n"
      }
    }
    for argument in payload.arguments where argument.contains("/.spool.") {
      outcome.files.append((argument, Array(text.utf8)))
    }
    outcome.report = Array("{\"events\": \(text.utf8.count)}".utf8)
    outcome.errors = Array("says \(task)\n".utf8)
    return outcome
  }

  private static let tasks = ["old", "run.decode", "run.merge", "bad", "held", "watching", "late"]

  /// Works off what is there, and all that is asked for besides.
  public static func finish(_ world: World, _ damage: Damage? = nil) throws -> DamageOutcome {
    world.setup.script = { [unowned world] in work($0, world.files) }
    let damaged = damage.flatMap { world.files.peek($0.path) }
    try world.files.plant([], at: "/data/in/mended")
    try world.files.plant([], at: "\(World.buffer)/END")
    let isRefused = { world.errors.contains { "\($0)".contains("spool recover") } }
    wait(world, atMost: 20_000) {
      isRefused() || world.page("bad")?["state"]?.hasEnded == true
    }
    try world.order("release", "held")
    try world.order("retry", "bad", #""failedOnly": true"#)
    world.run(for: 1500)
    wait(world, atMost: 180_000) {
      isRefused() || tasks.allSatisfy { world.page($0)?["state"]?.hasEnded == true }
    }
    if !isRefused() { world.run(for: 3000) }
    // What a watcher in memory does not miss, the next one does.
    if let damage, damage.isOfJournal, !isRefused() {
      world.killWatcher()
      wait(world, atMost: 20_000) { isRefused() || world.watcher != nil }
    }
    return DamageOutcome(world, tasks: tasks, damage: damage, damaged: damaged)
  }

  /// Runs until something holds, and looks for it seldom: pages are parsed.
  private static func wait(_ world: World, atMost limit: Int, until isReached: () -> Bool) {
    let end = world.time.now + limit
    while world.time.now < end, !isReached() { world.run(for: 500) }
  }
}

extension String {
  /// The path, once its directory is there.
  fileprivate func planted(in world: World) throws -> String {
    try world.files.plantDirectories(FilePath.directory(self))
    return self
  }
}

extension JSON {
  fileprivate var hasEnded: Bool { ["done", "failed", "cancelled"].contains(string) }
}

extension World {
  /// A task's page, wherever it is.
  func page(_ task: String) -> JSON? {
    let unit = task.split(separator: ".").first.map(String.init) ?? task
    for place in ["done/\(task)", "failed/\(task)", "running/\(task)", "archive/\(unit)/\(task)"] {
      if let bytes = files.peek("\(Self.root)/\(place).json"), let json = try? JSON.parse(bytes) {
        return json
      }
    }
    return nil
  }

  /// The numbers of the pilots that are there.
  public var pilotNumbers: [Int] { pilots.keys.sorted() }
}
