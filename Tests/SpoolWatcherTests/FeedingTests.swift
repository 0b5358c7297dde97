import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Forming and feeding: bounded, in the order of priority, from every kind of input (DESIGN 5, 6).
struct FeedingTests {
  private static func world(pilots: Int = 1) throws -> World {
    var setup = World.Setup()
    setup.pilots = pilots
    return try World(setup)
  }

  static func plant(_ world: World, _ dataset: String, _ count: Int, closed: Bool = true) throws {
    let paths = (0..<count).map { "/data/\(dataset)\($0).raw" }
    for path in paths { try world.files.plant([1], at: path) }
    let manifest: JSON = [
      "kind": "dataset", "name": .string(dataset), "closed": .bool(closed),
      "files": .array(paths.map { .string($0) }),
    ]
    try world.drop("\(dataset).json", String(decoding: manifest.compact, as: UTF8.self))
  }

  /// How many inputs each job that ran had.
  private func inputs(_ world: World) -> [Int] {
    (world.runner(1)?.started ?? []).map { $0.arguments.filter { $0.hasSuffix(".raw") }.count }
  }

  /// With nobody to take them the next 64 jobs of a shape lie in ready, never the backlog.
  @Test func theFloor() throws {
    let world = try Self.world(pilots: 0)
    try world.task("t", LifeTests.members.replacing("6", with: "5000"))
    world.run(for: 20_000)
    #expect(world.jobFiles("ready-cpu").count == 64)
    // Another shape has a floor of its own.
    try world.task(
      "u", #""input": {"count": 100}, "command": ["work"], "resources": {"cpus": 3}"#)
    world.run(for: 5000)
    #expect(world.jobFiles("ready-cpu").count == 128)
  }

  /// However fast they are taken: ready stays bounded.
  @Test func neverTheBacklog() throws {
    let world = try Self.world(pilots: 3)
    try world.task("t", #""input": {"count": 1000}, "command": ["work"]"#)
    var most = 0
    while !world.hasEnded("t") {
      world.run(for: 50)
      most = max(most, world.jobFiles("ready-cpu").count)
    }
    #expect(most >= 6, "\(most)")
    #expect(most <= 512, "\(most) \(world.time.now)")
    #expect(world.attempts("t").count == 1000)
  }

  /// What is more urgent is claimed first, and is let into ready though it is full.
  @Test func priorities() throws {
    let world = try Self.world(pilots: 0)
    try world.task("slow", #""input": {"count": 300}, "command": ["work"], "priority": 8"#)
    #expect(world.run(until: { world.jobFiles("ready-cpu").count == 64 }))
    try world.task("fast", #""input": {"count": 50}, "command": ["work"], "priority": 1"#)
    #expect(world.run(until: { world.jobFiles("ready-cpu").count == 114 }))
    world.addPilot()
    #expect(world.run(until: { world.hasEnded("fast") }))
    let order = (world.runner(1)?.started ?? []).map { $0.environment["SPOOL_TASK"] ?? "" }
    #expect(order.prefix(50).allSatisfy { $0 == "fast" })
  }

  @Test func filesPerJob() throws {
    let world = try Self.world()
    try Self.plant(world, "raw", 10)
    try world.task(
      "t", #""input": "raw", "command": ["work", "{inputs}"], "filesPerJob": 4"#)
    #expect(world.settle())
    #expect(inputs(world).sorted() == [2, 4, 4])
  }

  /// An open dataset: groups wait until they are full, or until it is closed.
  @Test func groupsWaitForMore() throws {
    let world = try Self.world()
    try Self.plant(world, "raw", 6, closed: false)
    try world.task(
      "t", #""input": "raw", "command": ["work", "{inputs}"], "filesPerJob": 4"#)
    world.run(for: 5000)
    #expect(inputs(world) == [4])
    #expect(!world.hasEnded("t"))
    try world.drop("end.json", #"{"kind": "dataset", "name": "raw", "closed": true}"#)
    #expect(world.settle())
    #expect(inputs(world) == [4, 2])
  }

  @Test func allInOne() throws {
    let world = try Self.world()
    try Self.plant(world, "raw", 5, closed: false)
    try Self.plant(world, "more", 3)
    try world.task(
      "t", #""input": ["raw", "more"], "command": ["work", "{inputs}"], "filesPerJob": "all""#)
    world.run(for: 5000)
    #expect(inputs(world) == [])
    try world.drop("end.json", #"{"kind": "dataset", "name": "raw", "closed": true}"#)
    #expect(world.settle())
    #expect(inputs(world) == [8])
  }

  /// Fan-in: jobs of several datasets, each as its files come.
  @Test func fanIn() throws {
    let world = try Self.world()
    try Self.plant(world, "a", 3)
    try world.task("t", #""input": ["a", "b"], "command": ["work", "{input}"]"#)
    world.run(for: 3000)
    #expect(inputs(world) == [])
    try Self.plant(world, "b", 4)
    #expect(world.settle())
    #expect(inputs(world) == Array(repeating: 1, count: 7))
    let paths = Set((world.runner(1)?.started ?? []).map { $0.arguments[1] })
    #expect(paths.count == 7)
  }

  /// A dataset that does not come is waited for, not for ever (R10).
  @Test func aDatasetThatDoesNotCome() throws {
    let world = try Self.world()
    try world.task("t", #""input": "none", "command": ["work", "{input}"]"#)
    world.run(for: 55_000)
    #expect(!world.hasEnded("t"))
    #expect(world.run(atMost: 10_000, until: { world.hasEnded("t") }))
    #expect(world.summary("t")?["reason"]?.string?.contains("none") == true)
  }

  /// A dataset that a task fills streams into the next task, and closes when the first has ended.
  @Test(arguments: [1, 3]) func aChain(filesPerJob: Int) throws {
    let world = try Self.world(pilots: 2)
    try world.task("a", LifeTests.members.replacing("6", with: "20"))
    try world.task(
      "b",
      """
      "input": "a", "command": ["work", "{inputs}", "{output}"], "filesPerJob": \(filesPerJob),
      "outputs": [{"path": "/data/out/b{index}.root"}]
      """)
    #expect(world.settle())
    #expect(world.errors.isEmpty, "\(world.errors)")
    #expect(world.faultsAtTheEnd("b", jobs: (20 + filesPerJob - 1) / filesPerJob) == [])
    let parents = world.lines("datasets/b.jsonl").flatMap { $0["parents"]?.array ?? [] }
    #expect(Set(parents.compactMap(\.string)).count == 20)
  }

  /// `count: 0`, an empty dataset: done at once.
  @Test func nothingToDo() throws {
    let world = try Self.world()
    try world.task("t", #""input": {"count": 0}, "command": ["work"]"#)
    try world.drop("e.json", #"{"kind": "dataset", "name": "e", "closed": true}"#)
    try world.task("u", #""input": "e", "command": ["work"]"#)
    #expect(world.settle())
    #expect(world.summary("t")?["state"]?.string == "done")
    #expect(world.summary("u")?["state"]?.string == "done")
  }
}
