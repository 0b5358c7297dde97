import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// A pilot on which jobs fail that succeed elsewhere is set aside; nobody else ever is.
struct QuarantineTests {
  /// How a payload goes, by the pilot's number and the job's index.
  typealias Script = @Sendable (_ pilot: Int, _ index: Int, _ payload: Payload) -> FakeOutcome

  static func outcome(_ code: Int32, after milliseconds: Int = 100) -> FakeOutcome {
    var outcome = FakeOutcome.exit(code)
    outcome.duration = milliseconds
    return outcome
  }

  static func world(
    pilots: Int = 2, seed: Int = 1, _ script: @escaping Script,
    _ change: (inout World.Setup) -> Void = { _ in }
  ) throws -> World {
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = pilots
    setup.restartAfter = 300
    setup.script = { payload in
      let name = payload.environment["SPOOL_PILOT"] ?? ""
      let number = Int(name.dropFirst(4).prefix { $0 != "-" }) ?? 0
      return script(number, Int(payload.environment["SPOOL_INDEX"] ?? "") ?? 0, payload)
    }
    change(&setup)
    return try World(setup)
  }

  /// Pilot 2 is bad: every job fails on it, at once.
  static let oneIsBad: Script = { pilot, _, _ in
    pilot == 2 ? outcome(1, after: 5) : outcome(0)
  }

  static func task(_ world: World, jobs: Int, _ more: String = "") throws {
    try world.task(
      "t",
      """
      "input": {"count": \(jobs)}, "command": ["w"], "retry": {"attempts": 3, "backoff": "2s"},
      "maxFailedJobs": \(jobs)\(more)
      """)
  }

  func file(_ world: World, _ number: Int) -> String? {
    guard let name = world.pilot(number)?.name else { return nil }
    return world.files.peek(world.spool.layout.quarantine(name)).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private func isAnybodyAside(_ world: World) -> Bool {
    world.files.paths(below: "\(World.root)/running").contains { $0.hasSuffix("/quarantine") }
  }

  private func failures(_ world: World, on number: Int) -> Int {
    world.lines("ledger/t.jsonl").filter {
      $0["outcome"]?.string != "ok" && $0["pilot"]?.string?.hasPrefix("node\(number)-") == true
    }.count
  }

  private func status(_ world: World) -> String {
    String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
  }

  // MARK: Whom it takes

  /// The bad one among good ones: soon, after few jobs, and loudly. The good ones do all the rest.
  @Test(arguments: 1...4) func theBadOne(seed: Int) throws {
    let world = try Self.world(pilots: 3, seed: seed, Self.oneIsBad)
    try Self.task(world, jobs: 300)
    #expect(world.run { file(world, 2) != nil }, "\(world.said)")
    #expect(world.run(atMost: 2000) { world.record(2)?.state == .quarantined })
    let name = try #require(world.pilot(2)?.name.text)
    #expect(world.run(atMost: 5000) { status(world).contains("QUARANTINED") })
    let line = status(world).split(separator: "\n").first { $0.contains("failed here in a row") }
    #expect(line?.contains(name) == true && line?.contains(" of t ") == true)
    #expect(status(world).contains("spool pilots release"))
    #expect(world.said.contains { $0.contains("pilot \(name) is quarantined") })
    #expect(world.settle())
    #expect(failures(world, on: 2) <= 40, "\(failures(world, on: 2))")
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 300)
    #expect(file(world, 1) == nil && file(world, 3) == nil)
    #expect(world.runner(2)?.load == 0)
    #expect(world.journal.contains(#""type":"quarantined","pilot":"\#(name)""#))
  }

  /// Jobs that no pilot can do tell nothing of any pilot.
  @Test(arguments: 1...4) func whatFailsEverywhere(seed: Int) throws {
    let world = try Self.world(pilots: 3, seed: seed) { pilot, _, _ in
      Self.outcome(1, after: 5 + 5 * pilot)
    }
    try Self.task(world, jobs: 100)
    #expect(world.settle(atMost: 300_000))
    #expect(world.summary("t")?["jobs"]?["failed"]?.integer == 100)
    #expect(!isAnybodyAside(world))
    #expect(!world.said.contains { $0.contains("is quarantined") && !$0.contains("suspicion") })
  }

  /// Nor does bad data among good: a fifth of the jobs fails wherever they run.
  @Test(arguments: 1...10) func badData(seed: Int) throws {
    let isBad = { @Sendable (index: Int) in
      var random = SeededRandom(1000 * seed + index)
      return Int.random(in: 0..<5, using: &random) == 0
    }
    let world = try Self.world(pilots: 3, seed: seed) { _, index, _ in
      Self.outcome(isBad(index) ? 1 : 0, after: 20)
    }
    try Self.task(world, jobs: 300)
    #expect(world.settle(atMost: 300_000))
    #expect(world.summary("t")?["jobs"]?["failed"]?.integer == (0..<300).count(where: isBad))
    #expect(!world.said.contains { $0.contains("is quarantined") }, "\(world.said.suffix(5))")
  }

