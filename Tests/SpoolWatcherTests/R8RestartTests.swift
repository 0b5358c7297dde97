import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// R8: a restart scans in the direction of flow, and absence in one listing is no proof.
struct R8RestartTests {
  private static func world(_ seed: Int = 1, pilots: Int = 2) throws -> World {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = pilots
    setup.restartAfter = nil
    return try World(setup)
  }

  /// Restarted again and again while all goes on: nothing is issued anew that is somewhere.
  @Test(arguments: 1...8) func nothingIsMissed(seed: Int) throws {
    let world = try Self.world(seed)
    try world.task("t", LifeTests.members.replacing("6", with: "40"))
    var random = SeededRandom(seed)
    while !world.hasEnded("t") {
      world.run(atMost: Int.random(in: 5...120, using: &random), until: { world.hasEnded("t") })
      world.killWatcher()
      world.run(for: Int.random(in: 1...60, using: &random))
      world.startWatcher()
      try #require(world.run(until: { world.watcher != nil }))
    }
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 40) == [])
  }

  /// With no call failing, a restart while jobs lie in ready, run, or lie in `done/` issues none of
  /// them anew.
  @Test func eachPlaceIsFound() throws {
    let world = try Self.world(pilots: 1)
    world.setup.script = World.writeOutputs
    try world.task("t", LifeTests.members.replacing("6", with: "8"))
    try #require(
      world.run(until: { world.claims.count == 2 && world.jobFiles("ready-cpu").count == 6 }))
    world.killWatcher()
    try #require(world.run(until: { world.jobFiles("done").count >= 2 && world.claims.count > 0 }))
    world.hold(1)
    #expect(!world.jobFiles("ready-cpu").isEmpty)
    world.startWatcher()
    try #require(world.run(until: { world.watcher != nil }))
    world.hold(1, false)
    #expect(world.settle())
    #expect(world.attempts("t").allSatisfy { $0.hasSuffix("a1 ok") })
    #expect(world.faultsAtTheEnd("t", jobs: 8) == [])
  }

  /// What the first look does not show is looked for again; what two do not show is issued anew,
  /// and should it turn up, only one of the two counts.
  @Test(arguments: ["ready-cpu", "running", "done"], [1, 9]) func omitted(
    from place: String, times: Int
  ) throws {
    let world = try Self.world(pilots: 1)
    try world.task("t", LifeTests.members.replacing("6", with: "8"))
    try #require(world.run(until: { world.claims.count == 2 }))
    world.killWatcher()
    if place == "done" {
      try #require(world.run(until: { world.jobFiles("done").count >= 2 }))
    }
    world.hold(1)
    let omissions = Once(times: times)
    let puts = Log<String>()
    world.faults.after { party, call, _ in
      if R4AttemptTests.isPut(party, call) { puts.add(call.destination ?? "") }
      return nil
    }
    world.faults.bend { party, directory, listing in
      guard party == .watcher, directory.contains("/\(place)"), omissions.isFirst() else {
        return listing
      }
      return Listing(names: [], unreadable: 0)
    }
    world.startWatcher()
    try #require(world.run(until: { world.watcher != nil }))
    #expect(world.said.contains { $0.contains("anew") } == (times > 1))
    world.hold(1, false)
    #expect(world.settle())
    let isFirst = world.attempts("t").allSatisfy { $0.hasSuffix("a1 ok") }
    #expect(isFirst || times > 1)
    // Those before the restart had the first number.
    #expect(puts.all.allSatisfy { !$0.contains(".a1.") } && Set(puts.all).count == puts.all.count)
    #expect(world.faultsAtTheEnd("t", jobs: 8) == [])
  }

  /// A claimed job's file that vanishes while the watcher lives: issued anew by the second audit,
  /// not by the first.
  @Test func vanished() throws {
    let world = try Self.world(pilots: 1)
    world.setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      if payload.environment["SPOOL_ATTEMPT"] == "1" { outcome.duration = 500_000 }
      return outcome
    }
    try world.task("t", R1ClaimTests.one)
    try #require(world.run(until: { world.claims.count == 1 }))
    try world.files.remove(try #require(world.claims.first))
    world.run(for: 70_000)
    #expect(world.attempts("t") == [])
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 torn", "00 a2 ok"])
  }

  /// A listing of the journal may omit entries, even all: nothing is forgotten for that. `segments`:
  /// how many of the last are omitted.
  @Test(arguments: [1, 2, 100]) func theJournalsListingOmits(segments: Int) throws {
    var setup = World.Setup()
    setup.config.checkpointEvery = 100
    setup.script = { payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = 500
      return outcome
    }
    let world = try World(setup)
    // So many restarts that the segments have numbers which nobody would try.
    for _ in 0..<8 {
      try #require(world.run(until: { world.watcher != nil }))
      world.run(for: 50)
      world.killWatcher()
    }
    try world.task("t", LifeTests.members.replacing("6", with: "60"))
    for round in 1...3 {
      try #require(world.run(until: { world.attempts("t").count >= 15 * round }))
      #expect(!world.hasEnded("t"))
      world.killWatcher()
      world.faults.bend { party, directory, listing in
        guard party == .watcher, directory.hasSuffix("/journal") else { return listing }
        var bent = listing
        let logs = bent.names.filter { $0.hasSuffix(".log") }.sorted().suffix(segments)
        bent.names.removeAll { logs.contains($0) }
        return bent
      }
      try #require(world.run(atMost: 20_000, until: { world.watcher != nil }))
      world.faults.clear()
    }
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 60) == [])
  }

  /// Lines that a watcher wrote into a view and did not live to count are cut off.
  @Test func viewsAreCut() throws {
    let world = try Self.world(pilots: 1)
    try world.task("t", LifeTests.members.replacing("6", with: "8"))
    try #require(world.run(until: { world.attempts("t").count >= 3 }))
    world.killWatcher()
    for path in ["\(World.root)/ledger/t.jsonl", "\(World.root)/datasets/t.jsonl"] {
      let bytes = try #require(world.files.peek(path))
      let junk = Array(repeating: UInt8(ascii: "x"), count: 9000)
      try world.files.plant(bytes + junk, at: path)
    }
    world.startWatcher()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 8) == [])
  }

  /// A power cut: what is acknowledged stays, the rest is run again.
  @Test(arguments: 1...8) func powerCut(seed: Int) throws {
    let world = try Self.world(seed)
    try world.task("t", LifeTests.members.replacing("6", with: "12"))
    try #require(world.run(until: { world.attempts("t").count >= seed % 8 + 1 }))
    let acknowledged = world.journal
    world.killWatcher()
    for number in 1...2 { world.killPilot(number) }
    world.files.crash()
    for line in acknowledged.split(separator: "\n") { #expect(world.journal.contains(line)) }
    world.addPilot()
    world.startWatcher()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 12) == [])
  }
}
