import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// Big jobs among small ones, in a whole spool: none waits for longer than PROTOCOL.md says.
struct StarvingTests {
  /// Pilots of four cores, and a log of what starts when.
  private final class Farm {
    let world: World
    let starts = Log<(task: String, at: Int)>()

    init(pilots: Int = 1, _ duration: @escaping (String, Int) -> Int) throws {
      var setup = World.Setup()
      setup.pilots = pilots
      setup.slots = 4
      world = try World(setup)
      world.setup.script = { [time = world.time, starts] payload in
        let task = payload.environment["SPOOL_TASK"] ?? "?"
        var outcome = FakeOutcome()
        outcome.duration = duration(task, starts.all.count)
        starts.add((task, time.now))
        return outcome
      }
    }

    func task(
      _ name: String, _ count: Int, cpus: Int, wall: Int, priority: Int, memory: Int = 1
    ) throws {
      try world.task(
        name,
        """
        "input": {"count": \(count)}, "command": ["w"], "priority": \(priority),
        "resources": {"cpus": \(cpus), "wall": "\(wall)s", "memory": "\(memory)GB"}
        """)
    }

    func times(_ task: String) -> [Int] { starts.all.filter { $0.task == task }.map(\.at) }

    /// The orders to keep room, by the path of the file.
    var orders: [String] {
      world.files.paths(below: "\(World.root)/running").filter { $0.hasSuffix("/reserve") }
    }

    func said(_ text: String) -> Bool { world.said.contains { $0.contains(text) } }

    /// Full of small jobs of 30 s, one of which ends every 7.5 s, and a big one that is put last.
    /// Runs until a pilot keeps room for that. Returns when it was put.
    @discardableResult func starve() throws -> Int {
      try task("small", 1000, cpus: 1, wall: 30, priority: 5)
      world.run(for: 62_000)
      let put = world.time.now
      try task("big", 1, cpus: 4, wall: 60, priority: 3)
      try #require(world.run(atMost: 15_000, until: { self.said(": keeps 4 cores") }))
      return put
    }

    /// The run time of a job, as the so-and-so-many-th that starts.
    static func duration(_ task: String, _ number: Int) -> Int {
      switch task {
      case "small": number < 8 ? (number % 4 + 1) * 7500 : 30_000
      case "tiny": 2000
      default: 1000
      }
    }
  }

  private func status(_ world: World) -> String {
    String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
  }

  // MARK: What it is for

  /// A pilot of 4 cores full of 30 s jobs, and a better job of 4 cores: it starts as soon as the
  /// running ones have ended, and meanwhile only what ends before that begins.
  @Test func aBigJobStartsWhenTheRunningOnesHaveEnded() throws {
    let farm = try Farm(Farm.duration)
    let world = farm.world
    // Of another shape than the small ones: else these fill the room that there is in ready.
    try farm.task("tiny", 200, cpus: 1, wall: 3, priority: 7, memory: 2)
    let put = try farm.starve()
    let kept = world.time.now
    // Its turn is when the first small one is claimed after it came.
    let turn = try #require(farm.times("small").first { $0 > put })
    let last = try #require(farm.times("small").last) + 30_000
    world.run(for: 2000)
    #expect(status(world).contains("big: 1 job waits for a reservation: node1-"))
    #expect(status(world).contains(" keeps 4 cores, 1.0 GB for big.00000000"), "\(status(world))")
    #expect(world.run(until: { !farm.times("big").isEmpty }))
    let start = try #require(farm.times("big").first)
    #expect((last...last + 50).contains(start), "\(start) instead of \(last)")
    #expect(start - turn <= 5000 + 2000 + 500 + 30_000)
    #expect(farm.times("small").allSatisfy { $0 < kept || $0 >= start })
    let filled = farm.times("tiny").filter { $0 < start }
    #expect(filled.count > 5 && filled.allSatisfy { $0 + 3000 <= last }, "\(filled) \(last)")
    // The order is withdrawn, and the small ones go on.
    world.run(for: 3000)
    #expect(farm.orders == [])
    #expect(!status(world).contains("reservation"))
    #expect(world.run(atMost: 10_000, until: { farm.times("small").contains { $0 > start } }))
  }

  /// Without other shapes, and with jobs that all fit, nobody keeps room: it costs nothing.
  @Test func nobodyKeepsRoomWithoutNeed() throws {
    let farm = try Farm(pilots: 2) { _, number in 10_000 + number * 7919 % 20_000 }
    let made = Log<String>()
    farm.world.faults.watch { _, call in
      if call.path.hasSuffix("reserve") { made.add("\(call)") }
    }
    try farm.task("a", 500, cpus: 1, wall: 30, priority: 5)
    farm.world.run(for: 30_000)
    try farm.task("b", 20, cpus: 1, wall: 30, priority: 3)
    farm.world.run(for: 120_000)
    #expect(farm.times("b").count == 20)
    #expect(made.all == [])
  }

