import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// R7: one watcher: a lock, an epoch, and a zombie that damages nothing.
struct R7OneWatcherTests {
  let files = MemoryFileSystem()
  let spool: Spool

  init() throws {
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files, config: World.quick)
    spool = try Spool.open("/data/spool", files: files)
  }

  private func lease(gone: @escaping (JSON) -> Bool? = { _ in nil }) -> WatcherLease {
    WatcherLease(
      spool,
      WatcherRecord(epoch: 0, host: "h", version: "1", process: ["pid": 1], at: 0), isGone: gone)
  }

  private enum Outcome: Equatable {
    case standby, waiting, acquired(Int)
  }

  private func step(_ lease: WatcherLease, at now: Int) throws -> Outcome {
    switch try lease.step(now: now) {
    case .standby: .standby
    case .waiting: .waiting
    case .acquired(let epoch): .acquired(epoch)
    }
  }

  // MARK: The lease

  @Test func theSecondStandsBy() throws {
    let first = lease()
    let second = lease()
    #expect(try step(first, at: 0) == .acquired(1))
    #expect(try step(second, at: 0) == .standby)
    #expect(try step(second, at: 1_000_000) == .standby)
    first.release(at: 0)
    #expect(try step(second, at: 1_000_001) == .acquired(2))
  }

  /// The lock alone is not believed: the former watcher must stand still for one time-out.
  @Test func waitsForStandstill() throws {
    let first = lease()
    #expect(try step(first, at: 0) == .acquired(1))
    try files.remove(spool.layout.lock)
    let second = lease()
    #expect(try step(second, at: 0) == .waiting)
    #expect(try step(second, at: 1999) == .waiting)
    try first.beat(at: 7)
    #expect(try step(second, at: 2000) == .waiting)
    #expect(try step(second, at: 3999) == .waiting)
    #expect(try step(second, at: 4000) == .acquired(2))
    #expect(throws: LeaseLost.self) { try first.check() }
    // A late beat of the former goes to a file that has no name any more.
    try first.beat(at: 8)
    #expect(second.current()?.epoch == 2)
    try second.check()
  }

  @Test func doesNotWaitForTheKnownDead() throws {
    var first: WatcherLease? = lease()
    #expect(try first.map { try step($0, at: 0) } == .acquired(1))
    first = nil
    #expect(try step(lease(gone: { _ in true }), at: 0) == .acquired(2))
  }

  /// A record that was torn is no licence: its writer may live, and its epoch is not given again.
  @Test(arguments: [60, 200, 400]) func tornRecord(after count: Int) throws {
    var first: WatcherLease? = lease()
    #expect(try first.map { try step($0, at: 0) } == .acquired(1))
    first = nil
    let bytes = try #require(files.peek(spool.layout.watcher))
    try files.plant(Array(bytes.prefix(count)) + [0, 0], at: spool.layout.watcher)
    let second = lease(gone: { $0 == ["pid": 1] })
    let isTorn = WatcherRecord(Array(bytes.prefix(count)) + [0, 0]) == nil
    #expect(isTorn)
    #expect(try step(second, at: 0) == .waiting)
    #expect(try step(second, at: 2000) == .acquired(2))
  }

  /// That it cannot be read now says nothing of who owns the spool.
  @Test func anUnreadableRecord() throws {
    let first = lease()
    #expect(try step(first, at: 0) == .acquired(1))
    files.onCall = { $0.operation == .read ? .fails(5) : nil }
    #expect(throws: FileError.self) { try first.check() }
    try files.remove(spool.layout.lock)
    #expect(throws: FileError.self) { try lease().step(now: 9) }
    files.onCall = nil
    try first.check()
  }

  // MARK: A zombie

  /// A watcher that was given up wakes in the middle of a task that another works on: its next turn
  /// is its last, and it changes nothing.
  @Test(arguments: 1...6) func aZombieDamagesNothing(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    // So seldom that it is the commit, not the beat, that finds out.
    setup.config.heartbeat = 60_000
    setup.config.deadAfter = 600_000
    setup.script = EveryCallTests.failOnce
    let world = try World(setup)
    try world.task("t", LifeTests.members.replacing("6", with: "20"))
    let done = seed % 6 + 1
    try #require(world.run(until: { world.attempts("t").count >= done }))
    let zombie = try #require(world.detachWatcher(seemsGone: true))
    try world.files.remove("\(World.root)/watcher.lock")
    world.startWatcher()
    try #require(world.run(until: { world.watcher != nil }))
    world.run(for: 40)
    // It finds out where it wants to take a request, or, with results alone to read, at its commit.
    let isAtCommit = seed.isMultiple(of: 2)
    if !isAtCommit { try world.task("u", LifeTests.members) }
    let changes = Log<FileCall>()
    world.faults.watch { party, call in
      let isHarmless = call.operation == .open && !call.path.hasPrefix("/data/spool/ready")
      if party == .zombie, call.operation.changes, !isHarmless { changes.add(call) }
    }
    var end: (any Error)?
    for _ in 0..<100 where end == nil {
      if isAtCommit { world.run(atMost: 1000, until: { !world.jobFiles("done").isEmpty }) }
      do { try world.turn(zombie) } catch { end = error }
      world.run(for: 5)
    }
    #expect(end is LeaseLost, "\(end.map { "\($0)" } ?? "it lives")")
    #expect(changes.all == [])
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 20) == [])
    #expect(Watcher.isFatal(try #require(end)))
  }

  /// What a zombie writes into its old segment after another took over is nothing.
  @Test func lateBytesOfAZombie() throws {
    let none = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _ in })
    let first = try Journal(spool, epoch: 1, after: none)
    first.append(JSONObject([.init("type", "one")]))
    try first.commit()
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _ in })
    let second = try Journal(spool, epoch: 2, after: end)
    second.append(JSONObject([.init("type", "two")]))
    first.append(JSONObject([.init("type", "late")]))
    try first.commit()
    try second.commit()
    var types: [String] = []
    _ = try JournalReader(spool).replay(
      checkpoint: { _ in }, record: { types.append($0["type"]?.string ?? "") })
    #expect(types == ["one", "two"])
  }
}
