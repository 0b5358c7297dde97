import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// What is kept of tasks that ended long ago: packed in its time, removed in its time.
struct ArchiveTests {
  let world: World

  /// Packed after 20 s, removed after 60 s.
  static func setup() -> World.Setup {
    var setup = World.Setup()
    setup.pilots = 1
    setup.config.packAfter = .after(.milliseconds(20_000))
    setup.config.removeAfter = .after(.milliseconds(60_000))
    setup.script = Self.work
    return setup
  }

  init() throws { world = try World(Self.setup()) }

  /// Job 1 fails; all print something.
  static func work(_ payload: Payload) -> FakeOutcome {
    var outcome = World.writeOutputs(payload)
    if payload.environment["SPOOL_INDEX"] == "1" { outcome = .exit(3) }
    let job = payload.environment["SPOOL_JOB"] ?? "?"
    outcome.errors = Array("\(job) says so\n".utf8)
    return outcome
  }

  static let members = """
    "input": {"count": 4}, "command": ["work", "{output}"], "maxFailedJobs": 1,
    "outputs": [{"path": "/data/out/{task}.{index}.root"}], "retry": {"attempts": 1}
    """

  /// Paths in the spool that are of a task, but for what the journal holds.
  static func paths(_ world: World, of task: String) -> [String] {
    world.files.paths(below: World.root).filter { path in
      path.split(separator: "/").contains { $0 == task || $0.hasPrefix(task + ".") }
        && !["/datasets/", "/journal/", "/@refused/"].contains { path.contains($0) }
    }.map { String($0.dropFirst(World.root.count + 1)) }
  }

