import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// R4: a retry is a new file with a new number, journalled first; no number is issued twice.
struct R4AttemptTests {
  static func isPut(_ party: Party, _ call: FileCall) -> Bool {
    party == .watcher && call.operation == .rename && call.path.contains("/ready-cpu/.p5-")
  }

  private func world(_ script: @escaping (Payload) -> FakeOutcome) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.script = script
    return try World(setup)
  }

  /// Each put of an attempt beyond the first finds it in the journal.
  @Test func journalledBeforeItIsPut() throws {
    let world = try world { payload in
      payload.environment["SPOOL_ATTEMPT"] == "1" ? .exit(1) : World.writeOutputs(payload)
    }
    let early = Log<String>()
    let puts = Log<String>()
    world.faults.watch { [files = world.files] party, call in
      guard Self.isPut(party, call) else { return }
      puts.add(call.destination ?? "")
      guard call.path.contains(".a2.") else { return }
      let segments = files.paths(below: "/data/spool/journal").filter { $0.hasSuffix(".log") }
      let journal = segments.map { String(decoding: files.peek($0) ?? [], as: UTF8.self) }.joined()
      if !journal.contains(#""type":"attempt""#) { early.add(call.path) }
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(puts.all.count == 2)
    #expect(early.all == [])
    #expect(world.attempts("t") == ["00 a1 exit1", "00 a2 ok"])
  }

  /// A put whose outcome is unknown is followed by a new attempt; should the older file appear yet,
  /// it is withdrawn, or its result does not count.
  @Test(arguments: [false, true]) func putInDoubt(arrivesLate: Bool) throws {
    let world = try world(World.writeOutputs)
    let late = Log<(path: String, contents: [UInt8])>()
    let once = Once()
    world.faults.before { [files = world.files] party, call, _ in
      guard Self.isPut(party, call), once.isFirst() else { return nil }
      late.add((call.destination ?? "", files.peek(call.path) ?? []))
      return .fails(5)
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.run(until: { once.hasCome }))
    if arrivesLate, let file = late.all.first {
      try world.files.plant(file.contents, at: file.path)
    }
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// The reply to a put was lost: it stands, and no new attempt is made.
  @Test func putReplyLost() throws {
    let world = try world(World.writeOutputs)
    world.faults.after { party, call, _ in Self.isPut(party, call) ? 5 : nil }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// However often the watcher dies, no number is put twice.
  @Test(arguments: 1...12) func noNumberTwice(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    setup.script = EveryCallTests.failOnce
    let world = try World(setup)
    let puts = Log<String>()
    world.faults.after { party, call, _ in
      if Self.isPut(party, call) { puts.add(call.destination ?? "") }
      return nil
    }
    try world.task("t", LifeTests.members)
    var random = SeededRandom(seed)
    for _ in 0..<4 {
      world.faults.crash(.watcher, at: Int.random(in: 5..<90, using: &random))
      world.run(atMost: 3000, until: { !world.faults.isCrashPending })
    }
    world.faults.crash(.nobody, at: .max)
    #expect(world.settle())
    #expect(Set(puts.all).count == puts.all.count)
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  // MARK: Budgets

  /// The payload's own failures: so many runs in all.
  @Test func payloadBudget() throws {
    let world = try world { _ in .exit(3) }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 exit3", "00 a2 exit3", "00 a3 exit3"])
    #expect(world.summary("t")?["failures"]?["exit3"]?.integer == 1)
  }

  @Test func neverAgain() throws {
    let world = try world { _ in .exit(2) }
    try world.task(
      "t", R1ClaimTests.one.replacing(#""retry": {"#, with: #""retry": {"never": [2], "#))
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 exit2"])
  }

  /// Failures of what is around it have a budget of their own, and leave the payload's alone.
  @Test func infrastructureBudget() throws {
    let world = try world(World.writeOutputs)
    try world.task(
      "t",
      """
      "input": {"files": [{"path": "/data/none.raw", "size": 3}]}, "command": ["work", "{output}"],
      "outputs": [{"path": "/data/out/{index}.root"}], "retry": {"backoff": "10ms"}
      """)
    #expect(world.run(until: { world.attempts("t").count == 4 }))
    try world.files.plant([1, 2, 3], at: "/data/none.raw")
    #expect(world.settle(atMost: 300_000))
    #expect(world.attempts("t").dropLast().allSatisfy { $0.hasSuffix(" input") })
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
    let other = try self.world(World.writeOutputs)
    try other.task(
      "u",
      """
      "input": {"files": ["/data/none.raw"]}, "command": ["work", "{input}"]
      """)
    #expect(other.settle(atMost: 900_000))
    #expect(other.attempts("u").count == 10)
    #expect(other.summary("u")?["state"]?.string == "failed")
  }

  /// Giving back costs no budget: after five of them the payload has both its runs yet.
  @Test func returnsCostNothing() throws {
    let world = try world { payload in
      if payload.environment["SPOOL_ATTEMPT"] == "6" { return .exit(1) }
      var outcome = World.writeOutputs(payload)
      outcome.duration = 5000
      return outcome
    }
    try world.task("t", R1ClaimTests.one.replacing("10ms\"", with: "10ms\", \"attempts\": 2"))
    for number in 1...5 {
      #expect(world.run(until: { world.runner(number)?.load == 1 }))
      world.pilot(number)?.giveBack()
      #expect(world.run(until: { world.pilot(number)?.isFinished == true }))
      world.addPilot()
    }
    #expect(world.settle())
    #expect(world.attempts("t").count == 7)
    #expect(world.attempts("t").last == "00 a7 ok")
  }

  /// The wait before the next attempt doubles.
  @Test func backoff() throws {
    let world = try world { _ in .exit(1) }
    try world.task(
      "t", R1ClaimTests.one.replacing("10ms\"", with: "4s\", \"attempts\": 4"))
    #expect(world.settle())
    let starts = world.lines("ledger/t.jsonl").compactMap { $0["started"]?.integer }
    #expect(starts.count == 4)
    for (index, wait) in zip(starts.dropFirst(), starts).map({ $0 - $1 }).enumerated() {
      let expected = 4000 << index
      #expect((expected...expected + 2500).contains(wait), "\(index): \(wait) ms")
    }
  }

  /// Over its memory: the next attempt may use more.
  @Test func memoryGrows() throws {
    let world = try world { payload in
      var outcome = World.writeOutputs(payload)
      if payload.memory < 3_000_000_000 { outcome.reason = .memory }
      return outcome
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 memory", "00 a2 ok"])
    #expect(world.runner(1)?.started.map(\.memory) == [2_000_000_000, 3_000_000_000])
  }
}
