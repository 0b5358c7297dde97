import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Jobs that are done are tried again: the outputs of the new attempts replace the old ones.
struct EvenDoneTests {
  let world: World
  static let jobs = 4

  init() throws { world = try World(Self.setup()) }

  static func setup() -> World.Setup {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = work
    return setup
  }

  static let members = """
    "input": {"count": 4}, "command": ["v1", "{output:a}", "{output:b}"], "retry": {"attempts": 1},
    "outputs": [{"path": "out/{task}.{index}", "name": "a"},
      {"path": "out/{task}.{index}.b", "name": "b", "dataset": "more", "optional": true}]
    """
  static let copies = """
    "input": "t", "command": ["w", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{task}.{name}"}], "retry": {"attempts": 1}
    """
  static let merge = """
    "input": "t", "filesPerJob": "all", "command": ["w", "{inputs}", "{output}"],
    "outputs": [{"path": "/data/out/{task}"}], "retry": {"attempts": 1}
    """

  /// A payload whose program is the first word: `v2` writes more than `v1` and reports more, `bad` fails,
  /// `few` writes the first output alone.
  @Sendable static func work(_ payload: Payload) -> FakeOutcome {
    var outcome = World.writeOutputs(payload)
    let program = payload.arguments.first
    guard let program, ["v1", "v2", "few", "bad"].contains(program) else { return outcome }
    if program == "bad" { return .exit(3) }
    outcome.files = outcome.files.map {
      ($0.0, contents(program, payload.environment["SPOOL_JOB"] ?? "?"))
    }
    if program == "few" { outcome.files = Array(outcome.files.prefix(1)) }
    outcome.report = Array((program == "v1" ? #"{"events": 3}"# : #"{"events": 5}"#).utf8)
    return outcome
  }

  static func contents(_ program: String, _ job: String) -> [UInt8] {
    Array(((program == "v1" ? "" : "better, ") + "made by \(job)\n").utf8)
  }

  private func ran(_ task: String) throws {
    try #require(
      world.run(until: { world.hasEnded(task) && world.isQuiet }), "\(world.said.suffix(9))")
  }

  @discardableResult private func again(_ more: String = "", _ program: String = "v2") throws
    -> String
  {
    let order = try world.order("retry", "t", Self.order(more, program))
    #expect(
      world.run(atMost: 5000, until: { world.summary("t") == nil }), "\(world.refusal(order) ?? "")"
    )
    try ran("t")
    return order
  }

  static func order(_ more: String, _ program: String) -> String {
    "\"evenDone\": true, \"command\": [\"\(program)\", \"{output:a}\", \"{output:b}\"]\(more)"
  }

  private func refusal(of name: String) -> String? {
    world.run(atMost: 10_000, until: { world.refusal(name) != nil })
    return world.refusal(name)
  }

  /// What is wrong with the files of the task, its catalogues and its sums; `programs` are those that
  /// made the files of each job last.
  static func faults(_ world: World, _ programs: [String], events: Int) throws -> [String] {
    var wrong: [String] = []
    var bytes = 0
    var files = 0
    for (index, program) in programs.enumerated() {
      let job = "t.0000000\(index)"
      for path in ["/data/out/t.\(index)", "/data/out/t.\(index).b"] {
        let expected = program == "few" && path.hasSuffix("b") ? nil : contents(program, job)
        if world.files.peek(path) != expected { wrong.append("\(path) holds something else") }
        bytes += expected?.count ?? 0
        files += expected == nil ? 0 : 1
      }
    }
    let outputs = world.summary("t")?["outputs"]
    if outputs?["files"]?.integer != files || outputs?["bytes"]?.integer != bytes {
      wrong.append("the sums are \(outputs.map { "\($0.compact)" } ?? "?"), not \(files), \(bytes)")
    }
    if world.summary("t")?["report"]?["events"]?.integer != events { wrong.append("events") }
    let pages = ["t", "more"].compactMap { world.page(ofDataset: $0) }
    if pages.reduce(0, { $0 + ($1["files"]?.integer ?? 0) }) != files {
      wrong.append("files of pages")
    }
    if pages.reduce(0, { $0 + ($1["bytes"]?.integer ?? 0) }) != bytes {
      wrong.append("bytes of pages")
    }
    for path in world.files.paths(below: "/data") where path.contains("/.spool.") {
      wrong.append("\(path) is left")
    }
    wrong += try SpoolCheck(world.spool).run().findings.map { "\($0.place): \($0.message)" }
    return wrong
  }