  static func archive(_ world: World) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for path in world.files.paths(below: "\(World.root)/archive") where !path.hasSuffix("/") {
      files[path] = world.files.peek(path)
    }
    return files
  }

  private func text(_ path: String) -> String {
    String(decoding: world.files.peek("\(World.root)/\(path)") ?? [], as: UTF8.self)
  }

  private func reason(_ file: String) -> String { text("failed/@refused/\(file).reason") }

  private func isPacked(_ task: String) -> Bool {
    let paths = Self.paths(world, of: task)
    return !paths.isEmpty && paths.allSatisfy { $0.hasPrefix("archive/\(task)/") }
  }

  // MARK: In their time

  @Test func packedAndRemovedInTheirTime() throws {
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let ended = try #require(world.summary("t")?["ended"]?.integer)
    var page = world.summary("t")?.object
    page?["crc32"] = nil
    let ledger = text("ledger/t.jsonl")
    let done = world.names("done/t")
    let log = text("logs/t/\(world.names("logs/t")[0])")
    #expect(world.run(until: { isPacked("t") }))
    #expect((20_000...27_000).contains(world.time.epoch - ended))
    #expect(
      world.names("archive/t").sorted() == ["t.jobs.jsonl", "t.json", "t.ledger.jsonl", "t.log"])

    var packed = try JSON.parse(Array(text("archive/t/t.json").utf8)).object
    #expect(packed?["packed"] == true)
    packed?.members.removeAll { ["packed", "crc32"].contains($0.key) }
    #expect(packed == page)
    #expect(text("archive/t/t.ledger.jsonl") == ledger)
    let jobs = text("archive/t/t.jobs.jsonl").split(separator: "\n")
    #expect(jobs.count == 4)
    let files = try jobs.map { try JSON.parse(Array($0.utf8)) }
    #expect(
      files.prefix(3).compactMap { $0["file"]?.string } == done.map { "done/t/\($0)" }.sorted())
    #expect(files.allSatisfy { $0["job"]?["result"]?["pilot"] != nil })
    #expect(text("archive/t/t.log").hasSuffix("\(log)\n"))
    #expect(text("archive/t/t.log").hasPrefix("=== logs/t/"))
    #expect(text("STATUS").contains("0 ended, 1 packed"))
    #expect(try SpoolCheck(world.spool).run().findings == [])

    #expect(world.run(until: { Self.paths(world, of: "t").isEmpty }))
    #expect((60_000...67_000).contains(world.time.epoch - ended))
    #expect(try SpoolCheck(world.spool).run().findings == [])
    // Its files are there, so it is still told where they come from.
    world.run(for: 200_000)
    #expect(world.lines("datasets/t.jsonl").count == 3)
  }

  @Test func neverIsNever() throws {
    var setup = Self.setup()
    setup.config.packAfter = .never
    setup.config.removeAfter = .never
    let world = try World(setup)
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let before = Self.paths(world, of: "t")
    world.time.advance(400 * 86_400_000)
    world.run(for: 200_000)
    #expect(Self.paths(world, of: "t") == before)
  }

  /// A chain goes as a whole, when the last of its steps has ended long ago.
  @Test func aChainGoesAsAWhole() throws {
    world.setup.script = ChainTests.work
    ChaosTests.plantInputs(world, 8)
    try world.drop("run.json", ChainTests.chain)
    try ChaosTests.dropManifest(world, 8)
    #expect(world.run(until: { world.hasEnded("run") && world.isQuiet }))
    #expect(world.run(until: { isPacked("run") }))
    let parts = ["run.decode", "run.select", "run.merge"].flatMap {
      ["\($0).json", "\($0).ledger.jsonl", "\($0).jobs.jsonl"]
    }
    #expect(world.names("archive/run").sorted() == (parts + ["run.json"]).sorted())
    #expect(text("archive/run/run.json").contains("\"suppression\": 80"))
    for name in ["run", "run.select"] {
      try world.task(name, #""input": {"count": 1}, "command": ["w"]"#)
      #expect(world.run(atMost: 10_000, until: { reason("\(name).json") != "" }))
      #expect(reason("\(name).json").contains("\(name) already (done, packed)"))
    }
    #expect(world.run(until: { Self.paths(world, of: "run").isEmpty }))
    #expect(try SpoolCheck(world.spool).run().findings == [])
  }

  /// Many job files and large logs: never much in one turn.
  @Test func aLargeTaskIsPackedPieceByPiece() throws {
    try world.task("t", #""input": {"count": 300}, "command": ["w"], "maxFailedJobs": 300"#)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let log = [UInt8](repeating: 120, count: 20 << 20)
    try world.files.plant(log, at: "\(World.root)/logs/t/other-00112233.log")
    let lines = text("ledger/t.jsonl")
    var most = 0
    var before = world.faults.counts(.watcher)
    let isDone = world.run(until: {
      let now = world.faults.counts(.watcher)
      most = max(most, (now - before).total)
      before = now
      return isPacked("t")
    })
    #expect(isDone)
    #expect(most < 200, "\(most) calls in a turn")
    #expect(text("archive/t/t.ledger.jsonl") == lines)
    #expect(text("archive/t/t.jobs.jsonl").split(separator: "\n").count == 302)
    #expect(world.files.peek("\(World.root)/archive/t/t.log")?.count ?? 0 > log.count)
  }

  // MARK: What comes late

  @Test func ordersAreRefused() throws {
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { isPacked("t") }))
    for kind in ["retry", "cancel", "hold"] {
      let name = try world.order(kind, "t")
      #expect(world.run(atMost: 3000, until: { reason(name) != "" }))
      #expect(reason(name).contains("t is packed: it ended on"), "\(reason(name))")
    }
    world.run(for: 2000)
    #expect(isPacked("t"))
  }

  /// An order to try again that comes while it is being packed is obeyed; what was begun is dropped.
  @Test func aRetryComesBeforePacking() throws {
    try world.task("t", #""input": {"count": 300}, "command": ["w"], "retry": {"attempts": 1}"#)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { world.files.attributesBehind("\(World.root)/archive/.t") != nil }))
    world.setup.script = World.writeOutputs
    try world.order("retry", "t")
    #expect(world.run(atMost: 10_000, until: { world.summary("t")?["state"] == "done" }))
    #expect(world.lineCount("ledger/t.jsonl") == 301)
    #expect(!world.journal.contains("\"packed\""))
    #expect(world.run(until: { isPacked("t") }))
    #expect(world.lineCount("archive/t/t.ledger.jsonl") == 301)
  }

  private func lateName(_ world: World, _ task: String) throws -> (JobName, PilotName) {
    let name = JobName(
      priority: 5, job: JobID(task: try #require(Name(task)), index: 0), attempt: 1, cores: 1,
      memory: 1908, gpus: 0, wall: 3600, tags: [])
    return (name, PilotName(host: "late", random: 7))
  }

  /// Everything that may come late of a task: a job in ready, a claim, a result with its part and its
  /// log, a file that cannot be read.
  private func plantLate(_ world: World, _ task: String) throws {
    let (name, pilot) = try lateName(world, task)
    let layout = world.spool.layout
    let document = JobDocument(
      job: name.job, incarnation: "0ld", attempt: 1, owner: 1, inputs: [], verifiesChecksum: false,
      command: [try Template("w")],
      outputs: [JobOutput(path: "/data/out/late.root", name: nil, isOptional: false)],
      environment: [], wall: .seconds(1), memory: 1 << 30, stuck: nil)
    let bytes = document.fileContents
    try world.files.plant(bytes, at: layout.ready(ReadyPlace(.gpu), name))
    let own = try #require(world.pilot(1)?.name)
    try world.files.plant(bytes, at: layout.claim(own, name))
    let part = "/data/out/.spool.a1@\(pilot).late.root"
    try world.files.plant([1, 2, 3], at: part)
    var result = JobResult(
      pilot: pilot, host: "x", started: Timestamp(milliseconds: 1),
      ended: Timestamp(milliseconds: 2), cause: nil)
    result.outputs = [
      StagedOutput(
        number: 0, path: "/data/out/late.root", part: ".spool.a1@\(pilot).late.root", size: 3,
        adler32: MemoryDigester.adler32([1, 2, 3]))
    ]
    let addition = try #require(JobFile.addition(of: result, to: bytes))
    try world.files.plantDirectories(layout.logDirectory(name.job.task))
    try world.files.plant([65], at: "\(World.root)/\(layout.logName(name.job.task, pilot))")
    try world.files.plant(
      Array(bytes.prefix(addition.offset)) + addition.bytes,
      at: layout.inbox(InboxName(jobName: name, pilot: pilot, cause: nil)))
    try world.files.plant(
      [1, 2, 3], at: layout.inbox(InboxName(jobName: name, pilot: pilot, cause: .exit(1))))
  }

  @Test(arguments: [false, true]) func whatComesLateIsDiscarded(isRemoved: Bool) throws {
    var setup = Self.setup()
    if !isRemoved { setup.config.removeAfter = .never }
    let world = try World(setup)
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.run(until: { !world.hasEnded("t") && world.names("logs").isEmpty }))
    if isRemoved { #expect(world.run(until: { Self.paths(world, of: "t").isEmpty })) }
    let before = Self.archive(world)
    world.setup.script = { _ in
      var outcome = FakeOutcome()
      outcome.duration = 3_600_000
      return outcome
    }
    try plantLate(world, "t")
    world.run(for: 75_000)
    #expect(world.isQuiet)
    #expect(world.claims == [] && world.jobFiles("ready-gpu") == [])
    #expect(!world.files.paths(below: "/data/out").contains { $0.contains("late") })
    let isSame = Self.archive(world) == before
    #expect(isSame && before.isEmpty == isRemoved)
    let left = Self.paths(world, of: "t").filter { !$0.hasPrefix("archive/") }
    #expect(left == [], "\(world.said.suffix(5))")
    #expect(try SpoolCheck(world.spool).run().findings == [])
  }

  /// R6: a name that is used anew is another incarnation's.
  @Test func aNameIsFreeAgain() throws {
    try world.task("t", #""input": {"count": 1}, "command": ["w"]"#)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { Self.paths(world, of: "t").isEmpty }))
    world.setup.script = { payload in
      var outcome = Self.work(payload)
      outcome.duration = 5000
      return outcome
    }
    try world.task("t", #""input": {"count": 1}, "command": ["w"]"#)
    #expect(world.run(until: { world.runner(1)?.load == 1 }))
    let (name, pilot) = try lateName(world, "t")
    let claim = try #require(world.claims.first.flatMap { world.files.peek($0) })
    var document = try JobFile(claim).document
    document.incarnation = "0ld"
    let result = JobResult(
      pilot: pilot, host: "x", started: Timestamp(milliseconds: 1),
      ended: Timestamp(milliseconds: 2), cause: nil)
    let addition = try #require(JobFile.addition(of: result, to: document.fileContents))
    try world.files.plant(
      Array(document.fileContents.prefix(addition.offset)) + addition.bytes,
      at: world.spool.layout.inbox(InboxName(jobName: name, pilot: pilot, cause: nil)))
    world.run(for: 2500)
    #expect(world.jobFiles("done") == [] && world.attempts("t") == [])
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.attempts("t") == ["00 a1 ok"])
    // The log begins anew, too: the pilot has written one of that name before.
    let log = text("logs/t/\(world.names("logs/t")[0])")
    #expect(log == "==> t.00000000 attempt 1: ok\n--- standard error\nt.00000000 says so\n")
    #expect(world.faultsAtTheEnd("t", jobs: 1, outputs: 0) == [])
  }

  // MARK: Datasets

  /// As long as files of a removed task are there, so is what tells where they come from, and its name
  /// is taken; then both go.
  @Test func aCatalogueGoesWithTheFiles() throws {
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { Self.paths(world, of: "t").isEmpty }))
    let files = world.files.paths(below: "/data/out")
    for path in files.dropLast() { try world.files.remove(path) }
    world.run(for: 200_000)
    #expect(world.lines("datasets/t.jsonl").count == 3)
    try world.task("t", Self.members)
    #expect(world.run(atMost: 10_000, until: { reason("t.json") != "" }))
    #expect(reason("t.json").contains("a task t that was removed made files of the dataset t"))
    for path in files.suffix(1) { try world.files.remove(path) }
    #expect(world.run(atMost: 300_000, until: { world.names("datasets").isEmpty }))
    #expect(try SpoolCheck(world.spool).run().findings == [])
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.lines("datasets/t.jsonl").count == 3)
  }

  /// A disk that is not mounted for a while has lost nothing.
  @Test func filesThatComeBackAreStillTold() throws {
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { Self.paths(world, of: "t").isEmpty }))
    let paths = world.files.paths(below: "/data/out")
    let files = paths.map { ($0, world.files.peek($0) ?? []) }
    for round in 0..<4 {
      for path in paths { try world.files.remove(path) }
      let looks = Log<FileCall>()
      world.faults.watch { _, call in
        if call.operation == .attributes, paths.contains(call.path) { looks.add(call) }
      }
      #expect(world.run(until: { looks.all.count >= 3 }), "round \(round)")
      world.faults.clear()
      for (path, bytes) in files { try world.files.plant(bytes, at: path) }
      world.run(for: 70_000)
      #expect(world.lines("datasets/t.jsonl").count == 3)
    }
  }

  /// What a task reads that is not packed is not forgotten, nor is what nobody has read yet.
  @Test func aDatasetThatIsReadStays() throws {
    var setup = Self.setup()
    setup.config.packAfter = .after(.milliseconds(1_000_000))
    setup.config.removeAfter = .after(.milliseconds(1_000_000))
    let world = try World(setup)
    ChaosTests.plantInputs(world, 2)
    try ChaosTests.dropManifest(world, 2)
    try world.task("t", #""input": "raw", "command": ["w", "{input}"], "maxFailedJobs": 2"#)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    for number in 0..<2 { try world.files.remove("/data/f\(number).raw") }
    world.time.advance(900_000)
    world.run(for: 50_000)
    #expect(world.lines("datasets/raw.jsonl").count == 2)
    world.time.advance(1_000_000)
    #expect(world.run(atMost: 4_000_000, until: { world.names("datasets").isEmpty }))
  }

  /// What a task of the name once read is no concern of one that has it now, with or without a restart.
  @Test(arguments: [false, true]) func aNameThatIsFreeAgainReadsNothing(restarts: Bool) throws {
    ChaosTests.plantInputs(world, 2)
    try ChaosTests.dropManifest(world, 2)
    try world.task("t", #""input": "raw", "command": ["w", "{input}"], "maxFailedJobs": 2"#)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { Self.paths(world, of: "t").isEmpty }))
    world.run(for: 2000)
    if restarts { world.killWatcher() }
    try world.task("t", #""input": "other", "command": ["w"]"#)
    #expect(world.run(until: { world.names("running").contains("t.json") }))
    try world.delete("raw")
    #expect(world.run(atMost: 8000, until: { world.state(ofDataset: "raw") == "deleted" }))
  }

  /// Nor counts for one what another of its name read once: the files stay until it has read them.
  @Test func whatAFormerTaskReadIsNotReadYet() throws {
    world.setup.script = { _ in .exit(0) }
    ChaosTests.plantInputs(world, 2)
    let files = #"[{"path": "/data/f0.raw", "size": 3}, {"path": "/data/f1.raw", "size": 3}]"#
    try world.drop(
      "raw.json",
      #"{"kind": "dataset", "name": "raw", "closed": true, "retention": "step", "files": \#(files)}"#
    )
    let reads = #""input": "raw", "command": ["w", "{input}"]"#
    let inputs = { world.files.paths(below: "/data").count { $0.hasSuffix(".raw") } }
    let isHeld = { (task: String) in text("running/\(task).json").contains(#""state": "held""#) }
    try world.task("u", reads)
    try world.order("hold", "u")
    #expect(world.run(until: { isHeld("u") }))
    try world.task("t", reads)
    #expect(world.run(until: { world.hasEnded("t") }))
    #expect(world.run(until: { Self.paths(world, of: "t").isEmpty }))
    try world.task("t", reads)
    try world.order("hold", "t")
    #expect(world.run(until: { isHeld("t") }))
    try world.order("release", "u")
    #expect(world.run(until: { world.hasEnded("u") }))
    world.run(for: 5000)
    #expect(inputs() == 2)
    try world.order("release", "t")
    #expect(world.run(until: { world.hasEnded("t") && inputs() == 0 }))
  }

  // MARK: Many

  /// `STATUS` names those that ended last, also when one of them goes on, and is packed.
  @Test func theLastTen() throws {
    var setup = Self.setup()
    setup.config.packAfter = .after(.milliseconds(400_000))
    setup.config.removeAfter = .never
    let world = try World(setup)
    let named = {
      let page = world.files.peek("\(World.root)/STATUS") ?? []
      let lines = String(decoding: page, as: UTF8.self).split(separator: "\n")
      let rows = lines.drop { !$0.hasPrefix("ENDED") }.dropFirst(2)
      return rows.compactMap { $0.split(separator: " ").first.map(String.init) }
    }
    for number in 0..<14 {
      try world.task(
        "n\(number)", #""input": {"count": 2}, "command": ["w"], "retry": {"attempts": 1}"#)
      #expect(world.run(until: { world.hasEnded("n\(number)") && world.isQuiet }))
      world.run(for: 10_000)
    }
    #expect(named() == (4..<14).reversed().map { "n\($0)" })
    world.setup.script = World.writeOutputs
    try world.order("retry", "n6")
    world.run(for: 10_000)
    let last = ["n6"] + (4..<14).reversed().filter { $0 != 6 }.map { "n\($0)" }
    #expect(named() == last)
    world.killWatcher()
    world.run(for: 10_000)
    #expect(named() == last)
    #expect(world.run(atMost: 600_000, until: { world.names("archive").count >= 10 }))
    world.run(for: 2000)
    #expect(named() == Array(last.prefix(14 - world.names("archive").count)))
  }

  /// What was acknowledged is there after a power cut: an archive is synced before anything goes.
  @Test func aPowerCutLosesNothing() throws {
    try world.task("t", Self.members)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(world.run(until: { isPacked("t") }))
    let archive = Self.archive(world)
    world.killWatcher()
    world.files.crash()
    world.run(for: 5000)
    let isSame = Self.archive(world) == archive
    #expect(isSame && archive.count == 4)
    #expect(try SpoolCheck(world.spool).run().findings.filter { $0.kind == .wrong } == [])
  }

  /// A year of small tasks: what there is to look at, to remember and to do stays small.
  @Test func aYear() throws {
    var setup = Self.setup()
    setup.slots = 32
    setup.config.packAfter = .after(.milliseconds(7 * 86_400_000))
    setup.config.removeAfter = .never
    setup.script = { _ in FakeOutcome() }
    let world = try World(setup)
    var costs: [Int] = []
    for month in 0..<12 {
      for number in 0..<250 {
        try world.task("m\(month).\(number)", #""input": {"count": 1}, "command": ["w"]"#)
      }
      #expect(world.run(until: { world.hasEnded("m\(month).249") && world.isQuiet }))
      world.time.advance(30 * 86_400_000)
      world.run(for: 30_000)
      #expect(world.names("archive").count == 250 * (month + 1))
      let before = world.faults.counts(.watcher)
      world.run(for: 60_000)
      costs.append((world.faults.counts(.watcher) - before).total)
    }
    for directory in ["done", "failed", "ledger", "logs", "datasets"] {
      #expect(world.names(directory).filter { !$0.hasPrefix("@") } == [], "\(directory)")
    }
    #expect((costs.max() ?? 0) <= (costs.min() ?? 0) * 11 / 10, "\(costs)")
    try world.stopWatcher()
    let before = world.faults.counts(.watcher)
    world.startWatcher()
    #expect(world.run(until: { world.watcher != nil }))
    let start = world.faults.counts(.watcher) - before
    #expect(start.total < 150, "\(start)")
    let checkpoint = try #require(world.names("journal").first { $0.hasSuffix("checkpoint.json") })
    let size = world.files.peek("\(World.root)/journal/\(checkpoint)")?.count ?? 0
    #expect(size < 3000 * 100 + 200_000, "\(size) bytes")
    #expect(try SpoolCheck(world.spool).run().findings == [])
  }

  /// A start does not read the pages of all that has ended.
  @Test func aStartReadsFewPages() throws {
    var costs: [Int] = []
    for count in [10, 300] {
      var setup = Self.setup()
      setup.config.packAfter = .never
      setup.config.removeAfter = .never
      let world = try World(setup)
      for number in 0..<count {
        try world.task("a\(number)", #""input": {"count": 1}, "command": ["w"]"#)
      }
      #expect(world.run(until: { world.hasEnded("a\(count - 1)") && world.isQuiet }))
      world.time.advance(300_000)
      try world.task("last", #""input": {"count": 1}, "command": ["w"]"#)
      #expect(world.run(until: { world.hasEnded("last") && world.isQuiet }))
      try world.stopWatcher()
      let before = world.faults.counts(.watcher)
      world.startWatcher()
      #expect(world.run(until: { world.watcher != nil }))
      costs.append((world.faults.counts(.watcher) - before).total)
    }
    #expect(costs[1] <= costs[0] + 10, "\(costs)")
  }
}