  /// A pilot that is alone is never set aside, not even beside what others did before they left.
  @Test func theOnlyOne() throws {
    let world = try Self.world(pilots: 2, Self.oneIsBad) { $0.restartAfter = nil }
    world.hold(2)
    try Self.task(world, jobs: 100)
    try #require(world.run { world.attempts("t").count >= 20 })
    world.killPilot(1)
    world.run(for: 1000)
    world.hold(2, false)
    #expect(world.settle(atMost: 300_000))
    #expect(failures(world, on: 2) > 100)
    #expect(!world.said.contains { $0.contains("is quarantined") })
  }

  /// A cause that is no pilot's fault: what pilot 2 runs finds its output there already.
  @Test func whatIsNoPilotsFault() throws {
    let world = try Self.world { pilot, index, payload in
      var outcome = World.writeOutputs(payload)
      outcome.duration = pilot == 2 ? 5 : 100
      if pilot == 2 { outcome.files.append(("/data/out/\(index)", [1])) }
      return outcome
    }
    try world.task(
      "t",
      """
      "input": {"count": 100}, "command": ["w", "{output}"],
      "outputs": [{"path": "/data/out/{index}"}], "maxFailedJobs": 100
      """)
    #expect(world.settle())
    #expect(world.summary("t")?["failures"]?["exists"]?.integer ?? 0 > 20)
    #expect(!world.said.contains { $0.contains("is quarantined") })
  }

  // MARK: Suspicion

  /// While nothing has ended elsewhere, many failures in a row are enough to wait for that.
  private func suspected(_ first: Int32, seed: Int = 1) throws -> World {
    let world = try Self.world(seed: seed) { pilot, _, _ in
      pilot == 2 ? Self.outcome(1, after: 5) : Self.outcome(first, after: 20_000)
    }
    try Self.task(world, jobs: 300)
    try #require(world.run(atMost: 15_000) { file(world, 2) != nil }, "\(world.said)")
    #expect(file(world, 2)?.hasPrefix("on suspicion: ") == true)
    #expect((8...60).contains(failures(world, on: 2)), "\(failures(world, on: 2))")
    #expect(world.run(atMost: 2000) { world.record(2)?.state == .quarantined })
    #expect(!world.journal.contains(#""type":"quarantined""#))
    return world
  }

  @Test func suspicionConfirmed() throws {
    let world = try suspected(0)
    #expect(world.run(atMost: 30_000) { file(world, 2)?.contains("suspicion") == false })
    #expect(file(world, 2)?.contains(" done, 0 failed") == true)
    #expect(world.journal.contains(#""type":"quarantined""#))
    #expect(world.run(atMost: 10_000) { world.record(2)?.reason?.contains("elsewhere") == true })
  }

  @Test(arguments: 1...5) func suspicionLifted(seed: Int) throws {
    let world = try suspected(1, seed: seed)
    let before = failures(world, on: 2)
    #expect(world.run(atMost: 30_000) { file(world, 2) == nil })
    #expect(world.run(atMost: 5000) { failures(world, on: 2) > before })
    world.run(for: 60_000)
    #expect(world.said.filter { $0.contains("is quarantined") }.count == 1, "\(world.said)")
    #expect(!world.journal.contains(#""type":"quarantined""#))
  }

  /// The others are gone, or the task is.
  @Test func suspicionWithoutOthers() throws {
    let world = try suspected(0)
    world.setup.restartAfter = nil
    world.killPilot(1)
    #expect(world.run(atMost: 10_000) { file(world, 2) == nil })
    #expect(world.run(atMost: 10_000) { world.record(2)?.state == .active })
  }

  @Test func suspicionOutlivesNoTask() throws {
    // What pilot 1 runs finds its output there already: that tells of no pilot, and ends the task.
    let world = try Self.world { pilot, index, payload in
      guard pilot == 1 else { return Self.outcome(1, after: 5) }
      var outcome = World.writeOutputs(payload)
      outcome.duration = 20_000
      outcome.files.append(("/data/out/\(index)", [1]))
      return outcome
    }
    try world.task(
      "t",
      """
      "input": {"count": 300}, "command": ["w", "{output}"], "retry": {"backoff": "60s"},
      "outputs": [{"path": "/data/out/{index}"}], "stopAfter": 0
      """)
    try #require(world.run(atMost: 15_000) { file(world, 2) != nil })
    try #require(world.run(atMost: 30_000) { world.hasEnded("t") })
    #expect(world.run(atMost: 2000) { file(world, 2) == nil })
    #expect(world.run(atMost: 2000) { world.record(2)?.state == .active })
  }

