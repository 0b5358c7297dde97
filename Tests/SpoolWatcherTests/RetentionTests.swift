import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// What is kept of the files between the steps of a chain, and for how long; and what is held back
/// where a disk is too full.
struct RetentionTests {
  static let names = ["decode", "select", "merge"]

  /// The chain of ChainTests, its steps' files kept as said; those of the last for ever.
  static func chain(_ retention: String) -> String {
    ChainTests.chain
      .replacing(#""input": "raw", "#, with: #""input": "raw", "retention": "\#(retention)", "#)
      .replacing(#""filesPerJob": "all""#, with: #""filesPerJob": "all", "retention": "forever""#)
  }

  private func world(
    _ chain: String, raw: String = "", files count: Int = 8,
    _ change: (inout World.Setup) -> Void = { _ in }
  ) throws -> World {
    var setup = World.Setup()
    setup.script = ChainTests.work
    change(&setup)
    let world = try World(setup)
    ChaosTests.plantInputs(world, count)
    try world.drop("run.json", chain)
    var text = "{\"kind\": \"dataset\", \"name\": \"raw\", \"closed\": true\(raw)}\n"
    for number in 0..<count { text += "{\"path\": \"/data/f\(number).raw\", \"size\": 3}\n" }
    try world.drop("raw.jsonl", text)
    return world
  }

  private func isDone(_ world: World) -> Bool { world.summary("run")?["state"]?.string == "done" }

  /// Files of a step that are on the disk.
  private func there(_ world: World, _ step: String) -> Int {
    world.lines("datasets/run.\(step).jsonl").compactMap { $0["path"]?.string }
      .count { world.files.peek($0) != nil }
  }

  /// Paths of a step's files that are gone and that not every reader has succeeded with.
  private func goneTooEarly(_ world: World, _ step: String, readBy reader: String) -> [String] {
    let read = Set(
      world.lines("datasets/run.\(reader).jsonl").flatMap { line in
        (line["parents"]?.array ?? []).compactMap(\.string)
      })
    return world.lines("datasets/run.\(step).jsonl").compactMap { $0["path"]?.string }
      .filter { world.files.peek($0) == nil && !read.contains($0) }
  }

  @Test func stepLetsFilesGoWhenTheyAreRead() throws {
    let world = try world(Self.chain("step"))
    var wasEarly: [String] = []
    var sawPart = false
    #expect(
      world.run(until: {
        wasEarly += goneTooEarly(world, "decode", readBy: "select")
        let left = there(world, "decode")
        if !isDone(world), left > 0, left < world.lineCount("datasets/run.decode.jsonl") {
          sawPart = true
        }
        return isDone(world)
      }))
    world.run(for: 5000)
    #expect(wasEarly == [] && sawPart)
    #expect(there(world, "decode") == 0 && there(world, "select") == 0)
    #expect(there(world, "merge") == 1)
    // What nobody made here stays.
    #expect((0..<8).allSatisfy { world.files.peek("/data/f\($0).raw") != nil })
    #expect(try SpoolCheck.findings(world) == [])
  }

  /// Nobody made them here, but the manifest asked.
  @Test func inputsGoWhereThatIsAsked() throws {
    let world = try world(Self.chain("step"), raw: #", "retention": "step""#)
    #expect(world.run(until: { isDone(world) }))
    world.run(for: 5000)
    #expect((0..<8).allSatisfy { world.files.peek("/data/f\($0).raw") == nil })
    #expect(there(world, "merge") == 1)
  }

  /// A job that failed finds its input when it is tried again.
  @Test func aFailedJobKeepsItsInput() throws {
    let world = try world(Self.chain("step")) { setup in
      setup.script = { payload in
        let isBad = payload.arguments.contains { $0.contains("/f2.") }
        return payload.environment["SPOOL_TASK"] == "run.select" && isBad
          ? .exit(3) : ChainTests.work(payload)
      }
    }
    #expect(world.run(until: { world.summary("run.select")?["state"]?.string == "failed" }))
    world.run(for: 10_000)
    #expect(there(world, "decode") == 1 && world.files.peek("/data/out/f2.dec") != nil)
    // The merge waits for it, and so needs the others.
    #expect(there(world, "select") == 7)
    world.setup.script = ChainTests.work
    try world.order("retry", "run")
    #expect(world.run(until: { isDone(world) }))
    world.run(for: 5000)
    #expect(there(world, "decode") == 0 && there(world, "select") == 0)
    #expect(world.lines("datasets/run.merge.jsonl").first?["parents"]?.array?.count == 8)
  }

  @Test func chainKeepsThemToItsEnd() throws {
    let world = try world(Self.chain("chain"))
    #expect(world.run(until: { isDone(world) }))
    #expect(there(world, "decode") == 8 && there(world, "select") == 8)
    world.run(for: 5000)
    #expect(
      there(world, "decode") == 0 && there(world, "select") == 0 && there(world, "merge") == 1)
  }

  @Test func aTimeKeepsThemForThat() throws {
    let world = try world(Self.chain("1h"))
    #expect(world.run(until: { isDone(world) }))
    world.run(for: 3_000_000)
    world.killWatcher()
    world.run(for: 300_000)
    #expect(there(world, "decode") == 8)
    world.run(for: 400_000)
    #expect(there(world, "decode") == 0 && there(world, "select") == 0)
  }

  /// Who comes too late is told so.
  @Test func aLaterTaskIsTold() throws {
    let world = try world(Self.chain("step"))
    #expect(world.run(until: { isDone(world) }))
    world.run(for: 5000)
    try world.task("late", #""input": "run.decode", "command": ["w", "{input}"]"#)
    #expect(
      world.run(atMost: 10_000, until: { !world.names("failed/@refused").isEmpty }))
    let bytes = world.files.peek("\(World.root)/failed/@refused/late.json.reason") ?? []
    #expect(
      String(decoding: bytes, as: UTF8.self).contains(
        "files of the dataset run.decode are gone, as its retention is step: 8 of 8"))
  }

