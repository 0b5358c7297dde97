import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Outputs that the pilot takes from the scratch, and directories, through all of a spool.
struct NamedOutputTests {
  /// One job of each kind of output; the second directory replaces one that is there.
  static let members = """
    "command": ["work", "{output}"], "retry": {"backoff": "100ms"}, "outputs": [
      {"path": "/data/out/{index}.filled", "kind": "directory"},
      {"path": "/data/out/{index}.copied", "from": "tree", "kind": "directory", "overwrite": true},
      {"path": "/data/out/{index}.root", "from": "result.root"},
      {"path": "/data/out/{index}.{name}", "from": "p/*.png"},
      {"path": "/data/out/{index}.none", "from": "none", "optional": true},
      {"path": "/data/out/{index}.empty", "from": "empty", "kind": "directory", "optional": true}]
    """

  static let jobs = 1

  /// What the directories of a job hold.
  static let tree = ["a", "d/b", "d/e/c"]

  /// A payload that leaves all of it.
  static func work(_ payload: Payload) -> FakeOutcome {
    var outcome = FakeOutcome()
    let contents = World.contents(payload.environment["SPOOL_JOB"] ?? "?")
    let scratch = payload.environment["SPOOL_SCRATCH"] ?? "?"
    for part in payload.arguments where part.contains("/.spool.") {
      outcome.files += tree.map { ("\(part)/\($0)", contents) }
    }
    outcome.files += (tree.map { "tree/\($0)" } + ["result.root", "p/x.png", "p/y.png", "p/z"]).map
    {
      ("\(scratch)/\($0)", contents)
    }
    return outcome
  }

  static func world(_ seed: Int = 1) throws -> World {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 1
    setup.script = work
    return try World(setup)
  }

  /// Puts directories where those that replace are to go.
  static func plantOld(_ world: World) throws {
    for job in 0..<jobs {
      try world.files.plantDirectories("/data/out/\(job).copied/old")
      try world.files.plant([7], at: "/data/out/\(job).copied/old/f")
    }
  }

  private static func below(_ files: MemoryFileSystem, _ path: String) -> [String] {
    files.paths(below: path).filter { !$0.hasSuffix("/") }
      .map { String($0.dropFirst(path.utf8.count + 1)) }
  }

  /// What is wrong with what stands at final paths at any time: half of a directory.
  static func halves(_ files: MemoryFileSystem) -> [String] {
    var wrong: [String] = []
    for job in 0..<jobs {
      for name in ["filled", "copied"] {
        let path = "/data/out/\(job).\(name)"
        guard files.attributesBehind(path) != nil else { continue }
        let found = below(files, path)
        if found != tree, name == "filled" || found != ["old/f"] {
          wrong.append("\(path): \(found)")
        }
      }
    }
    return wrong
  }

  /// What is wrong at the end.
  static func faultsAtTheEnd(_ world: World, _ task: String = "t") -> [String] {
    // Directories have contents of their own.
    var wrong = world.faultsAtTheEnd(task, jobs: jobs, outputs: 0)
    let lines = world.lines("datasets/\(task).jsonl")
    if lines.count != jobs * 5 { wrong.append("\(lines.count) lines in the catalogue") }
    for line in lines {
      let path = line["path"]?.string ?? "?"
      let contents = World.contents(line["origin"]?["job"]?.string ?? "?")
      if let files = line["files"]?.integer {
        var manifest = TreeManifest()
        for file in tree {
          let bytes = world.files.peek("\(path)/\(file)")
          if bytes != contents { wrong.append("\(path)/\(file) holds something else") }
          manifest.add(
            file: file, size: contents.count, adler32: MemoryDigester.adler32(bytes ?? []))
        }
        if line["adler32"]?.string != manifest.adler32 { wrong.append("\(path): the checksum") }
        if line["size"]?.integer != manifest.size || files != 3 { wrong.append("\(path): counts") }
      } else if world.files.peek(path) != contents {
        wrong.append("\(path) holds something else")
      }
    }
    let left = world.files.paths(below: "/data/out").filter { $0.contains("/old") }
    return wrong + halves(world.files) + left
  }