  /// The one that answered has left since: nobody is left to do the work.
  @Test func answeredByOneThatLeft() throws {
    let world = try suspected(0)
    world.setup.restartAfter = nil
    world.holdWatcher(for: 30_000)
    try #require(world.run(atMost: 29_000) { !world.jobFiles("done").isEmpty })
    world.killPilot(1)
    #expect(world.run(atMost: 40_000) { file(world, 2) == nil })
    #expect(!world.journal.contains(#""type":"quarantined""#))
  }

  /// After a lift the failures still count: what fails everywhere makes nobody suspect twice.
  @Test func noPingPong() throws {
    let runs = Log<Int>()
    let world = try Self.world { pilot, _, _ in
      runs.add(pilot)
      let count = runs.all.count { $0 == pilot }
      // The second pilot fails fast until it is suspected, the first one afterwards.
      let isSlow = pilot == 1 ? count <= 2 : runs.all.count { $0 == 1 } > 2
      return Self.outcome(1, after: isSlow ? 15_000 : 5)
    }
    try Self.task(world, jobs: 400, #", "resources": {"wall": "10m"}"#)
    try #require(world.run(atMost: 10_000) { file(world, 2) != nil })
    try #require(world.run(atMost: 30_000) { file(world, 2) == nil })
    world.run(for: 10_000)
    #expect(failures(world, on: 1) > 20)
    #expect(world.said.filter { $0.contains("is quarantined") }.count == 1, "\(world.said)")
  }

  /// It does not last for ever where the others never get to the task (R10).
  @Test func suspicionLapses() throws {
    let world = try Self.world { pilot, _, payload in
      payload.environment["SPOOL_TASK"] == "other"
        ? Self.outcome(0, after: 1_000_000) : Self.outcome(1, after: 5)
    }
    world.hold(2)
    try world.task("other", #""input": {"count": 2}, "command": ["w"], "priority": 1"#)
    try #require(world.run { world.runner(1)?.load == 2 })
    world.hold(2, false)
    try Self.task(world, jobs: 300, #", "resources": {"wall": "60s"}"#)
    try #require(world.run(atMost: 15_000) { file(world, 2) != nil })
    let since = world.time.now
    #expect(world.run(atMost: 100_000) { file(world, 2) == nil })
    #expect((60_000...65_000).contains(world.time.now - since), "\(world.time.now - since)")
    // And comes again, after as many failures as before.
    #expect(world.run(atMost: 15_000) { file(world, 2) != nil })
  }

  // MARK: The way back

  @Test func released() throws {
    let isMended = Log<Bool>()
    let world = try Self.world { pilot, _, _ in
      pilot == 2 && isMended.all.isEmpty
        ? Self.outcome(1, after: 5) : Self.outcome(0, after: 100)
    }
    try Self.task(world, jobs: 1000)
    try #require(world.run { world.record(2)?.state == .quarantined })
    isMended.add(true)
    let before = world.runner(2)?.started.count ?? 0
    _ = try world.spool.release(try #require(world.pilot(2)).name)
    #expect(world.run(atMost: 3000) { world.runner(2)?.started.count ?? 0 > before + 5 })
    #expect(world.settle(atMost: 300_000))
    #expect(file(world, 2) == nil)
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 1000)
    #expect(!status(world).contains("QUARANTINED"))
  }

  /// One that is released and not mended has to fail anew, as often as before.
  @Test func releasedTooEarly() throws {
    let world = try Self.world(Self.oneIsBad)
    try Self.task(world, jobs: 1000)
    try #require(world.run { world.record(2)?.state == .quarantined })
    world.run(for: 2000)
    let before = failures(world, on: 2)
    _ = try world.spool.release(try #require(world.pilot(2)).name)
    world.run(for: 3000)
    #expect(file(world, 2) != nil)
    let more = failures(world, on: 2) - before
    #expect((3...12).contains(more), "\(more)")
    // It was forgiven anew, too.
    #expect(world.journal.components(of: #""type":"quarantined""#) >= 2)
  }

  /// Released between a suspicion and its confirmation: it stays released.
  @Test func releasedBeforeItIsConfirmed() throws {
    let isMended = Log<Bool>()
    let world = try Self.world { pilot, _, _ in
      pilot == 2
        ? Self.outcome(isMended.all.isEmpty ? 1 : 0, after: 5) : Self.outcome(0, after: 20_000)
    }
    try Self.task(world, jobs: 300)
    try #require(world.run(atMost: 15_000) { file(world, 2) != nil })
    let path = world.spool.layout.quarantine(try #require(world.pilot(2)).name)
    world.faults.after { [files = world.files] party, call, _ in
      if party == .pilot(1), call.destination?.contains("/done/") == true {
        isMended.add(true)
        try? files.remove(path)
      }
      return nil
    }
    #expect(world.run(atMost: 30_000) { !isMended.all.isEmpty })
    world.run(for: 5000)
    #expect(file(world, 2) == nil)
    #expect(world.record(2)?.state == .active)
  }

  /// What happened before somebody's quarantine and release tells nothing any more.
  @Test func evidenceBeginsAnew() throws {
    let runs = Log<Int>()
    let world = try Self.world { pilot, _, _ in
      guard pilot == 2 else { return Self.outcome(0, after: 100_000) }
      runs.add(pilot)
      // Six fail before, three after, each followed by one that lasts.
      if runs.all.count == 7 { return Self.outcome(1, after: 3000) }
      if runs.all.count == 11 { return Self.outcome(0, after: 2000) }
      return Self.outcome(runs.all.count <= 10 ? 1 : 0, after: 5)
    } _: {
      $0.slots = 1
    }
    try Self.task(world, jobs: 300)
    try #require(world.run(atMost: 10_000) { runs.all.count == 7 })
    let name = try #require(world.pilot(2)).name
    try world.spool.quarantine(name, "by hand")
    world.run(for: 6000)
    #expect(world.record(2)?.state == .quarantined)
    _ = try world.spool.release(name)
    world.run(for: 5000)
    #expect(runs.all.count > 20)
    #expect(!world.said.contains { $0.contains("is quarantined") }, "\(world.said)")
  }

  // MARK: What it cost

  /// Jobs in work get back what the bad pilot cost them: with two attempts in all each may still
  /// fail once elsewhere. With every other seed a new watcher reads that from the journal.
  @Test(arguments: 1...5) func forgiven(seed: Int) throws {
    let world = try Self.world(seed: seed) { pilot, _, payload in
      if pilot == 2 { return Self.outcome(1, after: 5) }
      let isSecond = payload.environment["SPOOL_ATTEMPT"] == "2"
      return Self.outcome(isSecond ? 1 : 0, after: 100)
    }
    try world.task(
      "t",
      """
      "input": {"count": 200}, "command": ["w"], "retry": {"attempts": 2, "backoff": "20s"},
      "maxFailedJobs": 200
      """)
    if seed.isMultiple(of: 2) {
      try #require(world.run { world.record(2)?.state == .quarantined })
      world.run(for: 2000)
      world.killWatcher()
    }
    #expect(world.settle(atMost: 300_000))
    #expect(failures(world, on: 2) >= 3)
    // Every job that failed there failed once more on the good one, and was done in its third.
    #expect(world.attempts("t").filter { $0.hasSuffix(" a3 ok") }.count == failures(world, on: 2))
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 200, "\(world.attempts("t"))")
  }

  // MARK: Restarts

  /// A new watcher knows who was quarantined from the pilots themselves, what was forgiven from the
  /// journal, and a suspicion from its file.
  @Test func aNewWatcher() throws {
    let world = try Self.world(Self.oneIsBad)
    try Self.task(world, jobs: 300)
    try #require(world.run { world.record(2)?.state == .quarantined })
    world.killWatcher()
    #expect(world.run { world.watcher != nil })
    world.run(for: 3000)
    #expect(status(world).contains("QUARANTINED"))
    #expect(file(world, 2) != nil)
    #expect(world.settle())
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 300)
    #expect(file(world, 2) != nil)
  }

  @Test(arguments: [0, 1] as [Int32]) func aNewWatcherKnowsASuspicion(first: Int32) throws {
    let world = try suspected(first)
    world.killWatcher()
    try #require(world.run { world.watcher != nil })
    #expect(
      world.run(atMost: 40_000) {
        let text = file(world, 2)
        return first == 1 ? text == nil : text?.contains(" done, 0 failed") == true
      })
  }

  /// Killed at any call of the way to the file: in the end the bad one is aside, and all is well.
  @Test(arguments: 1...15) func killedOnTheWay(seed: Int) throws {
    let world = try Self.world(seed: seed, Self.oneIsBad)
    try Self.task(world, jobs: 200)
    try #require(world.run { failures(world, on: 2) >= 1 })
    world.faults.crash(.watcher, at: 5 + 12 * seed)
    #expect(world.settle(atMost: 300_000), "\(world.said)")
    #expect(world.summary("t")?["jobs"]?["done"]?.integer == 200)
    #expect(file(world, 2) != nil)
    #expect(try SpoolCheck(world.spool).run().findings.isEmpty)
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(of text: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