  /// Whenever the watcher dies, and whatever goes wrong: the same files are there in the end.
  @Test(arguments: 1...20) func chaos(seed: Int) throws {
    let chain = Self.chain("step").replacing(
      #""attempts": 1"#, with: #""attempts": 9, "backoff": "50ms""#)
    let world = try world(chain) { $0.seed = seed }
    ChaosTests.trouble(world, seed, ChaosTests.Rates())
    world.run(atMost: 20_000, until: { world.hasEnded("run") && world.isQuiet })
    world.faults.clear()
    #expect(world.run(atMost: 200_000, until: { isDone(world) }), "seed \(seed)")
    world.run(for: 130_000)
    let text = "seed \(seed): \(world.said.suffix(40))"
    #expect(there(world, "decode") == 0 && there(world, "select") == 0, "\(text)")
    #expect(there(world, "merge") == 1, "\(text)")
    #expect(
      world.lines("datasets/run.merge.jsonl").first?["parents"]?.array?.count == 8, "\(text)")
    #expect(world.files.paths(below: "/data").filter { $0.contains("/.spool.") } == [], "\(text)")
  }

  // MARK: Water marks

  /// Above the high mark what would fill the disk waits, and says why; what frees space goes on.
  @Test func aFullDiskHoldsBackWhatFillsIt() throws {
    let world = try world(Self.chain("step"), files: 200) { setup in
      setup.pilots = 1
      setup.config.highWater = 90
      setup.config.lowWater = 80
    }
    try #require(world.run(until: { world.lineCount("ledger/run.decode.jsonl") >= 2 }))
    world.files.usage = FileSystemUsage(size: 100, free: 5)
    world.run(for: 4000)
    let decoded = world.lineCount("ledger/run.decode.jsonl")
    #expect(decoded < 100)
    world.run(for: 20_000)
    #expect(world.lineCount("ledger/run.decode.jsonl") == decoded)
    #expect(world.lineCount("ledger/run.select.jsonl") == decoded)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("run.decode: the filesystem of /data/out is 95 % full"), "\(status)")
    // Between the marks it stays as it is.
    world.files.usage = FileSystemUsage(size: 100, free: 15)
    world.run(for: 10_000)
    #expect(world.lineCount("ledger/run.decode.jsonl") == decoded)
    world.files.usage = FileSystemUsage(size: 100, free: 25)
    #expect(world.run(until: { isDone(world) }))
    #expect(world.faultsAtTheEnd("run.merge", jobs: 1) == [])
  }
}
