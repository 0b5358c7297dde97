import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Tasks whose inputs are in groups.
struct GroupTests {
  /// The arguments of payloads.
  final class Seen: @unchecked Sendable {
    // Used by one world, which is on one thread.
    var arguments: [[String]] = []
    var isMended = false
  }

  /// A world with a closed dataset of so many groups with so many files each, in no order.
  static func world(
    groups: Int, files: Int, setup: World.Setup = onePilot,
    script: @escaping (Payload) -> FakeOutcome = World.writeOutputs
  ) throws -> World {
    var setup = setup
    setup.script = script
    let world = try World(setup)
    try plant(world, "raw", groups: groups, files: files)
    return world
  }

  static var onePilot: World.Setup {
    var setup = World.Setup()
    setup.pilots = 1
    return setup
  }

  private static func plant(_ world: World, _ name: String, groups: Int, files: Int) throws {
    try world.files.plantDirectories("/data/\(name)")
    var random = SeededRandom(groups)
    var text = "{\"kind\": \"dataset\", \"name\": \"\(name)\", \"closed\": true}\n"
    for path in paths(name, groups: groups, files: files).shuffled(using: &random) {
      text += "{\"path\":\"\(path)\"}\n"
      try world.files.plant([1], at: path)
    }
    try world.drop("\(name).jsonl", text)
  }

  static func paths(_ name: String = "raw", groups: Int, files: Int) -> [String] {
    (0..<groups).flatMap { paths(of: $0, files, in: name) }
  }

  private static func paths(of group: Int, _ files: Int, in name: String = "raw") -> [String] {
    (0..<files).map { "/data/\(name)/run\(100 + group)_\(10_000 + $0).root" }
  }

  static let members = """
    "input": "raw", "groupBy": "run(*)_*.root", "command": ["work", "{group}", "{output}", "{inputs}"],
    "outputs": [{"path": "/data/out/{group}"}], "retry": {"backoff": "100ms"}
    """

  private func lists(_ world: World) -> [String] {
    world.files.paths(below: "\(World.root)/datasets/@groups").filter { !$0.hasSuffix("/") }
  }