  @Test(arguments: 1...4) func aWholeLife(seed: Int) throws {
    let world = try Self.world(seed)
    try Self.plantOld(world)
    try world.task("t", "\"input\": {\"count\": \(Self.jobs)}, \(Self.members)")
    #expect(world.settle(), "\(world.said)")
    #expect(Self.faultsAtTheEnd(world) == [], "\(world.said)")
    #expect(world.errors.isEmpty && world.attempts("t") == ["00 a1 ok"])
    let names = Set(
      world.files.paths(below: "/data/out").filter { !$0.dropLast().dropFirst(10).contains("/") })
    #expect(
      names
        == Set(
          (0..<Self.jobs).flatMap { job in
            ["filled/", "copied/", "root", "x.png", "y.png"].map { "/data/out/\(job).\($0)" }
          }))
    #expect(world.summary("t")?["outputs"]?["files"]?.integer == 5)
  }

  /// What a pattern took has the report once.
  @Test func theReportOnce() throws {
    let world = try Self.world()
    world.setup.script = { payload in
      var outcome = Self.work(payload)
      outcome.report = Array(#"{"events": 3}"#.utf8)
      return outcome
    }
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w"],
      "outputs": [{"path": "/data/out/{index}.{name}", "from": "p/*"}]
      """)
    #expect(world.settle())
    let lines = world.lines("datasets/t.jsonl")
    #expect(
      lines.compactMap { $0["path"]?.string }
        == ["/data/out/0.x.png", "/data/out/0.y.png", "/data/out/0.z"])
    #expect(lines.map { $0["report"] != nil } == [true, false, false])
  }

  // MARK: What is not as it should be

  private func reason(
    _ output: String, _ words: String, _ script: @escaping (Payload) -> FakeOutcome = work
  ) throws {
    let world = try Self.world()
    world.setup.script = script
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w"], "retry": {"attempts": 1}, "outputs": [\(output)]
      """)
    #expect(world.settle(), "\(world.said)")
    #expect(world.attempts("t") == ["00 a1 output"], "\(output): \(world.said)")
    let reason = world.lines("ledger/t.jsonl").first?["reason"]?.string ?? ""
    #expect(reason.contains(words), "\(reason)")
    #expect(world.files.paths(below: "/data/out") == [])
  }

  @Test func whatWasNotLeft() throws {
    try reason(
      #"{"path": "/data/out/{index}", "from": "result.txt"}"#,
      "left no file result.txt in its scratch directory")
    try reason(
      #"{"path": "/data/out/{index}", "from": "trees", "kind": "directory"}"#,
      "left no directory, or an empty one, trees")
    try reason(
      #"{"path": "/data/out/{index}", "from": "result.root", "kind": "directory"}"#,
      "the output result.root is no directory")
    try reason(
      #"{"path": "/data/out/{index}.{name}", "from": "p/*.jpg"}"#, "takes 0 files, and 1 are")
    try reason(
      #"{"path": "/data/out/{index}.{name}", "from": "p/*.png", "max": 1}"#,
      "takes 2 files, and 1 are the most")
    try reason(#"{"path": "/data/out/{index}", "kind": "directory"}"#, "did not write /data/out/0")
    try reason(
      #"{"path": "/data/out/{index}.x.png", "from": "result.root"}, "#
        + #"{"path": "/data/out/{index}.{name}", "from": "p/x.*"}"#,
      "two outputs are /data/out/0.x.png")
  }

  @Test func tooManyFiles() throws {
    try reason(
      #"{"path": "/data/out/{index}.a.{name}", "from": "p/*"}, "#
        + #"{"path": "/data/out/{index}.b.{name}", "from": "q/*"}"#,
      "hand over a directory"
    ) { payload in
      var outcome = FakeOutcome()
      let scratch = payload.environment["SPOOL_SCRATCH"] ?? "?"
      for number in 0..<501 {
        for name in ["p", "q"] { outcome.files.append(("\(scratch)/\(name)/\(number)", [1])) }
      }
      return outcome
    }
  }

  /// What stands at the path of a directory is replaced only by one that says so, and only if it is one.
  @Test(arguments: [(FileKind.directory, false), (.file, false), (.file, true), (.link, true)])
  func whatIsThereAlready(_ kind: FileKind, _ overwrites: Bool) throws {
    let world = try Self.world()
    try world.files.plant(kind, at: "/data/out/0")
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w", "{output}"],
      "outputs": [{"path": "/data/out/{index}", "kind": "directory", "overwrite": \(overwrites)}]
      """)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 exists"])
    #expect(world.files.attributesBehind("/data/out/0")?.kind == kind)
    #expect(world.files.paths(below: "/data/out").count == 1)
  }

  /// All outputs get their names or none: a directory that was replaced has its name again.
  @Test func aReplacedDirectoryComesBack() throws {
    let world = try Self.world()
    try Self.plantOld(world)
    world.faults.watch { [files = world.files] party, call in
      // Another's file comes after the directory has its name.
      guard party == .watcher, call.destination == "/data/out/0.root" else { return }
      try? files.plant([1], at: "/data/out/0.root")
    }
    try world.task("t", "\"input\": {\"count\": 1}, \(Self.members)")
    #expect(world.settle(), "\(world.said)")
    #expect(world.attempts("t") == ["00 a1 exists"])
    #expect(Self.below(world.files, "/data/out/0.copied") == ["old/f"])
    #expect(world.files.paths(below: "/data/out").filter { $0.contains("/.spool") } == [])
  }

  /// A result that names what is not the job's.
  @Test(arguments: [
    "/data/out/0.a/b", "/data/other/0.x", "/data/out/1.x", "/data/out/0.",
    "/data/out/0.../../x",
  ])
  func aResultThatLies(_ path: String) throws {
    let world = try Self.world()
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w"], "retry": {"attempts": 1},
      "outputs": [{"path": "/data/out/{index}.{name}", "from": "p/x*"}]
      """)
    world.faults.watch { [files = world.files] party, call in
      guard party != .watcher, call.operation == .rename,
        call.destination?.contains("/done/") == true,
        let bytes = files.peek(call.path), let file = try? JobFile(bytes),
        var result = file.result
      else { return }
      let base = String(FilePath.base(path))
      result.outputs[0].path = path
      result.outputs[0].part = ".spool.a1@\(result.pilot).0.{name}/\(base)"
      let job = Array(bytes.prefix { $0 != 10 }) + Array("}\n".utf8)
      guard let addition = JobFile.addition(of: result, to: job) else { return }
      try? files.plant(Array(job.prefix(addition.offset)) + addition.bytes, at: call.path)
    }
    #expect(world.run(until: { !world.attempts("t").isEmpty }))
    #expect(world.attempts("t").first == "00 a1 torn", "\(world.said)")
  }

  // MARK: The next step, and the end

  private static func chain(_ more: String = "") -> String {
    """
    {"kind": "chain", "name": "c", "input": "raw", "steps": [
      {"name": "one", "command": ["work", "{output}"], "retention": "step",
       "outputs": [{"path": "/data/out/{stem}", "kind": "directory"}]},
      {"name": "two", "command": ["read", "{input}"], "retry": {"attempts": 1}\(more)}]}
    """
  }

  private func chain(
    _ more: String = "", _ spoil: @escaping @Sendable (MemoryFileSystem) -> Void = { _ in }
  )
    throws -> World
  {
    let world = try Self.world()
    world.setup.script = { payload in
      payload.arguments.first == "work" ? Self.work(payload) : FakeOutcome()
    }
    world.faults.watch { [files = world.files] party, call in
      // Before its input is looked at.
      if party == .pilot(1), call.operation == .attributes, call.path == "/data/out/f" {
        spoil(files)
      }
    }
    try world.files.plant([1], at: "/data/f.raw")
    try world.drop("c.json", Self.chain(more))
    try world.drop(
      "raw.json", #"{"kind": "dataset", "name": "raw", "files": ["/data/f.raw"], "closed": true}"#)
    #expect(world.run(until: { !world.attempts("c.two").isEmpty }), "\(world.said)")
    return world
  }

  /// A directory is an input, and goes as a whole when its retention is over.
  @Test(arguments: ["", #", "verify": "checksum""#]) func aDirectoryAsInput(more: String) throws {
    let world = try chain(more)
    #expect(world.attempts("c.two") == ["00 a1 ok"])
    #expect(world.run(atMost: 10_000, until: { world.files.paths(below: "/data/out").isEmpty }))
    let isTold = { world.page(ofDataset: "c.one")?["removed"]?["files"]?.integer == 1 }
    #expect(world.run(atMost: 5000, until: isTold))
  }

  @Test(arguments: [false, true]) func anInputThatChanged(isLarger: Bool) throws {
    let world = try chain(isLarger ? "" : #", "verify": "checksum""#) { files in
      let path = "/data/out/f/d/b"
      guard let bytes = files.peek(path) else { return }
      let size = bytes.count + (isLarger ? 1 : 0)
      try? files.plant([UInt8](repeating: 0, count: size), at: path)
    }
    #expect(world.attempts("c.two").first == "00 a1 input")
    let reason = world.lines("ledger/c.two.jsonl").first?["reason"]?.string ?? ""
    #expect(reason.contains(isLarger ? "has 3 files, " : "has the checksum"), "\(reason)")
  }

  /// A large directory loses its name at once, and is removed over several turns.
  @Test func aLargeDirectoryGoes() throws {
    let world = try Self.world()
    world.setup.script = { payload in
      var outcome = FakeOutcome()
      let part = payload.arguments.last ?? "?"
      for number in 0..<2500 { outcome.files.append(("\(part)/\(number)", [1])) }
      return outcome
    }
    try world.task(
      "t",
      """
      "input": {"count": 1}, "command": ["w", "{output}"],
      "outputs": [{"path": "/data/out/{index}", "kind": "directory"}]
      """)
    #expect(world.settle())
    #expect(world.lines("datasets/t.jsonl").first?["files"]?.integer == 2500)
    let halves = Log<Int>()
    world.faults.watch { [files = world.files] _, _ in
      let count = files.entryCount(of: "/data/out/0")
      if count != 2500, files.attributesBehind("/data/out/0") != nil { halves.add(count) }
    }
    try world.delete("t")
    #expect(world.run(atMost: 10_000, until: { world.state(ofDataset: "t") == "deleted" }))
    #expect(world.files.paths(below: "/data/out") == [])
    #expect(halves.all.isEmpty)
  }
}

/// The same with something going wrong at the N-th call of a party, for every N: never half a directory
/// under a final name, nothing lost, and no part left at the end.
struct NamedOutputEveryCallTests {
  typealias Trouble = EveryCallTests.Trouble

  @Test(arguments: Trouble.allCases) func watcher(_ trouble: Trouble) throws {
    try sweep(.watcher, trouble)
  }

  @Test(arguments: [Trouble.death, .inputOutput, .lostReply]) func watcherWithoutExclusiveRename(
    _ trouble: Trouble
  ) throws {
    try sweep(.watcher, trouble, lacking: [.exclusiveRename])
  }

  @Test(arguments: Trouble.allCases) func pilot(_ trouble: Trouble) throws {
    try sweep(.pilot(1), trouble)
  }

  private func sweep(
    _ party: Party, _ trouble: Trouble, lacking: Set<MemoryFileSystem.Feature> = []
  ) throws {
    try EveryCallTests.sweep(trouble, fewest: 2) { try live(party, trouble, at: $0, lacking) }
  }

  private func live(
    _ party: Party, _ trouble: Trouble, at call: Int, _ lacking: Set<MemoryFileSystem.Feature>
  ) throws -> Bool {
    let world = try NamedOutputTests.world(call)
    world.files.remove(lacking)
    try NamedOutputTests.plantOld(world)
    let nth = NthCall(call)
    trouble.apply(to: world, party, nth)
    let halves = Log<String>()
    world.faults.watch { [files = world.files] _, call in
      guard
        [.rename, .renameExclusively, .remove, .removeDirectory, .create].contains(call.operation)
      else { return }
      for half in NamedOutputTests.halves(files) { halves.add(half) }
    }
    try world.task(
      "t", "\"input\": {\"count\": \(NamedOutputTests.jobs)}, \(NamedOutputTests.members)")
    let isSettled = world.run(until: { world.hasEnded("t") && world.isQuiet })
    let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
    world.faults.clear()
    let isCertain = isSettled && world.settle()
    let text: Comment = "\(trouble) at call \(call) of \(party): \(world.said) \(world.errors)"
    #expect(isCertain, text)
    #expect(NamedOutputTests.faultsAtTheEnd(world) == [], text)
    #expect(halves.all == [], text)
    return hasHappened
  }

  /// Deletion: a directory goes as a whole, whenever the watcher dies.
  @Test(arguments: Trouble.allCases) func deletion(_ trouble: Trouble) throws {
    var call = 1
    while true {
      let world = try NamedOutputTests.world(1)
      try world.task(
        "t", "\"input\": {\"count\": \(NamedOutputTests.jobs)}, \(NamedOutputTests.members)")
      try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
      let nth = NthCall(call)
      trouble.apply(to: world, .watcher, nth)
      let halves = Log<String>()
      world.faults.watch { [files = world.files] _, call in
        guard [.remove, .removeDirectory].contains(call.operation) else { return }
        for half in NamedOutputTests.halves(files) { halves.add(half) }
      }
      try world.delete("t")
      let isDeleted = { world.state(ofDataset: "t") == "deleted" }
      world.run(atMost: 20_000, until: isDeleted)
      let hasCome = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
      world.faults.clear()
      let text: Comment =
        "\(trouble) at call \(call): \(world.said.suffix(9)) \(world.errors.suffix(5))"
      #expect(world.run(atMost: 100_000, until: isDeleted), text)
      #expect(world.files.paths(below: "/data/out") == [], text)
      #expect(halves.all == [], text)
      guard hasCome else { break }
      call += 1
      try #require(call < 1000)
    }
    #expect(call > 2, "\(trouble) came \(call) times")
  }
}
