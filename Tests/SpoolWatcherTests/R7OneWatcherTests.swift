import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// R7: one watcher: a lock, an epoch, and a zombie that damages nothing.
struct R7OneWatcherTests {
  let files = MemoryFileSystem()
  let time = ManualTime()
  let spool: Spool

  init() throws {
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files, config: World.quick)
    spool = try Spool.open("/data/spool", files: files)
  }

  private func lease(
    _ id: String = "1", gone: @escaping (JSON) -> Bool? = { _ in nil }
  ) -> WatcherLease {
    let record = WatcherRecord(
      epoch: 0, id: id, host: "h", version: "1", process: ["pid": 1], at: Timestamp(milliseconds: 0)
    )
    return WatcherLease(spool, record, time: time, isGone: gone)
  }

  private enum Outcome: Equatable {
    case standby, waiting, replacing, acquired(Int)
  }

  /// What another does between two calls.
  private final class Between: @unchecked Sendable {
    private let body: () -> Outcome?
    private(set) var outcome: Outcome?

    init(_ body: @escaping () -> Outcome?) { self.body = body }

    func run() { outcome = body() }
  }

  private func step(_ lease: WatcherLease) throws -> Outcome {
    switch try lease.step() {
    case .standby: .standby
    case .waiting: .waiting
    case .replacing: .replacing
    case .acquired(let epoch): .acquired(epoch)
    }
  }

  /// A record whose numbers nobody would write: whoever comes next still gets the spool.
  @Test(arguments: [Int.max, Int.max - 1, Int.min]) func hugeNumbers(_ number: Int) throws {
    let text = """
      {"format":1,"epoch":\(number),"segment":0,"id":"x","host":"h","version":"1","counter":\(number),\
      "at":\(number),"clean":true,"process":null}
      """
    try files.plant(Array(text.utf8), at: spool.layout.watcher)
    let lease = lease()
    guard case .acquired(let epoch) = try step(lease) else {
      Issue.record("not acquired")
      return
    }
    #expect(epoch >= number)
    try lease.check()
  }

  /// Steps at its pace for so long; what it said last. Stops when it has acquired.
  private func step(_ lease: WatcherLease, for milliseconds: Int) throws -> Outcome {
    let end = time.now + milliseconds
    while true {
      let outcome = try step(lease)
      if case .acquired = outcome { return outcome }
      guard time.now < end else { return outcome }
      time.advance(min(lease.interval.milliseconds, end - time.now))
    }
  }

  // MARK: The lease

  @Test func theSecondStandsBy() throws {
    let first = lease()
    let second = lease("2")
    #expect(try step(first) == .acquired(1))
    for _ in 0..<100 {
      #expect(try step(second, for: 500) == .standby)
      try first.beat()
    }
    first.release()
    #expect(try step(second) == .acquired(2))
  }

  /// The lock alone is not believed: the former watcher must stand still for one time-out.
  /// A heartbeat reaches other hosts at once: some clients keep to themselves what is written to an
  /// open file until it is synced.
  @Test func aHeartbeatIsSynced() throws {
    let lease = lease()
    #expect(try step(lease) == .acquired(1))
    try lease.beat()
    try lease.beat()
    files.crash()
    #expect(spool.watcherRecord()?.counter == 2)
  }

  @Test func waitsForStandstill() throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    try files.remove(spool.layout.lock)
    let second = lease("2")
    #expect(try step(second) == .waiting)
    #expect(try step(second, for: 1999) == .waiting)
    try first.beat()
    #expect(try step(second, for: 1999) == .standby)
    #expect(try step(second, for: 1) == .acquired(2))
    #expect(throws: LeaseLost.self) { try first.check() }
    // A late beat of the former goes to a file that has no name any more.
    try first.beat()
    #expect(WatcherRecord(files.peek(spool.layout.watcher) ?? [])?.epoch == 2)
    try second.check()
  }

  @Test func doesNotWaitForTheKnownDead() throws {
    var first: WatcherLease? = lease()
    #expect(try first.map { try step($0) } == .acquired(1))
    first = nil
    #expect(try step(lease("2", gone: { _ in true })) == .acquired(2))
  }

  /// A record that was torn is no licence: its writer may live, and its epoch is not given again.
  @Test(arguments: [60, 200, 400]) func tornRecord(after count: Int) throws {
    var first: WatcherLease? = lease()
    #expect(try first.map { try step($0) } == .acquired(1))
    first = nil
    let bytes = try #require(files.peek(spool.layout.watcher))
    try files.plant(Array(bytes.prefix(count)) + [0, 0], at: spool.layout.watcher)
    let second = lease("2", gone: { $0 == ["pid": 1] })
    let isTorn = WatcherRecord(Array(bytes.prefix(count)) + [0, 0]) == nil
    #expect(isTorn)
    #expect(try step(second, for: 1999) == .waiting)
    #expect(try step(second, for: 1) == .acquired(2))
  }

  // MARK: A holder that stands still

  /// A process that is stopped keeps its lock; one that stands by takes its place all the same, and
  /// leaves time for the lock's next holder to be first, and for others to see it.
  @Test func aStoppedHolderIsReplaced() throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    let second = lease("2")
    #expect(try step(second, for: 2999) == .standby)
    #expect(try step(second, for: 1) == .replacing)
    // Who is told to be replaced is the former watcher, not the one that takes its place.
    guard case .replacing(let former, _) = try second.step() else {
      Issue.record("not replacing")
      return
    }
    #expect(former?.epoch == 1)
    #expect(try step(second, for: 999) == .replacing)
    #expect(try step(second, for: 1) == .acquired(2))
    #expect(throws: LeaseLost.self) { try first.check() }
    try second.check()
    // The lock is the second's now: a third stands by, until it is gone.
    let third = lease("3")
    #expect(try step(third) == .standby)
    second.release()
    #expect(try step(third) == .acquired(3))
  }

  /// A holder that only said goodbye, and is stopped before it let go of the lock.
  @Test func aStoppedHolderThatSaidGoodbye() throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    let held = try files.open(spool.layout.lock, .update)
    first.release()
    #expect(try held.tryLock())
    let second = lease("2")
    #expect(try step(second, for: 2999) == .standby)
    #expect(try step(second, for: 1) == .replacing)
    #expect(try step(second, for: 1000) == .acquired(2))
    try held.close()
  }

  /// What one did not see while it was stopped itself, or could not read, does not count.
  @Test(arguments: [true, false]) func ownPausesDoNotCount(isPaused: Bool) throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    let second = lease("2")
    #expect(try step(second, for: 2900) == .standby)
    if isPaused {
      time.advance(5000)
    } else {
      files.onCall = { $0.operation == .read ? .fails(116) : nil }
      for _ in 0..<10 {
        #expect(throws: FileError.self) { try step(second) }
        time.advance(100)
      }
      files.onCall = nil
    }
    #expect(try step(second, for: 2999) == .standby)
    #expect(try step(second, for: 1) == .replacing)
  }

  /// The former holder wakes while its place is being taken: one of them owns the spool, not both.
  @Test func aHolderThatWakes() throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    let second = lease("2")
    #expect(try step(second, for: 2999) == .standby)
    try first.check()
    try first.beat()
    #expect(try step(second, for: 2999) == .standby)
    #expect(try step(second, for: 1) == .replacing)
    #expect(throws: LeaseLost.self) { try first.check() }
    #expect(try step(second, for: 1000) == .acquired(2))
  }

  /// The watcher's record stays missing from a spool that is there: the watcher ends, and names no
  /// other, since it met none.
  @Test func aRecordThatStaysMissing() throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    files.refuse(spool.layout.watcher, with: ENOENT)
    #expect(throws: FileError.self) { try first.check() }
    time.advance(10_000)
    let end = #expect(throws: LeaseLost.self) { try first.check() }
    #expect(end.map { "\($0)" }?.contains("another watcher") == false)
    #expect(end.map { "\($0)" }?.hasPrefix("watcher.json stays missing") == true)
  }

  /// Two that stand by find the holder standing still at one time, and one gets in between at any
  /// call of the other's: one of them owns the spool in the end.
  @Test(arguments: [0, 100]) func twoThatStandBy(late: Int) throws {
    var call = 1
    while try replaceTwice(late: late, at: call) { call += 1 }
    #expect(call > 8, "\(call)")
  }

  /// False when the step made fewer calls.
  private func replaceTwice(late: Int, at call: Int) throws -> Bool {
    let fresh = try R7OneWatcherTests()
    let first = fresh.lease()
    #expect(try fresh.step(first) == .acquired(1))
    let (second, third) = (fresh.lease("2"), fresh.lease("3"))
    for _ in 0..<15 {
      #expect(try fresh.step(second) == .standby)
      #expect(try fresh.step(third) == .standby)
      fresh.time.advance(second.interval.milliseconds)
    }
    let nth = NthCall(call)
    let between = Between {
      fresh.time.advance(late)
      return try? fresh.step(third)
    }
    fresh.files.onCall = { _ in
      if nth.isNow() { between.run() }
      return nil
    }
    _ = try fresh.step(second)
    fresh.files.onCall = nil
    guard nth.hasCome else { return false }
    #expect(between.outcome != nil)
    var owners: Set<String> = []
    for _ in 0..<60 where owners.isEmpty {
      if case .acquired = try fresh.step(second) { owners.insert("second") }
      if case .acquired = try fresh.step(third) { owners.insert("third") }
      fresh.time.advance(second.interval.milliseconds)
    }
    #expect(owners.count == 1, "at call \(call): \(owners)")
    let owner = owners == ["second"] ? second : third
    let other = owners == ["second"] ? third : second
    try owner.check()
    #expect(throws: LeaseLost.self) { try first.check() }
    #expect(try fresh.step(other) == .standby, "at call \(call)")
    // The other follows when the owner has gone.
    owner.release()
    guard case .acquired = try fresh.step(other, for: 5000) else {
      Issue.record("at call \(call): nobody follows")
      return true
    }
    return true
  }

  /// That it cannot be read now says nothing of who owns the spool.
  @Test func anUnreadableRecord() throws {
    let first = lease()
    #expect(try step(first) == .acquired(1))
    files.onCall = { $0.operation == .read ? .fails(5) : nil }
    #expect(throws: FileError.self) { try first.check() }
    try files.remove(spool.layout.lock)
    #expect(throws: FileError.self) { try lease("2").step() }
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
    setup.config.heartbeat = .milliseconds(60_000)
    setup.config.deadAfter = .milliseconds(600_000)
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

  /// A watcher is stopped at any call of its work, and keeps its lock; another takes its place and
  /// works on; then the first wakes. But for the call that it had begun it changes nothing more, and
  /// all is as if it had never been.
  @Test func aStoppedWatcherDamagesNothing() throws {
    let isLong = getenv("SPOOL_LONG") != nil
    for start in isLong ? Array(1...8) : [2, 7] {
      var call = 1
      while try stop(at: call, after: start) { call += isLong ? 1 : 7 }
      #expect(call > 20, "\(call)")
    }
  }

  /// False when it made fewer calls.
  private func stop(at call: Int, after start: Int) throws -> Bool {
    var setup = World.Setup()
    setup.seed = start
    setup.script = EveryCallTests.failOnce
    setup.config.checkpointEvery = 100
    let world = try World(setup)
    try world.task("t", LifeTests.members.replacing("6", with: "20"))
    try #require(world.run(until: { world.attempts("t").count >= start }))
    let zombie = try #require(world.detachWatcher(seemsGone: false))
    world.run(for: 40)
    try world.task("u", LifeTests.members.replacing("{index}", with: "u{index}"))
    try world.drop(
      "d.json", #"{"kind": "dataset", "name": "d", "files": ["/data/a", "/data/b"]}"#)
    let late = Log<FileCall>()
    var isAwake = false
    var end: (any Error)?
    for _ in 0..<50 where end == nil {
      do {
        // Its first turn: once it was stopped, the further ones are those of one that woke.
        try world.turn(zombie, stoppedAt: isAwake ? 0 : call, late: late) {
          world.startWatcher()
          #expect(world.run(atMost: 30_000, until: { world.watcher != nil }))
          world.run(atMost: 300, until: { world.hasEnded("u") })
          isAwake = true
        }
      } catch  where Watcher.isFatal(error) {
        end = error
      } catch {
        // As the shell does it: the next turn tries again.
      }
      guard isAwake else { return false }
    }
    #expect(late.all == [], "\(start), \(call)")
    #expect(end is LeaseLost, "\(start), \(call): \(end.map { "\($0)" } ?? "it lives")")
    #expect(world.settle(), "\(start), \(call): \(world.errors)")
    // The call that it had begun may have left something, until the next audit.
    if world.faultsAtTheEnd("t", jobs: 20) != [] { world.run(for: 61_000) }
    #expect(world.faultsAtTheEnd("t", jobs: 20) == [], "\(start), \(call)")
    #expect(world.faultsAtTheEnd("u", jobs: 6) == [], "\(start), \(call)")
    #expect(world.lines("datasets/d.jsonl").count == 2, "\(start), \(call)")
    return true
  }

  /// The spool becomes another's while the journal is being synced: what was written may not count,
  /// so nothing follows from it.
  @Test func aCommitThatMayNotCount() throws {
    let world = try World()
    try #require(world.run(until: { world.watcher != nil }))
    let once = Once()
    world.faults.watch { [files = world.files] party, call in
      guard party == .watcher, call.operation == .sync, call.path.hasSuffix(".log"),
        once.isFirst()
      else { return }
      let other = WatcherRecord(
        epoch: 9, id: "other", host: "h", version: "1", process: .null,
        at: Timestamp(milliseconds: 0))
      try? files.plant(other.json.compact, at: "\(World.root)/watcher.json")
    }
    try world.task("t", LifeTests.members)
    try #require(world.run(until: { world.watcher == nil }))
    #expect(world.errors.contains { $0 is LeaseLost })
    #expect(world.names("journal/taken").count == 1)
    world.faults.clear()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// A checkpoint that a zombie finishes late replaces no newer one.
  @Test func aLateCheckpointOfAZombie() throws {
    let none = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
    let first = try Journal(spool, epoch: 1, after: none)
    first.append(JSONObject([.init("type", "one")]))
    let pause = Once()
    files.onCall = { [spool] call in
      guard call.operation == .rename, call.path.contains("checkpoint"), pause.isFirst() else {
        return nil
      }
      do {
        let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
        let second = try Journal(spool, epoch: 2, after: end)
        second.append(JSONObject([.init("type", "two")]))
        try second.checkpoint("newer") { _ in }
        second.append(JSONObject([.init("type", "three")]))
        try second.commit()
      } catch {
        Issue.record(error)
      }
      return nil
    }
    try? first.checkpoint("older") { _ in }
    #expect(!pause.isFirst())
    var found: [String] = []
    _ = try JournalReader(spool).replay(
      checkpoint: { found.append($0.string ?? "") },
      record: { record, _ in found.append(record["type"]?.string ?? "") })
    #expect(found == ["newer", "three"])
  }

  /// What a zombie writes into its old segment after another took over is nothing.
  @Test func lateBytesOfAZombie() throws {
    let none = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
    let first = try Journal(spool, epoch: 1, after: none)
    first.append(JSONObject([.init("type", "one")]))
    try first.commit()
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
    let second = try Journal(spool, epoch: 2, after: end)
    second.append(JSONObject([.init("type", "two")]))
    first.append(JSONObject([.init("type", "late")]))
    try first.commit()
    try second.commit()
    var types: [String] = []
    _ = try JournalReader(spool).replay(
      checkpoint: { _ in }, record: { record, _ in types.append(record["type"]?.string ?? "") })
    #expect(types == ["one", "two"])
  }
}
