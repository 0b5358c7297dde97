import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// A large dataset: work per turn and memory in flight do not grow with it (DESIGN 8). Counts of
/// what is read, not times.
struct MillionTests {
  static let files = 20_000

  @Test func aLargeManifest() throws {
    var setup = World.Setup()
    setup.pilots = 1
    setup.slots = 16
    setup.config.keepJobFiles = 10
    let world = try World(setup)
    var text = #"{"kind": "dataset", "name": "raw", "closed": true}"# + "\n"
    for number in 0..<Self.files {
      text += "{\"path\":\"/data/\(number).raw\"}\n"
      if number < 2500 { try world.files.plant([1], at: "/data/\(number).raw") }
    }
    try world.drop("raw.jsonl", text)
    #expect(world.run(until: { world.journal.contains("\"closed\"") }))
    try world.task("t", #""input": "raw", "command": ["work", "{index}"]"#)
    var costs: [Int] = []
    var most = 0
    for part in 1...4 {
      let before = world.faults.counts(.watcher)
      let target = part * 300
      try #require(world.run(until: { world.runner(1)?.started.count ?? 0 >= target }))
      costs.append((world.faults.counts(.watcher) - before).total)
      most = max(most, world.jobFiles("ready-cpu").count)
    }
    #expect(most <= 512)
    #expect((costs.max() ?? 0) <= (costs.min() ?? 0) * 13 / 10, "\(costs)")
  }
}
