import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Chains: steps that stream, what a failure does to those after it, and orders about all of it.
struct ChainTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 2
    setup.script = Self.work
    world = try World(setup)
    ChaosTests.plantInputs(world, 8)
  }

  static let chain = """
    {"kind": "chain", "name": "run", "input": "raw", "steps": [
      {"name": "decode", "command": ["w", "{input}", "{output}"],
       "outputs": [{"path": "/data/out/{stem}.dec"}], "retry": {"attempts": 1}},
      {"name": "select", "command": ["w", "{input}", "{output}"],
       "outputs": [{"path": "/data/out/{stem}.sel"}], "retry": {"attempts": 1}},
      {"name": "merge", "filesPerJob": "all", "command": ["w", "{inputs}", "{output}"],
       "outputs": [{"path": "/data/out/all.root"}], "retry": {"attempts": 1}}
    ]}
    """

  static func work(_ payload: Payload) -> FakeOutcome {
    var outcome = World.writeOutputs(payload)
    outcome.duration = 200
    outcome.report = Array(#"{"eventsIn": 100, "eventsOut": 10}"#.utf8)
    return outcome
  }

  private func start(_ chain: String = ChainTests.chain, closed: Bool = true) throws {
    try world.drop("run.json", chain)
    if closed { try ChaosTests.dropManifest(world, 8) }
  }

  private func page(_ name: String) -> JSON? {
    world.files.peek("\(World.root)/running/\(name).json").flatMap { try? JSON.parse($0) }
  }

  private func state(_ name: String) -> String? { world.summary(name)?["state"]?.string }

  private func reason(_ file: String) -> String {
    let bytes = world.files.peek("\(World.root)/failed/@refused/\(file).reason") ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: The way through

  @Test func aChainEnds() throws {
    try start()
    #expect(world.run(until: { state("run") == "done" }))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("run.decode", jobs: 8) == [])
    #expect(world.faultsAtTheEnd("run.select", jobs: 8) == [])
    #expect(world.faultsAtTheEnd("run.merge", jobs: 1) == [])
    let merged = world.lines("datasets/run.merge.jsonl").first
    #expect(merged?["parents"]?.array?.count == 8)
    let page = world.summary("run")
    #expect(page?["jobs"]?["done"] == 17)
    #expect(
      page?["steps"]?.array?.compactMap { $0["name"]?.string } == ["decode", "select", "merge"])
    // 800 in at the front, 10 out at the end.
    #expect(page?["suppression"]?.double == 80)
    #expect(world.names("running").contains("run.json") == false)
  }

  /// Later steps go first, so that the last per-file step has files long before the first is through

  @Test func stepsStream() throws {
    ChaosTests.plantInputs(world, 100)
    try start(closed: false)
    try ChaosTests.dropManifest(world, 100)
    #expect(world.run(until: { world.lineCount("ledger/run.select.jsonl") >= 1 }))
    #expect(world.lineCount("ledger/run.decode.jsonl") < 30)
    // What is decoded does not pile up.
    #expect(world.run(until: { world.lineCount("ledger/run.decode.jsonl") >= 60 }))
    #expect(world.lineCount("ledger/run.select.jsonl") > 35)
    #expect(world.run(until: { state("run") == "done" }))
  }

  /// A group that is not full comes when the dataset closes.
  @Test func aSmallerLastGroup() throws {
    let grouped = Self.chain.replacing(#""filesPerJob": "all""#, with: #""filesPerJob": 3"#)
      .replacing("all.root", with: "{index}.root")
    try start(grouped, closed: false)
    try world.drop(
      "a.json",
      #"{"kind": "dataset", "name": "raw", "files": ["/data/f0.raw", "/data/f1.raw", "/data/f2.raw", "/data/f3.raw"]}"#
    )
    #expect(world.run(until: { world.lineCount("ledger/run.merge.jsonl") == 1 }))
    world.run(for: 5000)
    #expect(world.lineCount("ledger/run.merge.jsonl") == 1)
    try world.drop("b.json", #"{"kind": "dataset", "name": "raw", "closed": true}"#)
    #expect(world.run(until: { state("run") == "done" }))
    let parents = world.lines("datasets/run.merge.jsonl").compactMap { $0["parents"]?.array?.count }
    #expect(parents == [3, 1])
  }

  @Test func fanOutAndFanIn() throws {
    try start(
      """
      {"kind": "chain", "name": "run", "input": "raw", "steps": [
        {"name": "a", "command": ["w", "{input}", "{output}"],
         "outputs": [{"path": "/data/out/{stem}.a"}]},
        {"name": "b", "input": "a", "command": ["w", "{input}", "{output}"],
         "outputs": [{"path": "/data/out/{stem}.b"}]},
        {"name": "c", "input": "a", "command": ["w", "{input}", "{output}"],
         "outputs": [{"path": "/data/out/{stem}.c"}]},
        {"name": "d", "input": ["b", "c", "raw"], "filesPerJob": "all",
         "command": ["w", "{inputs}", "{output}"], "outputs": [{"path": "/data/out/d"}]}
      ]}
      """)
    #expect(world.run(until: { state("run") == "done" }))
    #expect(world.lines("datasets/run.d.jsonl").first?["parents"]?.array?.count == 24)
  }

  // MARK: Failures

  /// Two of the files cannot be selected.
  private static func twoFail(_ payload: Payload) -> FakeOutcome {
    let isSelect = payload.environment["SPOOL_TASK"] == "run.select"
    let isBad = payload.arguments.contains { $0.contains("/f2.") || $0.contains("/f5.") }
    return isSelect && isBad ? .exit(3) : work(payload)
  }

  /// A failure stops no sibling; what wants everything waits; a retry goes on from there, and runs
  /// nothing twice.
  @Test(arguments: [false, true]) func retryCompletesIt(dies: Bool) throws {
    world.setup.script = Self.twoFail
    try start()
    #expect(world.run(until: { page("run")?["steps"]?[2]?["lacks"]?.string == "run.select" }))
    world.run(for: 10_000)
    #expect(state("run.select") == "failed" && state("run.merge") == nil)
    #expect(world.lineCount("datasets/run.select.jsonl") == 6)
    let failed = page("run")?["steps"]?[1]?["failedJobs"]?.array ?? []
    #expect(
      Set(failed.compactMap { $0["input"]?.string })
        == ["/data/out/f2.dec", "/data/out/f5.dec"])
    if dies { world.killWatcher() }
    world.setup.script = Self.work
    try world.order("retry", "run")
    #expect(world.run(until: { state("run") == "done" }))
    #expect(world.settle())
    #expect(world.lineCount("ledger/run.decode.jsonl") == 8)
    #expect(world.lineCount("ledger/run.select.jsonl") == 10)
    #expect(world.lineCount("ledger/run.merge.jsonl") == 1)
    #expect(world.lines("datasets/run.merge.jsonl").first?["parents"]?.array?.count == 8)
    #expect(world.faultsAtTheEnd("run.select", jobs: 8) == [])
  }

  /// Per-file steps after a failed one have ended with what there was; they go on with what a retry
  /// brings, though they are done.
  @Test func laterStepsGoOnAfterARetry() throws {
    world.setup.script = { payload in
      let isBad = payload.arguments.contains { $0.contains("/f2.") }
      return payload.environment["SPOOL_TASK"] == "run.decode" && isBad
        ? .exit(3) : Self.work(payload)
    }
    try start(
      Self.chain.replacing(#""filesPerJob": "all","#, with: "").replacing(
        "{inputs}", with: "{input}"
      )
      .replacing("all.root", with: "{stem}.root"))
    #expect(world.run(until: { state("run") == "failed" }))
    #expect(state("run.merge") == "done")
    world.setup.script = Self.work
    try world.order("retry", "run.decode", #""failedOnly": true"#)
    #expect(world.run(until: { state("run") == "done" }))
    #expect(world.settle())
    for step in ["select", "merge"] {
      #expect(world.lineCount("ledger/run.\(step).jsonl") == 8)
      #expect(world.faultsAtTheEnd("run.\(step)", jobs: 8) == [])
    }
  }

  @Test func releaseGoesOnWithout() throws {
    world.setup.script = Self.twoFail
    try start()
    #expect(world.run(until: { page("run")?["steps"]?[2]?["lacks"]?.string == "run.select" }))
    try world.order("release", "run.merge")
    #expect(world.run(until: { state("run") == "failed" }))
    #expect(state("run.merge") == "done")
    #expect(world.lines("datasets/run.merge.jsonl").first?["parents"]?.array?.count == 6)
  }

  @Test func allowIncompleteNeedsNoWord() throws {
    world.setup.script = Self.twoFail
    try start(
      Self.chain.replacing(
        #""filesPerJob": "all""#, with: #""filesPerJob": "all", "allowIncomplete": true"#))
    #expect(world.run(until: { state("run") == "failed" }))
    #expect(state("run.merge") == "done")
  }

  /// Where nobody says a word for too long, that is an end, too (R10).
  @Test func noWordIsAnEnd() throws {
    var setup = World.Setup()
    setup.script = Self.twoFail
    setup.config.verdictWait = .milliseconds(60_000)
    let world = try World(setup)
    ChaosTests.plantInputs(world, 8)
    try world.drop("run.json", Self.chain)
    try ChaosTests.dropManifest(world, 8)
    #expect(world.run(atMost: 300_000, until: { world.hasEnded("run") }))
    let reason = world.summary("run.merge")?["reason"]?.string ?? ""
    #expect(reason.contains("the dataset run.select lacks files"))
    // To be asked whether more could come of it does not bring it back into work.
    let page = world.summary("run.merge")
    let order = try world.delete("run.select")
    #expect(world.run(atMost: 8000, until: { world.refusal(order) != nil }))
    #expect(world.refusal(order)?.contains("the task run.merge reads run.select") == true)
    try world.task("other", #""input": {"count": 1}, "command": ["w"]"#)
    #expect(world.run(until: { world.hasEnded("other") && world.isQuiet }))
    #expect(world.summary("run.merge") == page)
  }

  // MARK: Orders

  @Test func cancelEndsAllSteps() throws {
    try start()
    try #require(world.run(until: { world.lineCount("ledger/run.decode.jsonl") == 2 }))
    try world.order("cancel", "run")
    #expect(world.run(atMost: 10_000, until: { state("run") == "cancelled" }))
    #expect(world.settle())
    #expect(world.claims == [] && world.jobFiles("ready-cpu") == [])
    try world.order("retry", "run")
    #expect(world.run(until: { state("run") == "done" }))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("run.decode", jobs: 8) == [])
    #expect(world.faultsAtTheEnd("run.select", jobs: 8) == [])
    #expect(world.lines("datasets/run.merge.jsonl").first?["parents"]?.array?.count == 8)
  }

  @Test func holdStopsAllSteps() throws {
    try start()
    try #require(world.run(until: { world.lineCount("ledger/run.decode.jsonl") == 2 }))
    try world.order("hold", "run")
    #expect(world.run(atMost: 10_000, until: { page("run")?["state"]?.string == "held" }))
    world.run(for: 3000)
    let count = world.lineCount("ledger/run.decode.jsonl")
    world.run(for: 10_000)
    #expect(world.lineCount("ledger/run.decode.jsonl") == count && count < 8)
    try world.order("release", "run")
    #expect(world.run(until: { state("run") == "done" }))
  }

  // MARK: Refusals

  @Test(arguments: [
    (#""name": "select", "#, #""name": "select", "input": "merge", "#, "a cycle: "),
    (#""name": "merge", "#, #""name": "merge", "input": "slect", "#, "did you mean \"select\"?"),
    (#""name": "select""#, #""name": "decode""#, "two steps are called decode"),
    ("{stem}.sel", "{stem}.dec", "is also written by the step decode"),
    (#""kind": "chain""#, #""kind": "chian""#, "did you mean \"chain\"?"),
    (#""name": "merge""#, #""name": "merge", "comand": 1"#, "did you mean \"command\"?"),
    (#""name": "run""#, #""name": "r\#(String(repeating: "x", count: 78))""#, "80 bytes"),
    (#""input": "raw", "#, "", "input"),
    (#"["w", "{inputs}", "{output}"]"#, #"["w", "{value}"]"#, "steps[2]"),
  ])
  func refused(place: String, instead: String, expected: String) throws {
    try world.drop("run.json", Self.chain.replacing(place, with: instead, maxReplacements: 1))
    #expect(world.run(atMost: 10_000, until: { reason("run.json") != "" }))
    #expect(reason("run.json").contains(expected), "\(reason("run.json"))")
    #expect(world.names("running").filter { $0.hasPrefix("run") } == [])
  }

  /// Tasks and chains share one name space, steps included.
  @Test func namesAreShared() throws {
    try start()
    try #require(world.run(until: { page("run") != nil }))
    try world.task("run", #""input": {"count": 1}, "command": ["w"]"#)
    #expect(world.run(atMost: 10_000, until: { reason("run.json") != "" }))
    #expect(reason("run.json").contains("there is a chain run already (active)"))
    try world.drop(
      "x.json", #"{"kind": "task", "name": "run.decode", "input": {"count": 1}, "command": ["w"]}"#)
    #expect(world.run(atMost: 10_000, until: { reason("x.json") != "" }))
    #expect(reason("x.json").contains("there is a task run.decode already"))
  }

  /// Also in lives in which everything goes wrong, and the watcher dies at any call.
  @Test(arguments: 1...20) func chaos(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 3
    setup.script = Self.work
    let world = try World(setup)
    ChaosTests.plantInputs(world, 8)
    try world.drop(
      "run.json",
      Self.chain.replacing(#""attempts": 1"#, with: #""attempts": 9, "backoff": "50ms""#))
    try ChaosTests.dropManifest(world, 8)
    ChaosTests.trouble(world, seed, ChaosTests.Rates())
    world.run(atMost: 20_000, until: { world.hasEnded("run") && world.isQuiet })
    world.faults.clear()
    #expect(world.settle(), "seed \(seed): \(world.said.suffix(40))")
    let text = "seed \(seed): \(world.said.suffix(60)) \(world.errors.suffix(5))"
    #expect(world.summary("run")?["state"]?.string == "done", "\(text)")
    for (step, jobs) in [("decode", 8), ("select", 8), ("merge", 1)] {
      #expect(world.faultsAtTheEnd("run.\(step)", jobs: jobs) == [], "\(text)")
    }
  }
}

extension JSON {
  /// An element of an array.
  subscript(index: Int) -> JSON? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }
}