  // MARK: It moves, and is withdrawn

  /// The pilot that keeps room is told to leave, is set aside, or dies: another keeps it.
  @Test(arguments: ["drain", "quarantine", "death"]) func itMoves(why: String) throws {
    let farm = try Farm(pilots: 2, Farm.duration)
    let world = farm.world
    world.setup.restartAfter = nil
    try farm.starve()
    let order = try #require(farm.orders.first)
    let number = order.contains("node1-") ? 1 : 2
    if why == "death" {
      world.killPilot(number)
    } else {
      let path = order.replacing("/reserve", with: "/\(why)")
      try world.files.plant(Array("broken\n".utf8), at: path)
    }
    #expect(world.run(atMost: 5000, until: { farm.orders.contains { $0 != order } }))
    #expect(world.run(atMost: 45_000, until: { !farm.times("big").isEmpty }))
    world.run(for: 3000)
    #expect(farm.orders == [])
  }

  /// The next watcher goes on with an order that makes sense.
  @Test func aRestartKeepsTheOrder() throws {
    let farm = try Farm(Farm.duration)
    let world = farm.world
    try farm.starve()
    let order = try #require(farm.orders.first)
    let text = world.files.peek(order)
    world.killWatcher()
    #expect(world.run(atMost: 10_000, until: { world.watcher != nil }))
    world.run(for: 3000)
    #expect(world.files.peek(order) == text)
    let last = try #require(farm.times("small").last) + 30_000
    #expect(world.run(until: { !farm.times("big").isEmpty }))
    #expect(try #require(farm.times("big").first) <= last + 50)
    world.run(for: 3000)
    #expect(farm.orders == [])
  }

  /// The next watcher withdraws an order whose job has gone.
  @Test func aRestartWithdrawsAnOldOrder() throws {
    let farm = try Farm(Farm.duration)
    let world = farm.world
    try farm.starve()
    try world.stopWatcher()
    #expect(world.run(until: { !farm.times("big").isEmpty }))
    #expect(farm.orders.count == 1)
    world.startWatcher()
    #expect(world.run(atMost: 10_000, until: { farm.orders.isEmpty }))
  }

