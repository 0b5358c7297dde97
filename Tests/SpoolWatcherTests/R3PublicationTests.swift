import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// R3: outputs are staged, and the watcher publishes: after the commit, never over what is not ours.
struct R3PublicationTests {
  static func world(_ change: (inout World.Setup) -> Void = { _ in }) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    change(&setup)
    return try World(setup)
  }

  static func isPublication(_ call: FileCall) -> Bool {
    [.rename, .renameExclusively, .link].contains(call.operation) && call.path.contains("/.spool.")
  }

  /// No part gets its final name before the journal has it; and the directory is durable before
  /// the journal says that it is published.
  @Test func theJournalComesFirst() throws {
    let world = try Self.world()
    let early = Log<String>()
    let order = Log<String>()
    world.faults.watch { [files = world.files] party, call in
      guard party == .watcher else { return }
      let segments = files.paths(below: "/data/spool/journal").filter { $0.hasSuffix(".log") }
      let journal = segments.map { String(decoding: files.peek($0) ?? [], as: UTF8.self) }.joined()
      if Self.isPublication(call) {
        let part = call.path.split(separator: "/").last ?? "?"
        if !journal.contains("\"part\":\"\(part)\"") { early.add(call.path) }
        order.add("publish")
      } else if call.operation == .syncDirectory, call.path == "/data/out" {
        order.add("sync")
      }
    }
    try world.task("t", R1ClaimTests.one)
    let isPublished = { world.journal.contains("\"published\"") }
    #expect(world.run(until: { isPublished() || order.all.count == 2 }))
    #expect(order.all == ["publish", "sync"])
    #expect(!isPublished())
    #expect(world.settle())
    #expect(early.all == [])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// Catalogue and inbox follow the journal's *published*.
  @Test func viewsComeLast() throws {
    let world = try Self.world()
    let early = Log<String>()
    world.faults.watch { [files = world.files] party, call in
      guard party == .watcher else { return }
      let isView = call.operation == .write && call.path.hasSuffix("/t.jsonl")
      let isClearing = call.operation == .rename && call.path.contains("/done/p5-")
      guard isView || isClearing else { return }
      let segments = files.paths(below: "/data/spool/journal").filter { $0.hasSuffix(".log") }
      let journal = segments.map { String(decoding: files.peek($0) ?? [], as: UTF8.self) }.joined()
      if !journal.contains("\"published\"") { early.add(call.path) }
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(early.all == [])
  }

  /// What stands at the final path is never replaced, whether it was there from the start or came
  /// at the last moment; nor is the attempt made again.
  @Test(arguments: [false, true]) func outputExists(atTheLastMoment: Bool) throws {
    let world = try Self.world()
    let foreign = Array("not ours".utf8)
    if atTheLastMoment {
      world.faults.watch { [files = world.files] _, call in
        guard Self.isPublication(call), let path = call.destination else { return }
        try? files.plant(foreign, at: path)
      }
    } else {
      try world.files.plant(foreign, at: "/data/out/0.root")
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.files.peek("/data/out/0.root") == foreign)
    #expect(world.attempts("t") == ["00 a1 exists"])
    #expect(world.journal.contains(#""type":"accepted""#) == atTheLastMoment)
    let reason = world.lines("ledger/t.jsonl").first?["reason"]?.string ?? ""
    #expect(reason.contains("output exists"), "\(reason)")
    #expect(world.summary("t")?["state"]?.string == "failed")
    #expect(!world.files.paths(below: "/data/out").contains { $0.contains(".spool.") })
  }

  /// On NFS, too, where the watcher's host has cached that the name is free: it has looked before it
  /// accepted the result.
  @Test func outputExistsBehindACache() throws {
    let world = try Self.world()
    world.becomeNFS()
    let foreign = Array("not ours".utf8)
    world.faults.watch { [files = world.files] party, call in
      guard party == .watcher, call.operation == .renameExclusively, Self.isPublication(call),
        let path = call.destination
      else { return }
      try? files.plant(foreign, at: path)
      // The look before the rename, which there was, finds nothing.
      #expect((try? files.attributes(of: path)) == nil)
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.files.peek("/data/out/0.root") == foreign)
    #expect(world.attempts("t") == ["00 a1 exists"])
    #expect(world.journal.contains(#""type":"accepted""#))
    #expect(world.summary("t")?["state"]?.string == "failed")
    #expect(!world.files.paths(below: "/data/out").contains { $0.contains(".spool.") })
  }

  /// Where a publication linked, and the part cannot be removed, the job is refused in the end and
  /// nothing keeps the final name.
  @Test func aPartThatStaysGivesTheNameBack() throws {
    let world = try Self.world()
    world.files.remove([.exclusiveRename])
    world.faults.before { party, call, _ in
      let isPart = call.operation == .remove && call.path.contains("/.spool.a1@")
      return party == .watcher && isPart ? .fails(EPERM) : nil
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 staging", "00 a2 ok"])
    world.faults.clear()
    world.run(for: 70_000)
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// What its pilot could not remove after a failure, the watcher removes after the grace period.
  @Test func partsOfAFailureAreRemoved() throws {
    let world = try Self.world { setup in
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        if payload.environment["SPOOL_ATTEMPT"] == "1" { outcome.status = .exited(3) }
        return outcome
      }
    }
    world.faults.before { party, call, _ in
      let isPart = call.operation == .remove && call.path.contains("/.spool.")
      return party == .pilot(1) && isPart ? .fails(EIO) : nil
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 exit3", "00 a2 ok"])
    world.run(for: 5000)
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  @Test func overwritesWhereAsked() throws {
    let world = try Self.world()
    try world.files.plant([1, 2], at: "/data/out/0.root")
    try world.task(
      "t", R1ClaimTests.one.replacing(".root\"", with: ".root\", \"overwrite\": true"))
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A part that is gone, or of another size than the result says, is not published.
  @Test(arguments: [false, true]) func badPart(isGone: Bool) throws {
    let world = try Self.world()
    let once = Once()
    world.faults.watch { [files = world.files] party, call in
      guard party == .watcher, call.operation == .attributes, call.path.contains("/.spool."),
        once.isFirst()
      else { return }
      if isGone { try? files.remove(call.path) } else { try? files.plant([1], at: call.path) }
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 staging", "00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// The reply to a publication is lost: it is found done, and registered once.
  @Test(arguments: [2, 5, 17] as [Int32]) func lostReply(code: Int32) throws {
    let world = try Self.world()
    world.faults.after { _, call, _ in Self.isPublication(call) ? code : nil }
    try world.task("t", LifeTests.members)
    #expect(world.settle())
    #expect(world.attempts("t").count == 6)
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// The parts of an attempt that was lost stay for the grace period, in which its pilot may yet
  /// write, and are removed then.
  @Test func partsGoAfterTheGrace() throws {
    let world = try Self.world { setup in
      setup.config.partGrace = .milliseconds(20_000)
      setup.script = { payload in
        var outcome = World.writeOutputs(payload)
        outcome.duration = 1000
        return outcome
      }
    }
    let parts = { world.files.paths(below: "/data/out").filter { $0.contains("/.spool.a1@") } }
    try world.task("t", R1ClaimTests.one)
    #expect(world.run(until: { !parts().isEmpty }))
    world.killPilot(1)
    #expect(world.run(until: { world.hasEnded("t") }))
    let part = try #require(parts().first)
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
    world.run(for: 15_000)
    #expect(world.files.peek(part) != nil)
    world.run(for: 9000)
    #expect(world.files.peek(part) == nil)
  }

  /// Two inputs that lead to one output path: the second job is refused, naming the first.
  @Test func twoInputsOneOutput() throws {
    let world = try Self.world()
    try world.files.plant([1], at: "/data/x.raw")
    try world.files.plantDirectories("/data/y")
    try world.files.plant([1], at: "/data/y/x.raw")
    try world.task(
      "t",
      """
      "input": {"files": ["/data/x.raw", "/data/y/x.raw"]}, "command": ["work", "{output}"],
      "outputs": [{"path": "/data/out/{stem}.root"}]
      """)
    #expect(world.settle())
    #expect(world.attempts("t").sorted() == ["00 a1 ok", "01 a1 refused"])
    let refused = world.lines("ledger/t.jsonl").first { $0["outcome"]?.string == "refused" }
    let reason = refused?["reason"]?.string ?? ""
    #expect(reason.contains("/data/out/x.root") && reason.contains("t.00000000"), "\(reason)")
  }

  /// Two tasks with one output path: the second is refused, naming both.
  @Test func twoTasksOneOutput() throws {
    let world = try Self.world { $0.pilots = 0 }
    try world.task("t", R1ClaimTests.one)
    #expect(world.run(until: { world.names("ready-cpu").count == 1 }))
    try world.task("u", R1ClaimTests.one)
    #expect(world.run(until: { world.names("failed/@refused").count == 2 }))
    let reason = world.files.peek("\(World.root)/failed/@refused/u.json.reason") ?? []
    let text = String(decoding: reason, as: UTF8.self)
    #expect(text.contains("/data/out/{index}.root") && text.contains("the task t"), "\(text)")
  }

  /// A directory that refuses one task's outputs holds no other task up, and is not tried for ever.
  @Test(arguments: [13, 5] as [Int32]) func aBadDirectoryHarmsNoOther(code: Int32) throws {
    let world = try Self.world { $0.config.infrastructureAttempts = 2 }
    try world.files.plantDirectories("/data/bad")
    world.faults.before { party, call, _ in
      guard party == .watcher else { return nil }
      let isBad = call.path.hasPrefix("/data/bad/") && Self.isPublication(call)
      return isBad ? .fails(code) : nil
    }
    try world.task("bad", R1ClaimTests.one.replacing("/data/out", with: "/data/bad"))
    #expect(world.run(until: { world.journal.contains("accepted") }))
    try world.task("good", LifeTests.members)
    #expect(world.run(atMost: 2000, until: { world.summary("good") != nil }))
    #expect(world.faults.calls(.watcher) > 0)
    #expect(world.run(atMost: 7_200_000, until: { world.summary("bad") != nil }))
    #expect(world.attempts("bad").allSatisfy { $0.hasSuffix("staging") })
    #expect(world.attempts("bad").count == world.setup.config.infrastructureAttempts)
    world.faults.clear()
    #expect(world.settle())
    #expect(!world.files.paths(below: "/data/bad").contains { $0.contains(".spool.") })
  }
}
