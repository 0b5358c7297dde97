import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Files that are not as they were written: made good from what is there twice, or refused with the
/// place. Never a wrong result, never a thing forgotten in silence.
struct DamageTests {
  private static let files = (0..<20).map { "\"/data/in/f\($0)\"" }.joined(separator: ", ")
  private static let members = #"""
    "input": "d", "command": ["cat", "{input}", "{output}"],
    "outputs": [{"path": "/data/out/{stem}"}],
    "resources": {"memory": "64MB", "wall": "60s"}
    """#
  private let catalogue = "\(World.root)/datasets/d.jsonl"
  private let copy = "\(World.root)/journal/catalogues/d.jsonl"

  private func world() throws -> World {
    var setup = World.Setup()
    setup.pilots = 0
    let world = try World(setup)
    try world.drop(
      "d.json",
      "{\"kind\": \"dataset\", \"name\": \"d\", \"files\": [\(Self.files)], \"closed\": true}")
    try #require(world.run(until: { world.lineCount("datasets/d.jsonl") == 20 }))
    return world
  }

  private func flip(_ path: String, _ files: MemoryFileSystem, at place: Int) throws {
    var bytes = try #require(files.peek(path))
    bytes[place] ^= 4
    try files.plant(bytes, at: path)
  }

  /// A damaged catalogue, line by line, header included, is made good from its copy: the task works
  /// on every file, and the log says so.
  @Test(arguments: [5, 100, 700, 1500]) func aCatalogueIsMadeGood(place: Int) throws {
    let world = try world()
    let good = try #require(world.files.peek(catalogue))
    try flip(catalogue, world.files, at: place)
    try world.task("t", Self.members)
    try #require(world.run(until: { world.spool.readyCount == 20 }))
    #expect(world.files.peek(catalogue) == good)
    #expect(world.said.contains { $0.contains("datasets/d.jsonl was damaged") })
  }

  @Test func anEmptiedCatalogueIsMadeGood() throws {
    let world = try world()
    let good = try #require(world.files.peek(catalogue))
    try world.files.plant([], at: catalogue)
    try world.task("t", Self.members)
    try #require(world.run(until: { world.spool.readyCount == 20 }))
    #expect(world.files.peek(catalogue) == good)
  }

  /// Where the copy is damaged at the same place, the task waits, and `STATUS` names the place.
  @Test func bothAreDamaged() throws {
    let world = try world()
    try flip(catalogue, world.files, at: 700)
    try flip(copy, world.files, at: 700)
    try world.task("t", Self.members)
    world.run(for: 5000)
    #expect(world.spool.readyCount == 0)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("datasets/d.jsonl"))
    #expect(status.contains("spool recover"))
    let recovery = try SpoolRecovery(world.spool)
    #expect(recovery.findings.map(\.place) == ["datasets/d.jsonl"])
    #expect(recovery.findings.first?.isLoss == true)
  }
}

extension Spool {
  /// The number of jobs that wait for a pilot.
  fileprivate var readyCount: Int { (try? readyJobs(.cpu, fresh: true).count) ?? 0 }
}
