import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Jobs over many files: they name a stretch of the catalogue, and their pilot reads it.
struct ManyInputsTests {
  /// A world with a closed dataset of so many files, which joined in no order of their names.
  private static func world(
    files count: Int, size: Int? = nil, script: ((Payload) -> FakeOutcome)? = nil
  ) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    if let script { setup.script = script }
    let world = try World(setup)
    try world.files.plantDirectories("/data/in")
    var random = SeededRandom(count)
    var text = #"{"kind": "dataset", "name": "raw", "closed": true}"# + "\n"
    for number in (0..<count).shuffled(using: &random) {
      let size = size.map { ",\"size\":\($0)" } ?? ""
      text += "{\"path\":\"/data/in/\(100_000 + number)\"\(size)}\n"
      try world.files.plant([1], at: "/data/in/\(100_000 + number)")
    }
    try world.drop("raw.jsonl", text)
    return world
  }

  private static func paths(_ count: Int) -> [String] {
    (0..<count).map { "/data/in/\(100_000 + $0)" }
  }

  /// What a payload's list holds while it runs.
  private final class Seen: @unchecked Sendable {
    // Used by one world, which is on one thread.
    var arguments: [[String]] = []
    var lists: [String] = []
  }

  private static let merge =
    #""input": "raw", "filesPerJob": "all", "outputs": [{"path": "all.txt"}], "command": "#

  @Test(arguments: [900, 2500]) func aMergeGetsItsInputsInOrder(_ count: Int) throws {
    let seen = Seen()
    let world = try Self.world(files: count) { payload in
      seen.arguments.append(payload.arguments)
      return World.writeOutputs(payload)
    }
    try world.task(
      "m", Self.merge + #"["work", "{output}", "{inputs}", "end", "{inputList}"], "order": "path""#)
    #expect(world.run { world.hasEnded("m") })
    #expect(world.attempts("m") == ["00 a1 ok"])
    let arguments = try #require(seen.arguments.first)
    #expect(arguments.dropFirst(2).prefix(count).elementsEqual(Self.paths(count)))
    #expect(arguments.dropFirst(count + 2).first == "end")
    #expect(arguments.last?.hasPrefix("/scratch/") == true)
    let parents = try #require(world.lines("datasets/m.jsonl").first?["parents"]?.array)
    #expect(parents.count == 100)
    #expect(world.faultsAtTheEnd("m", jobs: 1) == [])
  }

  /// The job's own file stays small, and says where the inputs are.
  @Test func theJobNamesAStretch() throws {
    let world = try Self.world(files: 1500)
    try world.task("m", Self.merge + #"["work", "{output}", "{inputList}"]"#)
    #expect(world.run { world.hasEnded("m") })
    let name = try #require(world.names("done/m").first)
    let job = try JSON.parse(world.files.peek("\(World.root)/done/m/\(name)") ?? [])
    #expect(job["inputs"] == nil && job["order"] == "index")
    let stretch = try #require(job["inputsFrom"]?.array?.first)
    #expect(stretch["dataset"] == "raw" && stretch["files"] == 1500 && stretch["from"] == 0)
    #expect(stretch["to"]?.integer == world.files.peek("\(World.root)/datasets/raw.jsonl")?.count)
  }

  /// The files of jobs come by the jobs' indices, whichever ended first.
  @Test(arguments: ["", #", "order": "index""#]) func theOrderOfJobs(_ order: String) throws {
    let seen = Seen()
    var setup = World.Setup()
    setup.pilots = 2
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      seen.arguments.append(payload.arguments)
      if let index = payload.environment["SPOOL_INDEX"].flatMap({ Int($0) }) {
        outcome.duration = 3000 - 100 * index
      }
      return outcome
    }
    let world = try World(setup)
    try world.task(
      "a",
      #""input": {"count": 20}, "command": ["work", "{output}"], "outputs": [{"path": "a/{index}"}]"#
    )
    try world.task(
      "m", #""input": "a", "filesPerJob": "all", "command": ["merge", "{inputs}"]"# + order)
    #expect(world.run { world.hasEnded("m") })
    let merge = seen.arguments.first { $0.first == "merge" }
    #expect(merge?.dropFirst().elementsEqual((0..<20).map { "/data/a/\($0)" }) == true)
    let joined = world.catalogue("a")
    #expect(joined != (0..<20).map { "/data/a/\($0)" }, "they must have joined in another order")
  }

  /// Over several steps files come as those did from which the first step made them.
  @Test(arguments: 1...4) func theOrderOverSeveralSteps(_ seed: Int) throws {
    let seen = Seen()
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 2
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      seen.arguments.append(payload.arguments)
      let index = payload.environment["SPOOL_INDEX"].flatMap { Int($0) } ?? 0
      outcome.duration = 100 + (index * 7919 * seed) % 1009
      return outcome
    }
    let world = try World(setup)
    let steps = [
      (
        "a",
        #""input": {"count": 20}, "command": ["work", "{output}"], "outputs": [{"path": "a/{index}"}]"#
      ),
      ("b", #""input": "a", "command": ["work", "{output}"], "outputs": [{"path": "b/{stem}"}]"#),
      ("c", #""input": "b", "command": ["work", "{output}"], "outputs": [{"path": "c/{stem}"}]"#),
      ("m", #""input": "c", "filesPerJob": "all", "command": ["merge", "{inputs}"]"#),
    ]
    for (name, text) in steps { try world.task(name, text) }
    #expect(world.run { world.hasEnded("m") })
    let merge = seen.arguments.first { $0.first == "merge" }
    #expect(merge?.dropFirst().elementsEqual((0..<20).map { "/data/c/\($0)" }) == true)
    #expect(world.catalogue("b") != (0..<20).map { "/data/b/\($0)" })
  }

  /// Groups of more files than a job's file lists.
  @Test func largeGroups() throws {
    let world = try Self.world(files: 5000)
    try world.task(
      "g",
      #""input": "raw", "filesPerJob": 2000, "command": ["work", "{output}", "{inputs}"], "outputs": [{"path": "g/{index}"}]"#
    )
    #expect(world.run { world.hasEnded("g") })
    let counts = world.runner(1)?.started.map { $0.arguments.count - 2 }
    #expect(counts?.sorted() == [1000, 2000, 2000])
    let all = world.runner(1)?.started.flatMap { $0.arguments.dropFirst(2) } ?? []
    #expect(all.count == 5000 && Set(all) == Set(world.catalogue("raw")))
  }

  @Test func anInputThatIsNotAsAnnounced() throws {
    let world = try Self.world(files: 1200, size: 1)
    try world.files.plant([1, 2], at: "/data/in/100777")
    try world.task("m", Self.merge + #"["work", "{output}", "{inputList}"]"#)
    #expect(world.run(atMost: 60_000) { world.attempts("m").contains("00 a1 input") })
    let reason = world.lines("ledger/m.jsonl").first?["reason"]?.string
    #expect(reason == "the input /data/in/100777 has 2 bytes, not 1")
  }

  /// A catalogue that cannot be read for a while costs no attempt.
  @Test func aCatalogueThatCannotBeRead() throws {
    let world = try Self.world(files: 1200)
    world.faults.before { [time = world.time] party, call, _ in
      party == .pilot(1) && call.path.hasSuffix("raw.jsonl") && time.now < 8000 ? .fails(EIO) : nil
    }
    try world.task("m", Self.merge + #"["work", "{output}", "{inputList}"]"#)
    #expect(world.run { world.hasEnded("m") })
    #expect(world.attempts("m") == ["00 a1 ok"])
    #expect(world.time.now > 8000)
  }

  /// Paths that do not fit an argument list are told when the task is dropped, naming the way out.
  @Test func tooManyArguments() throws {
    let world = try Self.world(files: 0)
    let long = String(repeating: "x", count: 200)
    var text = #"{"kind": "dataset", "name": "long", "closed": true}"# + "\n"
    for number in 0..<10_000 { text += "{\"path\":\"/data/\(long)/\(number)\"}\n" }
    try world.drop("long.jsonl", text)
    #expect(world.run { world.state(ofDataset: "long") == "closed" })
    let more = #""input": "long", "filesPerJob": "all", "command": ["work", "{inputs}"]"#
    let name = try world.task("m", more)
    #expect(world.run { world.refusal(name) != nil })
    #expect(
      world.refusal(name)
        == "key \"command\": the paths of a job's inputs do not fit an argument list: use "
        + "{inputList}, a file that lists them, in place of {inputs}\n")
  }
}
