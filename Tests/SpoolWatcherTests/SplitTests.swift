import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// `retry` with `split`: the files of jobs that failed are tried one by one.
struct SplitTests {
  private static func isBad(_ payload: Payload) -> Bool {
    payload.arguments.contains { $0.hasPrefix("/data/raw/") && $0.hasSuffix("7.root") }
  }

  /// A payload that fails if one of its inputs is bad.
  private static func work(_ payload: Payload) -> FakeOutcome {
    isBad(payload) ? .exit(3) : World.writeOutputs(payload)
  }

  private static let members = """
    "input": "raw", "filesPerJob": 5, "command": ["work", "{output}", "{inputs}"],
    "outputs": [{"path": "/data/out/{index}"}], "retry": {"attempts": 1}
    """

  /// A world with a task that failed.
  private static func failed(
    _ members: String = members, groups: Int = 4, files: Int = 5, jobs: Int
  ) throws -> World {
    let world = try GroupTests.world(groups: groups, files: files, script: work)
    try world.task("t", members)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.summary("t")?["jobs"]?["failed"]?.integer == jobs, "\(world.attempts("t"))")
    return world
  }

  private func refusal(_ world: World, _ more: String = #""split": true"#) throws -> String? {
    let name = try world.order("retry", "t", more)
    world.run(atMost: 8000) { world.refusal(name) != nil }
    return world.refusal(name)
  }

  /// One bad file in a group costs that file alone. The last file keeps the job's number.
  @Test(arguments: [
    members,
    members.replacing("{index}", with: "{stem}"),
    members.replacing("{index}", with: "{stem}").replacing(
      "\"filesPerJob\": 5", with: #""groupBy": "run(*)_*.root""#),
  ]) func oneBadFile(_ members: String) throws {
    let world = try GroupTests.world(groups: 4, files: 10) { payload in
      payload.arguments.contains("/data/raw/run102_10007.root")
        ? .exit(3) : World.writeOutputs(payload)
    }
    try world.task("t", members)
    #expect(world.run { world.hasEnded("t") })
    let jobs = try #require(world.summary("t")?["jobs"]?["total"]?.integer)
    let failed = try #require(world.summary("t")?["failedJobs"]?.array?.first?.string)
    let size = 40 / jobs
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == jobs - 1)
    try world.order("retry", "t", #""split": true"#)
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.settle(), "\(world.said)")
    let page = try #require(world.summary("t"))
    #expect(page["jobs"]?["total"]?.integer == jobs + size - 1)
    #expect(page["jobs"]?["done"]?.integer == jobs + size - 2)
    #expect(page["jobs"]?["failed"] == 1 && page["state"] == "failed")
    let outputs = world.lines("datasets/t.jsonl")
    #expect(outputs.count == jobs - 1 + size - 1)
    let parents = outputs.flatMap { $0["parents"]?.array ?? [] }.compactMap(\.string)
    #expect(parents.count == 39 && Set(parents).count == 39)
    // The job's own number is its last file's, the others come behind all.
    let own = outputs.filter { $0["origin"]?["job"]?.string == failed }
    #expect(own.count + (page["failedJobs"]?.array == [.string(failed)] ? 1 : 0) == 1)
    let numbers = outputs.compactMap { $0["origin"]?["job"]?.string.flatMap { JobID($0)?.index } }
    #expect(numbers.max().map { $0 >= jobs + size - 3 } == true)
    #expect(try SpoolCheck.findings(world) == [])
    // What failed is a job of one file: split again, it is tried as it is.
    try world.order("retry", "t", #""split": true"#)
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.summary("t")?["jobs"] == page["jobs"])
    #expect(world.settle())
    #expect(try SpoolCheck.findings(world) == [])
  }

  /// A job over everything, over two datasets and more files than are split at a time.
  @Test(arguments: [false, true]) func aMerge(_ isKilled: Bool) throws {
    let world = try GroupTests.world(groups: 30, files: 10) { payload in
      payload.arguments.contains("/data/raw/run102_10007.root")
        ? .exit(3) : World.writeOutputs(payload)
    }
    try world.drop(
      "more.json",
      #"{"kind": "dataset", "name": "more", "files": ["/data/raw/run100_10000.root"], "closed": true}"#
    )
    try world.task(
      "t",
      Self.members.replacing("\"filesPerJob\": 5", with: #""filesPerJob": "all""#).replacing(
        "\"raw\"", with: #"["raw", "more"]"#))
    #expect(world.run { world.hasEnded("t") })
    try world.order("retry", "t", #""split": true"#)
    if isKilled {
      for jobs in [40, 120, 200] {
        #expect(world.run { world.lineCount("ledger/t.jsonl") > jobs })
        world.killWatcher()
      }
    }
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.settle(), "\(world.said)")
    let jobs = world.summary("t")?["jobs"]
    #expect(jobs?["total"] == 301 && jobs?["done"] == 300 && jobs?["failed"] == 1)
    let parents = world.lines("datasets/t.jsonl").flatMap { $0["parents"]?.array ?? [] }
    #expect(parents.count == 300)
    #expect(parents.count { $0 == "/data/raw/run100_10000.root" } == 2)
    #expect(try SpoolCheck.findings(world) == [])
  }

  /// Over a cancel in the middle: `retry` goes on with what is left.
  @Test func aCancelInTheMiddle() throws {
    var setup = GroupTests.onePilot
    setup.slots = 1
    let world = try GroupTests.world(groups: 20, files: 10, setup: setup) { payload in
      payload.arguments.count > 3 ? .exit(3) : World.writeOutputs(payload)
    }
    try world.task("t", Self.members.replacing("\"filesPerJob\": 5", with: "\"filesPerJob\": 100"))
    #expect(world.run { world.hasEnded("t") })
    try world.order("retry", "t", #""split": true"#)
    #expect(world.run { world.lineCount("ledger/t.jsonl") > 20 })
    try world.order("cancel", "t")
    #expect(world.run { world.hasEnded("t") })
    let done = try #require(world.summary("t")?["jobs"]?["done"]?.integer)
    #expect(done < 150)
    try world.order("retry", "t", #""split": true"#)
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    try world.order("retry", "t")
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 200) == [])
  }

  /// While the task is in work: the path of the job's output is free for the job of its first file.
  @Test func aTaskInWork() throws {
    let world = try GroupTests.world(groups: 2, files: 5) { payload in
      var outcome = World.writeOutputs(payload)
      if payload.arguments.contains("/data/raw/run101_10000.root") { outcome.duration = 30_000 }
      return payload.arguments.contains("/data/raw/run100_10003.root") ? .exit(3) : outcome
    }
    try world.task(
      "t",
      Self.members.replacing("{index}", with: "{stem}").replacing(
        "\"filesPerJob\": 5", with: #""groupBy": "run(*)_*.root", "order": "path""#))
    #expect(world.run { world.attempts("t") == ["00 a1 exit3"] })
    try world.order("retry", "t", #""split": true"#)
    #expect(world.run { world.lineCount("ledger/t.jsonl") >= 6 })
    #expect(!world.hasEnded("t"))
    #expect(world.run { world.hasEnded("t") })
    #expect(world.attempts("t").count { $0.hasSuffix("ok") } == 5, "\(world.attempts("t"))")
    #expect(world.summary("t")?["jobs"]?["failed"] == 1)
    #expect(world.settle())
    #expect(try SpoolCheck.findings(world) == [])
  }

  /// A list of files, and a job chosen by its number.
  @Test func aListOfFiles() throws {
    let paths = GroupTests.paths(groups: 2, files: 10).map { "\"\($0)\"" }.joined(separator: ", ")
    let world = try Self.failed(
      Self.members.replacing("\"raw\"", with: "{\"files\": [\(paths)]}"), groups: 2, files: 10,
      jobs: 2)
    try world.order("retry", "t", #""split": true, "jobs": "1""#)
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.summary("t")?["jobs"]?["total"] == 8)
    #expect(world.summary("t")?["failedJobs"]?.array?.count == 2)
    #expect(world.settle())
    #expect(try SpoolCheck.findings(world) == [])
  }

  @Test func whatIsRefused() throws {
    let one = Self.members.replacing("\"filesPerJob\": 5, ", with: "")
    let single = try Self.failed(one, groups: 4, files: 10, jobs: 4)
    #expect(
      try refusal(single) == "key \"split\": the jobs that failed have one file each, or none\n")
    let grouped = Self.members.replacing("{index}", with: "{group}").replacing(
      "\"filesPerJob\": 5", with: #""groupBy": "run(*)_*.root""#)
    let world = try Self.failed(grouped, groups: 3, files: 10, jobs: 3)
    #expect(
      try refusal(world)
        == "key \"split\": the jobs of t, one for each file, would all write /data/out/{group}: its path "
        + "has none of {index} {name} {stem} {base} {job}\n")
    #expect(
      try refusal(world, #""split": 1"#)
        == "line 1, key \"split\": expected true or false, found 1\n")
  }

  /// Two files of one name: the second job fails, and says why.
  @Test func outputsThatMeet() throws {
    let world = try GroupTests.world(groups: 0, files: 0) { payload in
      payload.arguments.count > 3 ? .exit(3) : World.writeOutputs(payload)
    }
    for directory in ["/data/a", "/data/b"] { try world.files.plantDirectories(directory) }
    for path in ["/data/a/x", "/data/b/x", "/data/b/y"] { try world.files.plant([1], at: path) }
    try world.task(
      "t",
      """
      "input": {"files": ["/data/a/x", "/data/b/x", "/data/b/y"]}, "filesPerJob": 3,
      "command": ["work", "{output}", "{inputs}"], "outputs": [{"path": "/data/out/{name}"}],
      "retry": {"attempts": 1}
      """)
    #expect(world.run { world.hasEnded("t") })
    try world.order("retry", "t", #""split": true"#)
    world.run(for: 300)
    #expect(world.run { world.hasEnded("t") })
    #expect(world.summary("t")?["jobs"]?["done"] == 2)
    let reason = world.lines("ledger/t.jsonl").last { $0["outcome"] == "refused" }?["reason"]?
      .string
    #expect(
      reason == "its output /data/out/x (from /data/b/x) is also written by t.00000001")
  }

  /// Whatever goes wrong, and at whichever call of the watcher, each file is one job's, once.
  @Test(arguments: [.death, .deathTorn, .lostReply] as [EveryCallTests.Trouble])
  func everyCall(
    _ trouble: EveryCallTests.Trouble
  ) throws {
    try EveryCallTests.sweep(trouble) { call in
      var setup = GroupTests.onePilot
      setup.seed = call
      let world = try GroupTests.world(groups: 1, files: 4, setup: setup) { payload in
        payload.arguments.count > 3 ? .exit(3) : World.writeOutputs(payload)
      }
      try world.task("t", Self.members)
      try #require(world.run { world.hasEnded("t") && world.isQuiet })
      let nth = NthCall(call)
      trouble.apply(to: world, .watcher, nth)
      try world.order("retry", "t", #""split": true"#)
      let isSettled = world.run(until: { world.summary("t")?["state"] == "done" && world.isQuiet })
      let hasHappened = trouble.isDeath ? !world.faults.isCrashPending : nth.hasCome
      world.faults.clear()
      #expect(
        isSettled && world.settle(), "\(trouble) at call \(call): \(world.said) \(world.errors)")
      let wrong = world.faultsAtTheEnd("t", jobs: 4)
      #expect(wrong == [], "\(trouble) at call \(call): \(world.said) \(world.errors)")
      return hasHappened
    }
  }
}
