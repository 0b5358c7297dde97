import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Deletion of datasets: what goes, what stays, and who is asked.
struct DeleteTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = { payload in
      payload.arguments.contains("fail") ? .exit(1) : World.writeOutputs(payload)
    }
    world = try World(setup)
    ChaosTests.plantInputs(world, 6)
    try ChaosTests.dropManifest(world, 6)
  }

  private static let copies = """
    "input": "raw", "command": ["work", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{stem}.root"}]
    """

  private func copy() throws {
    try world.task("t", Self.copies)
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
  }

  private var outputs: [String] { world.files.paths(below: "/data/out") }
  private var inputs: Int { world.files.paths(below: "/data").count { $0.hasSuffix(".raw") } }

  private func state(_ dataset: String) -> String? { world.state(ofDataset: dataset) }

  private func refusal(of name: String) -> String? {
    world.run(atMost: 8000, until: { world.refusal(name) != nil })
    return world.refusal(name)
  }

  @Test func whatTasksMadeGoes() throws {
    try copy()
    let catalogue = world.files.peek("\(World.root)/datasets/t.jsonl")
    #expect(outputs.count == 6)
    try world.delete("t")
    #expect(world.run(atMost: 5000, until: { state("t") == "deleted" }))
    #expect(outputs.isEmpty && inputs == 6)
    #expect(world.files.peek("\(World.root)/datasets/t.jsonl") == catalogue, "it is history")
    #expect(world.said.contains { $0.contains("deleted the dataset t: 6 files") })
    // Once more is no fault.
    let again = try world.delete("t")
    world.run(for: 3000)
    #expect(world.refusal(again) == nil && world.isQuiet)
  }

  @Test func whatNobodyMadeHereStays() throws {
    try copy()
    try world.delete("raw")
    #expect(world.run(atMost: 5000, until: { state("raw") == "deleted" }))
    #expect(inputs == 6)
  }

  @Test func inputsGoWhereThatIsSaid() throws {
    try copy()
    try world.delete("raw", #""inputs": true"#)
    #expect(world.run(atMost: 5000, until: { state("raw") == "deleted" }))
    #expect(inputs == 0 && outputs.count == 6)
  }

  /// Something else in a file's place stays: a link, a directory, a file of another size.
  @Test func somethingElseStays() throws {
    try copy()
    for name in ["f0", "f1", "f2", "f3"] { try world.files.remove("/data/out/\(name).root") }
    try world.files.plant(.link, at: "/data/out/f0.root")
    try world.files.plant(.directory, at: "/data/out/f1.root")
    try world.files.plant([1, 2], at: "/data/out/f2.root")
    try world.delete("t")
    #expect(world.run(atMost: 5000, until: { state("t") == "deleted" }))
    #expect(outputs == ["f0.root", "f1.root/", "f2.root"].map { "/data/out/" + $0 })
    #expect(world.said.contains { $0.contains("f2.root stays") })
  }

  @Test func whatIsInUseIsNotDeleted() throws {
    world.hold(1)
    try world.task("t", Self.copies)
    try #require(world.run(until: { world.jobFiles("ready-cpu").count == 6 }))
    #expect(refusal(of: try world.delete("raw"))?.contains("the task t reads raw") == true)
    #expect(refusal(of: try world.delete("t"))?.contains("the task t fills t") == true)
    #expect(refusal(of: try world.delete("row"))?.contains("did you mean \"raw\"?") == true)
    world.hold(1, false)
    #expect(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    #expect(outputs.count == 6 && inputs == 6)
  }

  @Test func whatARetryWouldNeedIsNotDeleted() throws {
    try copy()
    try world.task("u", #""input":"t","command":["fail"],"retry":{"attempts":1}"#)
    #expect(world.run(until: { world.hasEnded("u") && world.isQuiet }))
    let refused = refusal(of: try world.delete("t"))
    #expect(refused?.contains("the task u reads t, and 6 jobs of it failed") == true)
    try world.delete("t", #""force": true"#)
    #expect(world.run(atMost: 5000, until: { state("t") == "deleted" }))
    #expect(outputs.isEmpty)
    let retry = try world.order("retry", "u")
    #expect(refusal(of: retry)?.contains("the dataset t is deleted") == true)
  }

  /// What is deleted is read and filled by nobody.
  @Test func aDeletedDatasetIsRefused() throws {
    try copy()
    try world.delete("t")
    #expect(world.run(atMost: 5000, until: { state("t") == "deleted" }))
    try world.task("v", #""input": "t", "command": ["work"]"#)
    #expect(refusal(of: "v.json")?.contains("the dataset t is deleted") == true)
    try world.task(
      "w", #""input":{"count":1},"command":["w"],"outputs":[{"path":"/data/x","dataset":"t"}]"#)
    #expect(refusal(of: "w.json")?.contains("the dataset t is deleted") == true)
    try world.drop("m.json", #"{"kind": "dataset", "name": "t", "files": ["/data/a"]}"#)
    #expect(refusal(of: "m.json")?.contains("the dataset t is deleted") == true)
    let retry = try world.order("retry", "t")
    #expect(refusal(of: retry)?.contains("deleted") == true)
  }

  @Test func onlyWhoMadeItMayDeleteIt() throws {
    try copy()
    world.files.owner = 7
    let refused = refusal(of: try world.delete("t"))
    #expect(refused?.contains("uid 7 may not: t is of uid 1000") == true)
    world.files.owner = 0
    try world.delete("t")
    #expect(world.run(atMost: 5000, until: { state("t") == "deleted" }))
  }

  /// A file that cannot be removed is told and tried again; the others go.
  @Test func oneFileThatCannotBeRemoved() throws {
    try copy()
    world.faults.before { party, call, _ in
      party == .watcher && call.operation == .remove && call.path == "/data/out/f3.root"
        ? .fails(13) : nil
    }
    try world.delete("t")
    #expect(world.run(atMost: 5000, until: { outputs.count == 1 }))
    world.run(for: 3000)
    #expect(state("t") == "deleting" && world.status.contains("1 files cannot be removed"))
    world.faults.clear()
    #expect(world.run(atMost: 70_000, until: { state("t") == "deleted" }))
    #expect(outputs.isEmpty)
    world.run(for: 2000)
    #expect(!world.status.contains("REMOVING"))
  }

  /// No turn grows with the dataset.
  @Test func aTurnRemovesSoMany() throws {
    let files = 2300
    try world.files.plantDirectories("/data/many")
    for number in 0..<files { try world.files.plant([1], at: "/data/many/\(number)") }
    var text = #"{"kind": "dataset", "name": "many", "closed": true}"# + "\n"
    for number in 0..<files { text += "\"/data/many/\(number)\"\n" }
    try world.drop("many.jsonl", text)
    try #require(world.run(until: { state("many") == "closed" }))
    try world.delete("many", #""inputs": true"#)
    var most = 0
    var before = world.faults.counts(.watcher)[.remove]
    #expect(
      world.run(atMost: 20_000) {
        let now = world.faults.counts(.watcher)[.remove]
        most = max(most, now - before)
        before = now
        return state("many") == "deleted"
      })
    #expect(world.files.paths(below: "/data/many").isEmpty)
    #expect(most > 100 && most <= 520)
  }
}

/// The watcher dies, or the filesystem refuses something, at any call of a deletion.
struct DeleteChaosTests {
  @Test(arguments: EveryCallTests.Trouble.allCases)
  func atEveryCall(_ trouble: EveryCallTests.Trouble) throws {
    var call = 1
    while try life(trouble, at: call) {
      call += 1
      try #require(call < 5000)
    }
    #expect(call > 2, "\(trouble) came \(call) times")
  }

  private func life(_ trouble: EveryCallTests.Trouble, at call: Int) throws -> Bool {
    var setup = World.Setup()
    setup.seed = call
    setup.pilots = 1
    let world = try World(setup)
    try world.task("t", LifeTests.members)
    try world.task("other", LifeTests.members.replacing("out/", with: "out/other"))
    try #require(
      world.run(until: { world.hasEnded("t") && world.hasEnded("other") && world.isQuiet }))
    // Within a turn of the watcher's idle clock the order is found.
    let nth = NthCall(call)
    trouble.apply(to: world, .watcher, nth)
    try world.delete("t")
    let isDeleted = world.run(atMost: 100_000, until: { world.journal.contains("\"deleted\"") })
    let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
    world.faults.clear()
    let text = "\(trouble) at call \(call): \(world.said) \(world.errors)"
    #expect(isDeleted && world.settle(), "\(text)")
    #expect(world.files.paths(below: "/data/out").count == 6, "\(text)")
    #expect(world.catalogue("t").allSatisfy { world.files.peek($0) == nil }, "\(text)")
    #expect(world.faultsAtTheEnd("other", jobs: 6) == [], "\(text)")
    return hasHappened
  }
}