  private func faults(_ programs: [String], events: Int) throws -> [String] {
    #expect(world.settle())
    return try Self.faults(world, programs, events: events)
  }

  // MARK: What is replaced

  @Test func allJobs() throws {
    try world.task("t", Self.members)
    try ran("t")
    let before = world.catalogue("t")
    try again()
    #expect(world.catalogue("t") == before)
    #expect(try faults(Array(repeating: "v2", count: 4), events: 20) == [])
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 4)
    #expect(world.lines("datasets/@replaced/t.jsonl").count == 4)
    // Again, after a restart and a checkpoint.
    world.killWatcher()
    try again("", "v1")
    #expect(try faults(Array(repeating: "v1", count: 4), events: 12) == [])
    #expect(world.attempts("t").suffix(4).sorted() == (0..<4).map { "0\($0) a3 ok" })
  }

  @Test func someJobs() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again(", \"jobs\": \"1,3\"")
    #expect(try faults(["v1", "v2", "v1", "v2"], events: 16) == [])
    let order = try world.order("retry", "t", #""evenDone": true, "jobs": "7""#)
    #expect(refusal(of: order)?.contains("no job of t with a number of 7 has ended") == true)
  }

  /// What it made stays, is told, and is replaced by the retry that succeeds.
  @Test func aNewAttemptFails() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again("", "bad")
    #expect(try faults(Array(repeating: "v1", count: 4), events: 0).filter { $0 != "events" } == [])
    #expect(world.summary("t")?["state"] == "failed")
    let line = try #require(world.lines("ledger/t.jsonl").last)
    #expect(
      line["reason"]?.string?.contains("the outputs of its earlier attempt are still there") == true
    )
    try world.order("retry", "t", #""command": ["v2", "{output:a}", "{output:b}"]"#)
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try ran("t")
    #expect(try faults(Array(repeating: "v2", count: 4), events: 20) == [])
  }

  /// An output that the new attempt does not write goes, and comes again with the next one.
  @Test func fewerOutputs() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again(", \"jobs\": \"0-2\"", "few")
    #expect(try faults(["few", "few", "few", "v1"], events: 18) == [])
    #expect(world.page(ofDataset: "more")?["files"]?.integer == 1)
    try again()
    #expect(try faults(Array(repeating: "v2", count: 4), events: 20) == [])
  }

  // MARK: Who reads it

  /// Tasks that come afterwards read the new files, by one, all in one job, and in groups.
  @Test func laterTasksReadTheNewFiles() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again()
    for (name, members) in [
      ("c", Self.copies), ("m", Self.merge),
      (
        "g",
        Self.merge.replacing("\"all\"", with: "2, \"groupBy\": \"(t).*\"")
          .replacing("/{task}", with: "/{task}.{index}")
      ),
    ] {
      try world.task(name, members)
      try ran(name)
      #expect(world.summary(name)?["state"] == "done")
      #expect(world.attempts(name).allSatisfy { $0.hasSuffix("a1 ok") }, "\(world.attempts(name))")
    }
  }

  /// A pilot finds the new files of a job that names a stretch of the catalogue.
  @Test func aMergeOfManyReadsTheNewFiles() throws {
    var setup = Self.setup()
    setup.slots = 64
    let world = try World(setup)
    let jobs = Limits.listedInputs + 2
    try world.task("t", Self.members.replacing("\"count\": 4", with: "\"count\": \(jobs)"))
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    try world.order("retry", "t", Self.order(", \"jobs\": \"1,3-5\"", "few"))
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    for (name, dataset) in [("m", "t"), ("n", "more")] {
      let members = Self.merge.replacing("\"t\"", with: "\"\(dataset)\"")
      try world.task(name, members)
      try #require(world.run(until: { world.hasEnded(name) && world.isQuiet }))
      #expect(world.attempts(name) == ["00 a1 ok"], "\(world.said.suffix(3))")
    }
  }

  /// Groups pass over a file that is gone, and have the new ones.
  @Test func groupsOfNewFiles() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again(", \"jobs\": \"1-2\"", "few")
    try world.task(
      "g",
      Self.merge.replacing("\"t\"", with: "[\"t\", \"more\"]")
        .replacing("\"filesPerJob\": \"all\"", with: "\"groupBy\": \"t.(?)*\"")
        .replacing("/{task}", with: "/{task}.{group}"))
    try ran("g")
    #expect(world.summary("g")?["state"] == "done", "\(world.said.suffix(5))")
    let parents = world.lines("datasets/g.jsonl").compactMap { $0["parents"]?.array?.count }
    #expect(parents == [2, 1, 1, 2])
    #expect(world.attempts("g").allSatisfy { $0.hasSuffix("a1 ok") }, "\(world.attempts("g"))")
  }

  /// A job that waits for a file which is replaced meanwhile reads the new one.
  @Test func aJobThatWaitsReadsTheNewFile() throws {
    try world.task("t", Self.members)
    try ran("t")
    world.hold(1)
    try world.task("c", Self.copies)
    #expect(world.run(atMost: 5000, until: { world.names("ready-cpu").count == 4 }))
    try world.order("priority", "t", #""priority": 1"#)
    try world.order("retry", "t", Self.order("", "v2"))
    #expect(world.run(atMost: 5000, until: { world.names("ready-cpu").count == 8 }))
    world.hold(1, false)
    try ran("t")
    try ran("c")
    #expect(world.summary("c")?["state"] == "done", "\(world.attempts("c"))")
  }

  /// Files that are gone make no job, and are in no merge.
  @Test func laterTasksPassOverWhatIsGone() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again(", \"jobs\": \"1-3\"", "few")
    try world.task("c", Self.copies.replacing("\"t\"", with: "\"more\""))
    try ran("c")
    #expect(world.summary("c")?["jobs"]?["done"]?.integer == 1)
    #expect(world.summary("c")?["state"] == "done")
    try world.task("m", Self.merge.replacing("\"t\"", with: "\"more\""))
    try ran("m")
    #expect(world.summary("m")?["state"] == "done")
    #expect(world.lines("datasets/m.jsonl").last?["parents"]?.array?.count == 1)
  }

  /// A job that had the file which is gone now says so, when it is tried again.
  @Test func aReaderOfWhatIsGoneIsRefused() throws {
    try world.task("t", Self.members)
    try ran("t")
    try world.task(
      "c", Self.copies.replacing("\"t\"", with: "\"more\"").replacing("\"w\"", with: "\"bad\""))
    try ran("c")
    try again("", "few")
    try world.order("retry", "c")
    #expect(world.run(atMost: 5000, until: { world.summary("c") == nil }))
    try ran("c")
    let reason = world.lines("ledger/c.jsonl").last?["reason"]?.string
    #expect(reason?.contains("its input is gone") == true)
  }

  // MARK: Strangers

  @Test func aStrangersFileStays() throws {
    try world.task("t", Self.members)
    try ran("t")
    let stranger = Array("not of the task".utf8)
    try world.files.plant(stranger, at: "/data/out/t.2")
    try again("", "v2")
    #expect(world.files.peek("/data/out/t.2") == stranger)
    #expect(world.files.peek("/data/out/t.2.b") == Self.contents("v1", "t.00000002"))
    #expect(world.files.peek("/data/out/t.1") == Self.contents("v2", "t.00000001"))
    #expect(world.summary("t")?["failures"]?["exists"]?.integer == 1)
  }

  /// It appears in the moment of publication.
  @Test func aStrangerThatComesLateStays() throws {
    try world.task("t", Self.members)
    try ran("t")
    let once = Once()
    let stranger = Array("not of the task".utf8)
    world.faults.before { [files = world.files] who, call, _ in
      if who == .watcher, call.operation == .renameExclusively, call.path.contains("/.spool.a2"),
        call.path.hasSuffix("t.2"), once.isFirst()
      {
        try? files.plant(stranger, at: "/data/out/t.2")
      }
      return nil
    }
    try again("", "v2")
    #expect(world.files.peek("/data/out/t.2") == stranger)
    // The other output of the job has its name back.
    #expect(world.files.peek("/data/out/t.2.b") == Self.contents("v1", "t.00000002"))
    #expect(world.summary("t")?["failures"]?["exists"]?.integer == 1)
  }

  // MARK: What is refused

  @Test func whatMakesNoSense() throws {
    try world.task("t", Self.members)
    try ran("t")
    for (more, words) in [
      (#""evenDone": true, "cause": "exit""#, "\"cause\" is for jobs that failed"),
      (#""evenDone": true, "split": true"#, "\"split\" is for jobs that failed"),
      (#""evenDone": true, "failedOnly": true"#, "\"failedOnly\" is for jobs that failed"),
      (#""evenDone": "yes""#, "evenDone"),
    ] {
      let order = try world.order("retry", "t", more)
      #expect(refusal(of: order)?.contains(words) == true, "\(world.refusal(order) ?? "")")
    }
    #expect(world.summary("t")?["state"] == "done")
  }

  @Test func notWhileAnotherIsBeingCarriedOut() throws {
    try world.task("t", Self.members)
    try ran("t")
    world.hold(1)
    try world.order("retry", "t", #""evenDone": true"#)
    #expect(world.run(atMost: 5000, until: { world.names("ready-cpu").count == 4 }))
    let order = try world.order("retry", "t", #""evenDone": true"#)
    #expect(refusal(of: order)?.contains("are being tried again") == true)
    // A cancel leaves what is there; a retry goes on.
    try world.order("cancel", "t")
    world.hold(1, false)
    try ran("t")
    #expect(world.files.peek("/data/out/t.1") == Self.contents("v1", "t.00000001"))
    try world.order("retry", "t", #""command": ["v2", "{output:a}", "{output:b}"]"#)
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try ran("t")
    #expect(try faults(Array(repeating: "v2", count: 4), events: 20) == [])
  }

  @Test func notADeletedDataset() throws {
    try world.task("t", Self.members)
    try ran("t")
    try world.delete("more")
    #expect(world.run(atMost: 10_000, until: { world.state(ofDataset: "more") == "deleted" }))
    let order = try world.order("retry", "t", #""evenDone": true"#)
    #expect(refusal(of: order)?.contains("the dataset more is deleted") == true)
  }

  @Test func notADirectoryThatDoesNotSayOverwrite() throws {
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.files = outcome.files.map { ($0.0 + "/f", $0.1) }
      return outcome
    }
    try world.task(
      "d",
      """
      "input": {"count": 1}, "command": ["w", "{output}"],
      "outputs": [{"path": "out/{index}.d", "kind": "directory"}]
      """)
    try ran("d")
    #expect(world.summary("d")?["state"] == "done")
    let order = try world.order("retry", "d", #""evenDone": true"#)
    #expect(refusal(of: order)?.contains("is a directory") == true, "\(world.refusal(order) ?? "")")
  }

  /// A directory that says so is replaced as a whole, and what it replaces is removed.
  @Test func aDirectoryThatSaysOverwrite() throws {
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      let isNew = payload.arguments.first == "v2"
      outcome.files = outcome.files.flatMap { file in
        isNew
          ? [(file.0 + "/new", file.1 + file.1)]
          : [(file.0 + "/f", file.1), (file.0 + "/g", [1])]
      }
      return outcome
    }
    let directory = #"{"path": "out/{index}.d", "kind": "directory", "overwrite": true}"#
    try world.task(
      "t", #""input": {"count": 2}, "command": ["v1", "{output}"], "outputs": [\#(directory)]"#)
    try ran("t")
    #expect(world.settle())
    #expect(world.page(ofDataset: "t")?["files"]?.integer == 2)
    try world.order("retry", "t", #""evenDone": true, "command": ["v2", "{output}"]"#)
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try ran("t")
    #expect(world.settle())
    let paths = world.files.paths(below: "/data/out").filter { !$0.hasSuffix("/") }
    #expect(paths.sorted() == ["/data/out/0.d/new", "/data/out/1.d/new"])
    let lines = world.lines("datasets/@replaced/t.jsonl")
    #expect(lines.compactMap { $0["files"]?.integer } == [1, 1])
    #expect(try SpoolCheck(world.spool).run().findings.isEmpty)
  }

  /// The list of what was replaced has a copy, as a catalogue has.
  @Test func aDamagedListIsMadeGood() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again()
    // A watcher that begins writes a checkpoint: what is in the views by then is not written again.
    world.killWatcher()
    try world.task("e", #""input": {"count": 1}, "command": ["w"]"#)
    try ran("e")
    let path = "\(World.root)/datasets/@replaced/t.jsonl"
    let good = try #require(world.files.peek(path))
    var bytes = good
    bytes[good.count / 2] ^= 4
    try world.files.plant(bytes, at: path)
    world.killWatcher()
    try world.task("c", Self.copies)
    try ran("c")
    #expect(world.attempts("c").allSatisfy { $0.hasSuffix("a1 ok") }, "\(world.attempts("c"))")
    #expect(world.files.peek(path) == good)
    #expect(world.said.contains { $0.contains("datasets/@replaced/t.jsonl was damaged") })
  }

  /// Files that go when they are read stay while one of them is being replaced, though all are read.
  @Test func stepKeepsWhatIsBeingReplaced() throws {
    try world.task("t", Self.members + #", "retention": "step""#)
    try ran("t")
    world.setup.script = { payload in
      var outcome = Self.work(payload)
      if payload.arguments.first == "v2" { outcome.duration = 20_000 }
      return outcome
    }
    try world.order("retry", "t", Self.order(#", "jobs": "0""#, "v2"))
    #expect(world.run(atMost: 5000, until: { world.summary("t") == nil }))
    try world.task("c", Self.copies)
    func there() -> [String] {
      (0..<4).map { "/data/out/t.\($0)" }.filter { world.files.peek($0) != nil }
    }
    var fewest = 4
    let isRead = { world.lineCount("ledger/c.jsonl") == 4 }
    let wasRead = world.run(
      atMost: 10_000,
      until: {
        fewest = min(fewest, there().count)
        return isRead()
      })
    #expect(wasRead)
    world.run(for: 5000)
    #expect(!world.hasEnded("t") && fewest == 4 && there().count == 4)
    try ran("t")
    #expect(world.run(until: { world.hasEnded("c") }))
    world.run(for: 10_000)
    #expect(there() == [] && world.files.peek("/data/out/c.t.0") != nil)
  }

  /// Deletion removes the new files, by their own sizes.
  @Test func deletion() throws {
    try world.task("t", Self.members)
    try ran("t")
    try again()
    for dataset in ["t", "more"] {
      try world.delete(dataset)
      #expect(world.run(atMost: 10_000, until: { world.state(ofDataset: dataset) == "deleted" }))
    }
    #expect(world.settle())
    #expect(world.files.paths(below: "/data/out") == [])
    try world.order("forget", "t")
    world.run(for: 3000)
    #expect(world.names("datasets/@replaced") == [] && world.names("journal/catalogues") == [])
  }
}

/// The same with something going wrong at the N-th call of a party, for every N: in the end files and
/// catalogues agree, nothing is lost, nothing is counted twice, and nothing is left.
struct EvenDoneEveryCallTests {
  typealias Trouble = EveryCallTests.Trouble

  @Test(arguments: Trouble.allCases) func watcher(_ trouble: Trouble) throws {
    try sweep(.watcher, trouble)
  }

  @Test(arguments: [Trouble.death, .lostReply]) func watcherWithoutExclusiveRename(
    _ trouble: Trouble
  ) throws {
    try sweep(.watcher, trouble, lacking: [.exclusiveRename])
  }

  @Test(arguments: [Trouble.death, .lostReply]) func pilot(_ trouble: Trouble) throws {
    try sweep(.pilot(1), trouble)
  }

  private func sweep(
    _ party: Party, _ trouble: Trouble, lacking: Set<MemoryFileSystem.Feature> = []
  ) throws {
    try EveryCallTests.sweep(trouble) { try live(party, trouble, at: $0, lacking) }
  }

  private func live(
    _ party: Party, _ trouble: Trouble, at call: Int, _ lacking: Set<MemoryFileSystem.Feature>
  ) throws -> Bool {
    let world = try World(EvenDoneTests.setup())
    world.files.remove(lacking)
    try world.task("t", EvenDoneTests.members.replacing("4", with: "2"))
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    let nth = NthCall(call)
    trouble.apply(to: world, party, nth)
    // One job writes both outputs, the other only the first.
    world.setup.script = { payload in
      var outcome = EvenDoneTests.work(payload)
      if payload.environment["SPOOL_INDEX"] == "1" {
        outcome.files = Array(outcome.files.prefix(1))
      }
      return outcome
    }
    try world.order("retry", "t", EvenDoneTests.order("", "v2"))
    let isSettled =
      world.run(atMost: 30_000, until: { world.summary("t") == nil })
      && world.run(until: { world.hasEnded("t") && world.isQuiet })
    let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
    world.faults.clear()
    let isCertain = isSettled && world.settle()
    let text: Comment = "\(trouble) at call \(call) of \(party): \(world.said.suffix(9))"
    #expect(isCertain, text)
    let wrong = try EvenDoneTests.faults(world, ["v2", "few"], events: 10)
    #expect(wrong == [], text)
    return hasHappened
  }
}