  /// An order that no watcher gave, or that is torn, stops no pilot, and does not stay.
  @Test(arguments: [
    "ready-cpu/p1.t.00000001.a1.c1.m100.g0.w60.json\n", "ready-cpu/p1.t.0000", "",
    "ready-cpu/p1.t.00000001.a1.c99.m100.g0.w60.json\n",
    "ready-cpu/p1.t.00000001.a1.c4.m100.g0.w60.tx.json\n",
    "ready-gpu/p1.t.00000001.a1.c4.m100.g0.w60.json\n", String(repeating: "x", count: 9000),
  ]) func anOrderOfNobodys(text: String) throws {
    let farm = try Farm { _, _ in 900 }
    let world = farm.world
    try farm.task("small", 2000, cpus: 1, wall: 30, priority: 5)
    #expect(world.run(until: { farm.times("small").count > 8 }))
    let pilot = try #require(world.pilot(1)).name
    try world.files.plant(Array(text.utf8), at: "\(World.root)/running/\(pilot)/reserve")
    world.run(for: 2000)
    let before = farm.times("small").count
    world.run(for: 2000)
    #expect(farm.times("small").count >= before + 4, "\(world.said)")
    if !text.hasSuffix("\n") { #expect(farm.said("reserve names no job: it is ignored")) }
    #expect(world.run(atMost: 65_000, until: { farm.orders.isEmpty }))
    #expect(world.errors.isEmpty)
  }

  // MARK: The bound

  static let seeds = 1...(getenv("SPOOL_LONG") == nil ? 12 : 200)

  /// Random shapes, priorities and wall times, deaths of pilots and watchers: the first job in ready
  /// never waits for longer than the bound, nothing is lost, and no order is left.
  @Test(arguments: seeds) func noJobWaitsForLongerThanTheBound(seed: Int) throws {
    var random = SeededRandom(seed)
    var setup = World.Setup()
    setup.seed = seed
    setup.pilots = 3
    setup.slots = 4
    setup.isOneHost = seed.isMultiple(of: 2)
    let world = try World(setup)
    let turns = Turns(world.time)
    turns.watch(world)
    world.setup.script = { payload in
      var outcome = FakeOutcome()
      let wall = payload.wall.milliseconds
      let index = Int(payload.environment["SPOOL_INDEX"] ?? "") ?? 0
      outcome.duration = wall - index * 7919 % (wall * 7 / 10)
      return outcome
    }
    var tasks: [(name: String, jobs: Int)] = []
    for number in 1...5 {
      let cpus = number == 1 ? 1 : Int.random(in: 1...4, using: &random)
      let wall = [2, 5, 10, 20].randomElement(using: &random) ?? 2
      let jobs = min(40, 300 / wall / cpus)
      let members = """
        "input": {"count": \(jobs)}, "command": ["w"], "retry": {"attempts": 9},
        "priority": \(Int.random(in: 3...6, using: &random)), "resources": {"cpus": \(cpus),
        "wall": "\(wall)s", "memory": "\(Int.random(in: 1...3, using: &random))GB"}
        """
      try world.task("t\(number)", members)
      tasks.append(("t\(number)", jobs))
      world.run(for: Int.random(in: 0...7000, using: &random))
    }
    var next = world.time.now + 10_000
    var look = 0
    #expect(
      world.run(atMost: 1_500_000) {
        turns.disturb(unless: world.watcher != nil)
        if world.time.now >= next {
          next += Int.random(in: 30_000...60_000, using: &random)
          turns.disturb(unless: false)
          if Bool.random(using: &random) {
            world.killWatcher()
          } else if let number = (1...50).last(where: { world.pilot($0) != nil }) {
            world.killPilot(number)
          }
        }
        guard world.time.now >= look else { return false }
        look = world.time.now + 500
        return tasks.allSatisfy { world.hasEnded($0.name) }
      }, "\(world.said.suffix(20))")
    world.run(for: 6000)
    #expect(world.isQuiet)
    let bound = 5000 + 2000 + 500 + 20_000 + 2000 + 500
    let text = "seed \(seed): \(world.said.suffix(40))"
    #expect(turns.longest <= bound, "\(turns.longest): \(text)")
    for (name, jobs) in tasks { #expect(world.faultsAtTheEnd(name, jobs: jobs, outputs: 0) == []) }
    let left = world.files.paths(below: "\(World.root)/running").filter { $0.hasSuffix("reserve") }
    #expect(left == [], "\(text)")
  }
}

/// The first job in ready, in the order of claiming, and how long it waits: from the first claim of a
/// job of another shape while it is the first, or if there was none, from when it became the first; a
/// claim of its own shape begins the count anew.
private final class Turns: Sendable {
  private struct State {
    var ready: Set<JobName> = []
    var first: JobName?
    var since = 0
    var passed: Int?
    var longest = 0

    mutating func find(at now: Int) {
      let best = ready.min { $0.goesBefore($1) }
      guard best != first else { return }
      first = best
      beginAnew(at: now)
    }

    mutating func beginAnew(at now: Int) {
      since = now
      passed = nil
    }

    mutating func claim(_ name: JobName, at now: Int) {
      ready.remove(name)
      if name == first {
        longest = max(longest, now - (passed ?? since))
      } else if let first, first.shape(in: .cpu) == name.shape(in: .cpu) {
        beginAnew(at: now)
      } else {
        passed = passed ?? now
      }
      find(at: now)
    }
  }

  private let state = Mutex(State())
  private let time: ManualTime

  init(_ time: ManualTime) { self.time = time }

  /// The longest wait so far, in milliseconds.
  var longest: Int { state.withLock(\.longest) }

  func watch(_ world: World) {
    let ready = "\(World.root)/ready-cpu/"
    world.faults.after { [self] _, call, _ in
      let now = time.now
      if call.operation == .remove, let name = Self.job(call.path, in: ready) {
        state.withLock {
          $0.ready.remove(name)
          $0.find(at: now)
        }
      }
      guard call.operation == .rename, let target = call.destination else { return nil }
      state.withLock { state in
        if let name = Self.job(target, in: ready) {
          state.ready.insert(name)
          state.find(at: now)
        } else if let name = Self.job(call.path, in: ready) {
          state.claim(name, at: now)
        }
      }
      return nil
    }
  }

  private static func job(_ path: String, in directory: String) -> JobName? {
    path.hasPrefix(directory) ? JobName(fileName: String(path.dropFirst(directory.count))) : nil
  }

  /// Begins the count anew, unless all is as it should be.
  func disturb(unless isWell: Bool) {
    if !isWell { state.withLock { $0.beginAnew(at: time.now) } }
  }
}