  /// The files of one key form one job, whose key is {group}; the jobs come in the order of the keys.
  @Test(arguments: [1, 7]) func aJobForEachGroup(_ seed: Int) throws {
    let seen = Seen()
    var setup = Self.onePilot
    setup.seed = seed
    let world = try Self.world(groups: 40, files: 5, setup: setup) { payload in
      seen.arguments.append([payload.environment["SPOOL_INDEX"] ?? ""] + payload.arguments)
      return World.writeOutputs(payload)
    }
    try world.task("g", Self.members + #", "order": "path""#)
    #expect(world.settle(), "\(world.said)")
    #expect(world.faultsAtTheEnd("g", jobs: 40) == [])
    #expect(seen.arguments.count == 40)
    for arguments in seen.arguments {
      let index = try #require(Int(arguments[0]))
      #expect(arguments[2] == "\(100 + index)")
      #expect(arguments.dropFirst(4).elementsEqual(Self.paths(of: index, 5)))
    }
    #expect(Set(world.catalogue("g")) == Set((0..<40).map { "/data/out/\(100 + $0)" }))
    #expect(lists(world) == [])
  }

  /// As they joined, where the task says nothing of the order.
  @Test func theFilesOfAGroupComeAsTheyJoined() throws {
    let seen = Seen()
    let world = try Self.world(groups: 3, files: 20) { payload in
      seen.arguments.append(payload.arguments)
      return World.writeOutputs(payload)
    }
    try world.task("g", Self.members)
    #expect(world.settle())
    for arguments in seen.arguments {
      let own = world.catalogue("raw").filter { $0.contains("/run\(arguments[1])_") }
      #expect(arguments.dropFirst(3).elementsEqual(own))
    }
  }

  @Test func partsOfLargeGroups() throws {
    let seen = Seen()
    let world = try Self.world(groups: 3, files: 7) { payload in
      seen.arguments.append(payload.arguments)
      return World.writeOutputs(payload)
    }
    try world.task(
      "g", Self.members.replacing("/{group}\"", with: "/{group}.{index}\"") + #", "filesPerJob": 3"#
    )
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("g", jobs: 9) == [])
    #expect(
      seen.arguments.map { "\($0[1]) \($0.count - 3)" }.sorted()
        == (0..<3).flatMap { ["\(100 + $0) 1", "\(100 + $0) 3", "\(100 + $0) 3"] })
    #expect(Set(seen.arguments.flatMap { $0.dropFirst(3) }) == Set(world.catalogue("raw")))
  }

  /// A job over many files names a stretch of the list, which its pilot reads.
  @Test func groupsOfManyFiles() throws {
    let seen = Seen()
    let world = try Self.world(groups: 2, files: 1500) { payload in
      seen.arguments.append(payload.arguments)
      return World.writeOutputs(payload)
    }
    try world.task("g", Self.members)
    #expect(world.run { world.hasEnded("g") })
    let name = try #require(world.names("done/g").sorted().last)
    let job = try JSON.parse(world.files.peek("\(World.root)/done/g/\(name)") ?? [])
    let stretch = try #require(job["inputsFrom"]?.array?.first)
    #expect(stretch["groups"] == "g" && stretch["dataset"] == nil && stretch["files"] == 1500)
    #expect(seen.arguments.count == 2)
    for arguments in seen.arguments {
      #expect(arguments.dropFirst(3).count == 1500)
      #expect(arguments.dropFirst(3).allSatisfy { $0.contains("/run\(arguments[1])_") })
    }
    let parents = world.lines("datasets/g.jsonl").first?["parents"]?.array
    #expect(parents?.count == 100)
    #expect(world.settle() && world.faultsAtTheEnd("g", jobs: 2) == [])
  }

  /// Groups over several datasets; a path that stands in both is given twice.
  @Test func severalDatasets() throws {
    let seen = Seen()
    let world = try Self.world(groups: 2, files: 3) { payload in
      seen.arguments.append(payload.arguments)
      return World.writeOutputs(payload)
    }
    try Self.plant(world, "more", groups: 3, files: 2)
    let twice =
      #"{"kind": "dataset", "name": "twice", "files": ["/data/raw/run100_10000.root"], "closed": true}"#
    try world.drop("twice.json", twice)
    try world.task(
      "g",
      Self.members.replacing("\"raw\"", with: #"["raw", "more", "twice"]"#) + #", "order": "path""#)
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("g", jobs: 3) == [])
    let first = try #require(seen.arguments.first { $0[1] == "100" })
    #expect(
      Array(first.dropFirst(3)) == Self.paths(of: 0, 2, in: "more") + [
        "/data/raw/run100_10000.root"
      ]
        + Self.paths(of: 0, 3))
  }

  /// A list of files needs no dataset.
  @Test func aListOfFiles() throws {
    let seen = Seen()
    let world = try Self.world(groups: 3, files: 2) { payload in
      seen.arguments.append(payload.arguments)
      return World.writeOutputs(payload)
    }
    let paths = Self.paths(groups: 3, files: 2)
    let list = [3, 0, 5, 1, 4, 2].map { "\"\(paths[$0])\"" }.joined(separator: ", ")
    try world.task("g", Self.members.replacing("\"raw\"", with: "{\"files\": [\(list)]}"))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("g", jobs: 3) == [])
    #expect(world.summary("g")?["jobs"]?["total"] == 3)
    #expect(seen.arguments.allSatisfy { $0.count == 5 && $0[4].contains("/run\($0[1])_") })
  }

  @Test func aFileThatFitsNoGroup() throws {
    let world = try Self.world(groups: 3, files: 2)
    try world.task("g", Self.members.replacing("run(*)_*.root", with: "run(*)_10000.root"))
    #expect(world.run { world.hasEnded("g") })
    #expect(world.summary("g")?["state"] == "failed")
    let reason = world.summary("g")?["reason"]?.string ?? ""
    #expect(
      reason.hasPrefix("the file /data/raw/run10") && reason.contains("_10001.root does not fit"))
    #expect(world.summary("g")?["jobs"]?["total"] == 0 && lists(world) == [])
    #expect(world.settle())
  }

  @Test func anEmptyDataset() throws {
    let world = try Self.world(groups: 0, files: 0)
    try world.task("g", Self.members)
    #expect(world.run { world.hasEnded("g") })
    #expect(world.summary("g")?["state"] == "done" && world.summary("g")?["jobs"]?["total"] == 0)
  }

  /// No job before the dataset is closed; of one that lacks files none without a person's word.
  @Test func anIncompleteDataset() throws {
    let world = try Self.world(groups: 0, files: 0) { payload in
      payload.environment["SPOOL_JOB"] == "a.00000003" ? .exit(3) : World.writeOutputs(payload)
    }
    try world.task(
      "a",
      #""input": {"count": 8}, "command": ["w", "{output}"], "retry": {"attempts": 1}, "outputs": [{"path": "/data/out/a{index}"}]"#
    )
    try world.task(
      "g", #""input": "a", "groupBy": "(a?)", "command": ["w", "{inputs}"], "maxFailedJobs": 0"#)
    #expect(world.run { world.page(ofTask: "g")?["state"] == "waiting" })
    #expect(world.attempts("g") == [])
    try world.order("release", "g")
    #expect(world.run { world.hasEnded("g") })
    #expect(world.summary("g")?["state"] == "done" && world.attempts("g").count == 7)
  }

  /// A list that is lost while jobs need it is made again, the same byte for byte; also after a retry
  /// of a task that has ended.
  @Test(arguments: ["", "damaged", "gone", "restart"]) func aListThatIsLost(_ trouble: String)
    throws
  {
    let seen = Seen()
    var setup = Self.onePilot
    setup.slots = 1
    let world = try Self.world(groups: 6, files: 3, setup: setup) { payload in
      seen.isMended ? World.writeOutputs(payload) : .exit(3)
    }
    try world.task("g", Self.members.replacing("100ms", with: "3s"))
    #expect(world.run { world.attempts("g").count >= 3 })
    let path = "\(World.root)/datasets/@groups/g.jsonl"
    let list = try #require(world.files.peek(path))
    switch trouble {
    case "damaged":
      for byte in 0..<list.count / 50 { try world.files.flip(path, bit: 400 * byte + 3) }
    case "gone": try world.files.remove(path)
    case "restart":
      try world.files.remove(path)
      world.killWatcher()
    default: break
    }
    #expect(
      world.run {
        world.hasEnded("g") || seen.isMended && world.files.peek(path) == list
          || world.attempts("g").count > 12
      })
    seen.isMended = true
    #expect(world.run { world.hasEnded("g") })
    #expect(lists(world) == [])
    if world.summary("g")?["state"] == "failed" { try world.order("retry", "g") }
    #expect(world.settle(), "\(world.said)")
    #expect(world.faultsAtTheEnd("g", jobs: 6) == [])
    #expect(Set(world.catalogue("g")) == Set((0..<6).map { "/data/out/\(100 + $0)" }))
  }

  /// Files go when all groups have succeeded, and none before.
  @Test func retentionStep() throws {
    let world = try Self.world(groups: 0, files: 0)
    try world.task(
      "a",
      #""input": {"count": 9}, "command": ["w", "{output}"], "retention": "step", "outputs": [{"path": "/data/out/run{index}_x"}]"#
    )
    try world.task(
      "g",
      #""input": "a", "groupBy": "run(*)_x", "command": ["w", "{inputs}"], "retry": {"attempts": 1}"#
    )
    #expect(world.run { world.lineCount("ledger/g.jsonl") >= 3 })
    #expect((0..<9).allSatisfy { world.files.peek("/data/out/run\($0)_x") != nil })
    #expect(world.run { world.hasEnded("g") })
    #expect(world.settle())
    #expect((0..<9).allSatisfy { world.files.peek("/data/out/run\($0)_x") == nil })
  }

  /// Whatever goes wrong, and at whichever call of the watcher, each group is one job, once.
  @Test(arguments: [.death, .deathTorn, .noSpace] as [EveryCallTests.Trouble])
  func everyCall(
    _ trouble: EveryCallTests.Trouble
  ) throws {
    try EveryCallTests.sweep(trouble) { call in
      var setup = Self.onePilot
      setup.seed = call
      let world = try Self.world(groups: 3, files: 2, setup: setup, script: EveryCallTests.failOnce)
      try #require(world.run { world.state(ofDataset: "raw") == "closed" && world.isQuiet })
      let nth = NthCall(call)
      trouble.apply(to: world, .watcher, nth)
      try world.task("g", Self.members)
      let isSettled = world.run(until: { world.hasEnded("g") && world.isQuiet })
      let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
      world.faults.clear()
      #expect(
        isSettled && world.settle(), "\(trouble) at call \(call): \(world.said) \(world.errors)")
      let wrong = world.faultsAtTheEnd("g", jobs: 3)
      #expect(wrong == [], "\(trouble) at call \(call): \(world.said) \(world.errors)")
      // A removal that was refused is tried again after ten seconds.
      #expect(
        world.run(atMost: 12_000, until: { lists(world) == [] }), "\(trouble) at call \(call)")
      return hasHappened
    }
  }
}
