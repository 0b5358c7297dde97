import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// R6: registration exactly once; what comes later, or from elsewhere, is discarded with its parts.
struct R6VerdictTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.config.partGrace = .milliseconds(8000)
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = payload.environment["SPOOL_ATTEMPT"] == "1" ? 30_000 : 3000
      return outcome
    }
    world = try World(setup)
  }

  /// The running job's file, and where it lies.
  private func claim() throws -> (name: JobName, file: JobFile, bytes: [UInt8]) {
    try #require(world.run(until: { world.runner(1)?.load == 1 }))
    let path = try #require(world.claims.first)
    let name = try #require(JobName(fileName: String(path.split(separator: "/").last ?? "")))
    let bytes = try #require(world.files.peek(path))
    return (name, try JobFile(bytes), bytes)
  }

  /// Puts a success with its part into `done/`, as a pilot would; returns the part's path.
  private func handIn(_ name: JobName, _ bytes: [UInt8], by pilot: PilotName) throws -> String {
    let file = try JobFile(bytes)
    let output = try #require(file.document.outputs.first)
    let part = output.part(of: name.job, attempt: name.attempt, pilot: pilot)
    let contents = Array("an impostor's".utf8)
    try world.files.plant(contents, at: part)
    var result = JobResult(
      pilot: pilot, host: "x", started: Timestamp(milliseconds: 1),
      ended: Timestamp(milliseconds: 2), cause: nil)
    result.outputs = [
      StagedOutput(
        number: 0, path: output.path, part: String(part.split(separator: "/").last ?? ""),
        size: contents.count, adler32: MemoryDigester.adler32(contents))
    ]
    let addition = try #require(JobFile.addition(of: result, to: bytes))
    let inbox = InboxName(jobName: name, pilot: pilot, cause: nil)
    try world.files.plant(
      Array(bytes.prefix(addition.offset)) + addition.bytes, at: world.spool.layout.inbox(inbox))
    return part
  }

  private func isDiscarded(_ part: String) -> Bool {
    world.run(atMost: 3000, until: { world.jobFiles("done").isEmpty })
      && world.files.peek(part) != nil
  }

  @Test func anOlderAttempt() throws {
    try world.task("t", R1ClaimTests.one)
    let (name, _, bytes) = try claim()
    let pilot = try #require(world.pilot(1)?.name)
    #expect(try world.spool.take(name, from: pilot, as: .lost))
    try #require(world.run(until: { world.runner(1)?.started.count == 2 }))
    let part = try handIn(name, bytes, by: PilotName(host: "old", random: 1))
    #expect(isDiscarded(part))
    #expect(world.settle())
    #expect(world.files.peek(part) == nil)
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  @Test func anotherIncarnation() throws {
    try world.task("t", R1ClaimTests.one)
    let (name, file, _) = try claim()
    var document = file.document
    document.incarnation = "other"
    let part = try handIn(
      name, document.fileContents, by: PilotName(host: "old", random: 1))
    #expect(isDiscarded(part))
    #expect(world.attempts("t") == [])
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A file in the job's name that holds another job, or another attempt, fails the attempt and is no
  /// reason to remove the other's parts.
  @Test(arguments: [false, true]) func contentsOfAnother(isAttempt: Bool) throws {
    try world.task("t", R1ClaimTests.one.replacing("1}", with: "2}"))
    try #require(world.run(until: { world.runner(1)?.load == 2 }))
    let names = try world.claims.sorted().map { path in
      try #require(JobName(fileName: String(path.split(separator: "/").last ?? "")))
    }
    let pilot = try #require(world.pilot(1)?.name)
    let path = { (name: JobName) in world.spool.layout.claim(pilot, name) }
    var document = try JobFile(try #require(world.files.peek(path(names[1])))).document
    let parts = world.files.paths(below: "/data/out").filter { $0.contains("1.root") }
    if isAttempt {
      document = try JobFile(try #require(world.files.peek(path(names[0])))).document
      document.attempt = 2
    }
    try world.files.plant(document.fileContents, at: path(names[0]))
    #expect(try world.spool.take(names[0], from: pilot, as: .cancelled))
    #expect(world.run(atMost: 3000, until: { !world.attempts("t").isEmpty }))
    #expect(world.attempts("t") == ["00 a1 torn"])
    world.run(for: 9000)
    for part in parts { #expect(world.files.peek(part) != nil) }
    #expect(world.settle())
    #expect(world.attempts("t").sorted() == ["00 a1 torn", "00 a2 ok", "01 a1 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 2) == [])
    let reason = world.lines("ledger/t.jsonl").first { $0["outcome"]?.string == "torn" }
    let of = isAttempt ? "t.00000000, attempt 2" : "t.00000001, attempt 1"
    #expect(reason?["reason"]?.string == "the job's file is that of \(of)")
  }

  /// The same result again, after it was registered.
  @Test func twice() throws {
    try world.task("t", R1ClaimTests.one)
    let (name, _, bytes) = try claim()
    #expect(world.settle())
    let ledger = world.attempts("t")
    let part = try handIn(name, bytes, by: PilotName(host: "old", random: 1))
    #expect(isDiscarded(part))
    world.run(for: 12_000)
    #expect(world.files.peek(part) == nil)
    #expect(world.attempts("t") == ledger)
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A file of a task that nobody knows does not count, and harms nothing.
  @Test func ofNoTask() throws {
    try world.task("t", R1ClaimTests.one)
    let (name, _, bytes) = try claim()
    let other = JobName(
      priority: name.priority, job: JobID(task: try #require(Name("u")), index: 0),
      attempt: name.attempt, cores: name.cores, memory: name.memory, gpus: name.gpus,
      wall: name.wall, tags: name.tags)
    let part = try handIn(other, bytes, by: PilotName(host: "old", random: 1))
    #expect(isDiscarded(part))
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// `stopAfter` ends a task early: what is ready is withdrawn, what runs is taken, what was just
  /// handed in does not count; no part is left, and nothing stays in an inbox.
  @Test(arguments: 1...6) func ofATaskThatHasEnded(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 3
    setup.script = { payload in
      if payload.environment["SPOOL_INDEX"] == "5" { return .exit(2) }
      var outcome = World.writeOutputs(payload)
      outcome.duration = payload.environment["SPOOL_INDEX"] == "7" ? 60_000 : 20
      return outcome
    }
    let world = try World(setup)
    try world.task(
      "t",
      """
      "input": {"count": 200}, "command": ["work", "{output}"], "stopAfter": 0,
      "retry": {"never": [2]}, "outputs": [{"path": "/data/out/{index}.root"}]
      """)
    #expect(world.run(until: { world.hasEnded("t") }))
    world.run(for: 8000)
    #expect(world.summary("t")?["state"]?.string == "failed")
    #expect(world.isQuiet, "\(world.jobFiles("ready-cpu")) \(world.jobFiles("done"))")
    #expect(!world.files.paths(below: "/data/out").contains { $0.contains("/.spool.") })
    let done = world.summary("t")?["jobs"]?["done"]?.integer
    #expect(world.files.paths(below: "/data/out").count == done)
    #expect(world.lines("datasets/t.jsonl").count == done)
  }
}
