import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// R1: a claim is a rename, and only the pilot's own destination tells whether it worked.
struct R1ClaimTests {
  static let one = """
    "input": {"count": 1}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}], "retry": {"backoff": "10ms"}
    """

  private func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    change(&setup)
    return try World(setup)
  }

  static func isClaim(_ party: Party, _ call: FileCall) -> Bool {
    party == .pilot(1) && call.operation == .rename && call.path.contains("/ready-cpu/")
  }

  /// The rename was done: the job runs at once, not at the next heartbeat.
  /// An ENOENT is in doubt only if it took long, as a call that the client had to repeat.
  @Test(arguments: [(2, 500), (5, 0)] as [(Int32, Int)])
  func lostReply(code: Int32, milliseconds: Int) throws {
    let world = try world()
    let time = world.time
    world.faults.after { party, call, _ in
      guard Self.isClaim(party, call) else { return nil }
      time.advance(milliseconds)
      return code
    }
    try world.task("t", Self.one)
    #expect(world.run(until: { world.claims.count == 1 }))
    #expect(world.runner(1)?.started.count == 1)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// An ENOENT that came at once is believed until the heartbeat.
  @Test func lostReplyOfAClaimThatSeemsLost() throws {
    let world = try world()
    world.faults.after { party, call, _ in Self.isClaim(party, call) ? 2 : nil }
    try world.task("t", Self.one)
    #expect(world.run(until: { world.claims.count == 1 }))
    #expect(world.runner(1)?.started.count == 0)
    #expect(world.run(atMost: 600, until: { world.runner(1)?.started.count == 1 }))
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// Runs a task of one job whose first claim fails with this errno; returns the pilot's calls from
  /// then on.
  private func callsAfter(aClaimFailsWith code: Int32) throws -> [FileCall] {
    let world = try world()
    let calls = Log<FileCall>()
    let failure = Once()
    world.faults.watch { party, call in
      if party == .pilot(1), failure.hasCome { calls.add(call) }
    }
    world.faults.before { party, call, _ in
      Self.isClaim(party, call) && failure.isFirst() ? .fails(code) : nil
    }
    try world.task("t", Self.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
    return calls.all
  }

  /// A lost race costs one call.
  @Test func aLostRaceCostsOneCall() throws {
    let calls = try callsAfter(aClaimFailsWith: ENOENT)
    #expect(calls.contains { $0.path.contains("/p5-") })
    #expect(calls.filter { $0.operation == .attributes && $0.path.contains("/p5-") } == [])
  }

  /// After an error nothing but the own destination is looked at.
  @Test func nothingIsConcludedFromTheSource() throws {
    let calls = try callsAfter(aClaimFailsWith: EIO)
    let first = try #require(calls.first)
    #expect(first.operation == .attributes)
    #expect(first.path.contains("/running/node1-"))
    let looks = calls.filter { $0.operation != .rename && $0.path.contains("/ready-cpu/p") }
    #expect(looks == [])
  }

  /// A claim that is carried out after its failure was reported is found at the heartbeat.
  @Test(arguments: [false, true]) func lateClaim(isDraining: Bool) throws {
    let world = try world()
    let late = Log<FileCall>()
    let failure = Once()
    world.faults.before { party, call, _ in
      guard Self.isClaim(party, call), failure.isFirst() else { return nil }
      late.add(call)
      return .fails(2)
    }
    try world.task("t", Self.one)
    #expect(world.run(until: { failure.hasCome }))
    let call = try #require(late.all.first)
    try world.files.rename(call.path, to: call.destination ?? "")
    if isDraining { world.pilot(1)?.drain() }
    #expect(world.run(atMost: 2000, until: { world.claims.isEmpty }))
    if isDraining { world.addPilot() }
    #expect(world.settle())
    #expect(world.attempts("t") == (isDraining ? ["00 a1 returned", "00 a2 ok"] : ["00 a1 ok"]))
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// Who finds a claim gone kills its payload and brings nothing back.
  @Test func takenClaimKillsThePayload() throws {
    let world = try world { setup in
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        if payload.environment["SPOOL_ATTEMPT"] == "1" { outcome.duration = 50_000 }
        return outcome
      }
    }
    try world.task("t", Self.one)
    #expect(world.run(until: { world.runner(1)?.load == 1 }))
    let path = try #require(world.claims.first)
    let file = try #require(JobName(fileName: String(path.split(separator: "/").last ?? "")))
    let pilot = try #require(world.pilot(1)?.name)
    #expect(try world.spool.take(file, from: pilot, as: .lost))
    #expect(world.run(atMost: 1500, until: { world.runner(1)?.killed == [1] }))
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A listing that omits a claim is no proof that it was taken.
  @Test func omittedClaimIsNotLost() throws {
    let world = try world { setup in
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.duration = 5000
        return outcome
      }
    }
    world.faults.bend { party, directory, listing in
      guard party == .pilot(1), directory.contains("/running/") else { return listing }
      return Listing(names: ["pilot.json"], unreadable: 0)
    }
    try world.task("t", Self.one)
    #expect(world.settle())
    #expect(world.runner(1)?.killed == [])
    #expect(world.attempts("t") == ["00 a1 ok"])
  }

  /// Many pilots, one job each: no job runs twice.
  @Test func manyClaimers() throws {
    let world = try world { setup in
      setup.pilots = 8
      setup.slots = 3
    }
    try world.task("t", LifeTests.members.replacing("6", with: "60"))
    #expect(world.settle())
    #expect(world.attempts("t").count == 60)
    #expect(world.faultsAtTheEnd("t", jobs: 60) == [])
  }
}
