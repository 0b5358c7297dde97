import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// The order of claiming: fair between owners by their weights, bounded, and the same for every name.
struct ClaimOrderTests {
  private static let (alice, bob, carol) = (1, 2, 3)
  private static let first = Int(ClaimOrder.origin * ClaimOrder.ranksPerSecond)
  private var now = Instant(milliseconds: 1000)

  private static func id(_ owner: Int, _ index: Int) throws -> JobID {
    JobID(task: try RecordTexts.name("t\(owner)"), index: index)
  }

  private static func job(
    _ owner: Int, _ index: Int, cores: Int = 1, expected: Double? = 10
  ) throws -> ClaimOrder.Job {
    ClaimOrder.Job(
      id: try id(owner, index), owner: owner, priority: 5, cores: cores, expected: expected)
  }

  /// The rank of an owner's next job, in core-seconds above the origin.
  private func feed(
    _ order: inout ClaimOrder, _ owner: Int, _ index: Int, cores: Int = 1, expected: Double? = 10
  ) throws -> Double {
    let job = try Self.job(owner, index, cores: cores, expected: expected)
    return Double(order.feed(job, at: now) - Self.first) / ClaimOrder.ranksPerSecond
  }

  // MARK: Ranks

  @Test func aJobMovesTheTagByItsCost() throws {
    var order = ClaimOrder(OwnerWeights())
    #expect(try feed(&order, Self.alice, 0, cores: 4) == 0)
    #expect(try feed(&order, Self.alice, 1, expected: 7) == 40)
    #expect(try feed(&order, Self.alice, 2) == 47)
  }

  /// Whoever has twice the weight pays half.
  @Test func weights() throws {
    var order = ClaimOrder(OwnerWeights(["1": 2, "*": 0.5]))
    let ranks = try (0..<3).map { try feed(&order, Self.alice, $0) }
    #expect(ranks == [0, 5, 10])
    #expect(try (0..<3).map { try feed(&order, Self.bob, $0) } == [0, 20, 40])
  }

  /// The hundred jobs of one are in ready. Those of another, who comes later, lie between them.
  @Test func aNewcomerLiesBetweenWhatWaits() throws {
    var order = ClaimOrder(OwnerWeights())
    for index in 0..<100 { _ = try feed(&order, Self.alice, index) }
    for index in 0..<5 { order.claim(try Self.id(Self.alice, index), at: now) }
    #expect(try (0..<4).map { try feed(&order, Self.bob, $0) } == [40, 50, 60, 70])
  }

  /// What a job cost less or more than was expected counts for the next jobs, and a tag never goes back
  /// while jobs wait.
  @Test func theTrueCostCounts() throws {
    var order = ClaimOrder(OwnerWeights())
    for index in 0..<3 { _ = try feed(&order, Self.alice, index) }
    order.settle(try Self.id(Self.alice, 0), ran: 25, at: now)
    #expect(try feed(&order, Self.alice, 3) == 30)
    #expect(try feed(&order, Self.alice, 4) == 55)
    order.settle(try Self.id(Self.alice, 1), ran: 0, at: now)
    order.settle(try Self.id(Self.alice, 2), ran: 5, at: now)
    #expect(try feed(&order, Self.alice, 5) == 65)
    #expect(try feed(&order, Self.alice, 6) == 65.01)
    #expect(try feed(&order, Self.alice, 7) == 70.01)
  }

  @Test func whatIsTakenBackCostsNothing() throws {
    var order = ClaimOrder(OwnerWeights())
    _ = try feed(&order, Self.alice, 0)
    for index in 1..<4 { _ = try feed(&order, Self.alice, index) }
    for index in 1..<4 { order.settle(try Self.id(Self.alice, index), ran: nil, at: now) }
    // The tag all but stays where it is until that is made good.
    let ranks = try (4..<10).map { try feed(&order, Self.alice, $0) }
    let expected = [40, 40.01, 40.02, 40.03, 50.03, 60.03]
    #expect(zip(ranks, expected).allSatisfy { abs($0 - $1) < 0.011 }, "\(ranks)")
  }

  /// A job that is fed again, as its put was in doubt, is charged once.
  @Test func aJobIsChargedOnce() throws {
    var order = ClaimOrder(OwnerWeights())
    for _ in 0..<5 { _ = try feed(&order, Self.alice, 0) }
    order.settle(try Self.id(Self.alice, 0), ran: 10, at: now)
    #expect(try feed(&order, Self.alice, 1) == 10)
    #expect(try feed(&order, Self.bob, 0) == 0)
    #expect(order.shares(at: 5).map(\.cores) == [0, 0])
  }

  /// Without any run time of its task a job is expected to take as long as others did, and no longer
  /// than the first guess: too little costs others no more than the owner's part of ready.
  @Test func theFirstGuess() throws {
    var order = ClaimOrder(OwnerWeights())
    _ = try feed(&order, Self.alice, 0, expected: nil)
    #expect(try feed(&order, Self.alice, 1, expected: nil) == ClaimOrder.firstGuess)
    for index in 2..<200 {
      _ = try feed(&order, Self.alice, index, expected: nil)
      order.settle(try Self.id(Self.alice, index), ran: 0.5, at: now)
    }
    _ = try feed(&order, Self.bob, 0, expected: nil)
    let next =
      try feed(&order, Self.bob, 1, expected: nil) - feed(&order, Self.bob, 2, expected: nil)
    #expect(abs(next) < 0.6)
    for index in 200..<400 {
      _ = try feed(&order, Self.alice, index, expected: nil)
      order.settle(try Self.id(Self.alice, index), ran: 3600, at: now)
    }
    let one = try feed(&order, Self.carol, 0, expected: nil)
    let guess = ClaimOrder.firstGuess
    #expect(try abs(feed(&order, Self.carol, 1, expected: nil) - one - guess) < 0.02)
  }

  // MARK: Credit

  /// Alice has used ten cores for two hours. Bob comes, and goes first until he has caught up with an
  /// hour of that, and no longer.
  @Test mutating func whoUsedLittleGoesFirst() throws {
    var order = ClaimOrder(OwnerWeights())
    for index in 0..<10 {
      _ = try feed(&order, Self.alice, index, expected: 7200)
      order.claim(try Self.id(Self.alice, index), at: now)
    }
    for _ in 0..<7200 {
      now = now + .seconds(1)
      _ = order.start(of: Self.alice, at: 5)
      _ = order.feed(try Self.job(Self.carol, 0, expected: 0), at: now)
      order.settle(try Self.id(Self.carol, 0), ran: nil, at: now)
    }
    for index in 10..<20 { _ = try feed(&order, Self.alice, index, expected: 7200) }
    let alice = try feed(&order, Self.alice, 20, expected: 7200)
    let bob = try feed(&order, Self.bob, 0, expected: 10)
    let credit = 10.0 * 3600 * (1 - 1 / 7.389)
    #expect(bob < alice)
    let clock = 9 * 7200.0
    #expect(abs(clock - bob - credit) < credit / 50, "\(clock) \(bob) \(credit)")
    // Of the credit each job uses its cost, and no new one comes while jobs wait.
    #expect(try abs(feed(&order, Self.bob, 1, expected: 10) - bob - 10) < 0.02)
  }

  /// Nobody falls behind by more than an hour, whatever pilots take.
  @Test mutating func nobodyFallsBehindForEver() throws {
    var order = ClaimOrder(OwnerWeights())
    _ = try feed(&order, Self.bob, 0, expected: 1)
    var latest = 0.0
    for index in 0..<1000 {
      latest = try feed(&order, Self.alice, index, cores: 4, expected: 100)
      order.claim(try Self.id(Self.alice, index), at: now)
      now = now + .seconds(100)
      order.settle(try Self.id(Self.alice, index), ran: 100, at: now)
    }
    let bob = try feed(&order, Self.bob, 1, expected: 1)
    #expect(latest - bob <= 4.01 * 3600)
    #expect(latest - bob > 3000)
  }

  // MARK: A restart, and the end of ranks

  /// A new watcher goes on above what it finds, and with its clock where pilots are.
  @Test func adoption() throws {
    var order = ClaimOrder(OwnerWeights())
    func rank(_ seconds: Double) -> Int { Int((ClaimOrder.origin + seconds) * 100) }
    for (index, seconds) in [500.0, 300, 400].enumerated() {
      order.adopt(
        try Self.job(Self.alice, index), rank: rank(seconds), isClaimed: seconds == 300, at: now)
    }
    #expect(try feed(&order, Self.alice, 3) == 510)
    #expect(try feed(&order, Self.bob, 0) == 300)
    // Names of an earlier version say nothing of the order.
    order.adopt(try Self.job(Self.carol, 0), rank: nil, isClaimed: true, at: now)
    #expect(try feed(&order, Self.carol, 1) == 300)
    #expect(order.shares(at: 5).map(\.owner).sorted() == [1, 2, 3])
  }

  @Test func withoutClaimsTheClockIsTheFirstInReady() throws {
    var order = ClaimOrder(OwnerWeights())
    for index in 0..<3 {
      let rank = Self.first + (3 - index) * 1000
      order.adopt(try Self.job(Self.alice, index), rank: rank, isClaimed: false, at: now)
    }
    #expect(try feed(&order, Self.bob, 0) == 10)
  }

  /// Before the digits are used up the ranks begin anew, in the same order.
  @Test func ranksBeginAnew() throws {
    var order = ClaimOrder(OwnerWeights())
    let late = Int(ClaimOrder.end * 100) + 1000
    order.adopt(try Self.job(Self.alice, 0), rank: late, isClaimed: true, at: now)
    order.adopt(try Self.job(Self.bob, 0), rank: late + 5000, isClaimed: false, at: now)
    #expect(order.ending == [5])
    order.renew(5)
    #expect(order.ending == [])
    #expect(try feed(&order, Self.alice, 1) == 10)
    #expect(try feed(&order, Self.bob, 1) == 60)
    order.claim(try Self.id(Self.bob, 0), at: now)
    #expect(order.ending == [])
  }

  /// Ranks never have more digits, whatever the costs are.
  @Test func theLastRank() throws {
    var order = ClaimOrder(OwnerWeights(["*": 0.01]))
    for index in 0..<100 {
      let rank = order.feed(try Self.job(1, index, cores: 4096, expected: 1e8), at: now)
      #expect((0...JobName.mostRank).contains(rank))
    }
  }

  // MARK: In words

  @Test mutating func sharesAreTold() throws {
    var order = ClaimOrder(OwnerWeights(["2": 3]))
    _ = try feed(&order, Self.alice, 0, cores: 2)
    _ = try feed(&order, Self.bob, 0, cores: 8)
    order.claim(try Self.id(Self.bob, 0), at: now)
    #expect(
      order.shares(at: 5) == [
        ClaimOrder.Share(owner: 2, weight: 3, cores: 8),
        ClaimOrder.Share(owner: 1, weight: 1, cores: 0),
      ])
    order.settleAll(of: try RecordTexts.name("t2"), at: now)
    #expect(order.shares(at: 5).map(\.owner) == [1])
  }

  @Test func usersThatAreNotThere() {
    let weights = OwnerWeights(["alice": 2, "nobody": 3, "7": 4, "*": 5]) {
      $0 == "alice" ? 9 : nil
    }
    #expect(weights.unknown == ["nobody"])
    #expect([9, 7, 1].map(weights.weight) == [2, 4, 5])
  }
}

/// A queue of cores that take the lowest rank, as pilots do: what each owner gets of it.
struct SharedCores {
  struct Owner {
    var number: Int
    var jobs: Int
    var cores = 1
    /// The run time of a job, in seconds.
    var run: Double
    /// The time at which the owner comes, in seconds.
    var comes = 0.0
    var fed = 0
    var done = 0
    var used = 0.0
    var ended: Double?
  }

  private struct Waiting {
    var rank: Int
    var id: JobID
    var owner: Int
  }

  var order: ClaimOrder
  var owners: [Owner]
  let cores: Int
  private var ready: [Waiting] = []
  private var running: [(end: Double, id: JobID, owner: Int)] = []
  private var time = 0.0
  private var means: [Int: Double] = [:]

  init(_ weights: OwnerWeights, cores: Int, _ owners: [Owner]) {
    order = ClaimOrder(weights)
    self.cores = cores
    self.owners = owners
  }

  private var now: Instant { Instant(milliseconds: Int(time * 1000)) }

  private mutating func fill() throws {
    for index in owners.indices where owners[index].comes <= time {
      while owners[index].fed < owners[index].jobs,
        ready.count(where: { $0.owner == index }) < 32
      {
        let owner = owners[index]
        let id = JobID(task: try RecordTexts.name("t\(index)"), index: owner.fed)
        let job = ClaimOrder.Job(
          id: id, owner: owner.number, priority: 5, cores: owner.cores, expected: means[index])
        ready.append(Waiting(rank: order.feed(job, at: now), id: id, owner: index))
        owners[index].fed += 1
      }
    }
    ready.sort { ($0.rank, $0.id) < ($1.rank, $1.id) }
  }

  private var free: Int { cores - running.reduce(0) { $0 + owners[$1.owner].cores } }

  /// Runs until a time, in seconds, or until an owner's jobs have ended.
  mutating func run(until end: Double, or owner: Int? = nil) throws {
    while time < end, owner.map({ owners[$0].ended == nil }) ?? true {
      try fill()
      while let first = ready.first, owners[first.owner].cores <= free {
        ready.removeFirst()
        order.claim(first.id, at: now)
        running.append((time + owners[first.owner].run, first.id, first.owner))
      }
      let comes = owners.map(\.comes).filter { $0 > time }.min() ?? end
      guard let next = running.map(\.end).min(), next <= comes else {
        time = min(end, comes)
        continue
      }
      time = next
      for job in running where job.end <= time {
        let owner = owners[job.owner]
        order.settle(job.id, ran: owner.run, at: now)
        means[job.owner] = owner.run
        owners[job.owner].done += 1
        owners[job.owner].used += owner.run * Double(owner.cores)
        if owners[job.owner].done == owner.jobs { owners[job.owner].ended = time }
      }
      running.removeAll { $0.end <= time }
    }
  }
}

/// What comes of the ranks over a long time.
struct SharedCoresTests {
  private typealias Owner = SharedCores.Owner

  /// Cores by weight, whatever the jobs are like.
  @Test(arguments: [(1.0, 1.0), (1, 30), (30, 1), (0.1, 5), (100, 60)])
  func coresByWeight(one: Double, other: Double) throws {
    var queue = SharedCores(
      OwnerWeights(["1": 2]), cores: 12,
      [Owner(number: 1, jobs: .max, run: one), Owner(number: 2, jobs: .max, run: other)])
    try queue.run(until: 40 * max(one, other) + 100)
    let ratio = queue.owners[0].used / queue.owners[1].used
    #expect((1.7...2.3).contains(ratio), "\(ratio)")
  }

  /// Three owners, one of whom comes and has enough after a while: the others share the rest.
  @Test func whatOneLeavesOthersTake() throws {
    var queue = SharedCores(
      OwnerWeights(), cores: 12,
      [
        Owner(number: 1, jobs: .max, run: 3), Owner(number: 2, jobs: .max, run: 5),
        Owner(number: 3, jobs: 200, run: 4, comes: 300),
      ])
    try queue.run(until: 2000)
    #expect(queue.owners[2].done == 200)
    #expect(queue.owners.reduce(0) { $0 + $1.used } > 12 * 1980)
    let ratio = queue.owners[0].used / queue.owners[1].used
    #expect((0.9...1.1).contains(ratio), "\(ratio)")
  }

  /// A hundred thousand jobs are there, and forty of another owner come: long or short, they are done
  /// in less than ten times their own time.
  @Test(arguments: [(0.02, 0.02), (1, 1), (60, 1), (600, 600), (0.02, 60)])
  func fortyAgainstMany(many: Double, few: Double) throws {
    let comes = 50 * many
    var queue = SharedCores(
      OwnerWeights(), cores: 8,
      [
        Owner(number: 1, jobs: 100_000, run: many),
        Owner(number: 2, jobs: 40, run: few, comes: comes),
      ])
    try queue.run(until: comes + 1e6, or: 1)
    let took = try #require(queue.owners[1].ended) - comes
    // It waits at least for one of the jobs that run.
    #expect(took <= 10 * 40 * few / 8 + many, "\(took)")
  }

  /// Whoever comes every now and then with a little never waits long for it.
  @Test func littleNowAndThen() throws {
    var owners = [Owner(number: 1, jobs: .max, run: 10)]
    for visit in 1...20 {
      owners.append(Owner(number: 2, jobs: 8, run: 10, comes: Double(visit) * 500))
    }
    var queue = SharedCores(OwnerWeights(), cores: 8, owners)
    try queue.run(until: 11_000)
    for owner in queue.owners.dropFirst() {
      let took = try #require(owner.ended) - owner.comes
      #expect(took <= 40, "\(took)")
    }
  }

  /// A credit is bounded: after a long absence one goes first for an hour at most, and the other is
  /// served again after that.
  @Test func nobodyStarves() throws {
    var queue = SharedCores(
      OwnerWeights(), cores: 8,
      [
        Owner(number: 1, jobs: .max, run: 60),
        Owner(number: 2, jobs: .max, run: 60, comes: 20_000),
      ])
    try queue.run(until: 20_000)
    let before = queue.owners[0].done
    try queue.run(until: 20_000 + 3900)
    #expect(queue.owners[1].used > 8 * 3000, "\(queue.owners[1].used)")
    try queue.run(until: 20_000 + 7800)
    #expect(queue.owners[0].done > before + 100)
  }
}

/// The room in ready.
struct ReadyRoomTests {
  private let weights = OwnerWeights(["1": 3])

  private func room(_ counts: (owner: Int, priority: Int, count: Int)...) -> ReadyRoom {
    var room = ReadyRoom()
    for (owner, priority, count) in counts {
      for _ in 0..<count { room.count(1, owner, priority: priority, weights) }
    }
    return room
  }

  @Test func oneOwnerHasAll() {
    #expect(ReadyRoom().room(in: 64, for: 1, priority: 5, weights) == 64)
    #expect(room((1, 5, 60)).room(in: 64, for: 1, priority: 5, weights) == 4)
    #expect(room((1, 5, 64)).room(in: 64, for: 1, priority: 5, weights) == 0)
  }

  /// Ready is full of another's jobs: there is room for the own share, and for no more of the other's.
  @Test func theShareIsThereAlthoughReadyIsFull() {
    let full = room((1, 5, 64))
    #expect(full.room(in: 64, for: 2, priority: 5, weights) == 16)
    #expect(room((2, 5, 64)).room(in: 64, for: 1, priority: 5, weights) == 48)
    #expect(room((1, 5, 64), (2, 5, 16)).room(in: 64, for: 1, priority: 5, weights) == 0)
    #expect(room((1, 5, 40), (2, 5, 16)).room(in: 64, for: 1, priority: 5, weights) == 8)
  }

  /// However many there are, each has some room.
  @Test func theFloor() {
    var room = ReadyRoom()
    for owner in 10..<110 { room.count(1, owner, priority: 5, weights) }
    #expect(room.room(in: 64, for: 2, priority: 5, weights) == ReadyRoom.floor)
    #expect(room.room(in: 64, for: 10, priority: 5, weights) == ReadyRoom.floor - 1)
  }

  /// Jobs of a worse priority take no room.
  @Test func priorities() {
    let room = room((2, 7, 64), (3, 5, 10))
    #expect(room.room(in: 64, for: 2, priority: 5, weights) == 54)
    #expect(room.room(in: 64, for: 2, priority: 9, weights) == 0)
  }

  @Test func whatGoesMakesRoom() {
    var room = room((1, 5, 64), (2, 5, 1))
    room.count(-1, 2, priority: 5, weights)
    for _ in 0..<64 { room.count(-1, 1, priority: 5, weights) }
    #expect(room.isEmpty)
    #expect(room.room(in: 64, for: 2, priority: 5, weights) == 64)
  }

  @Test func limits() {
    func room(_ most: Int?, _ inUse: Int, _ tokens: (needed: Int, free: Int)...) -> Int {
      ReadyRoom.room(maxRunning: most, inUse: inUse, tokens: tokens)
    }
    #expect(room(nil, 7) == .max)
    #expect(room(3, 0) == 3 && room(3, 2) == 1 && room(3, 3) == 0 && room(3, 9) == 0)
    #expect(room(nil, 7, (2, 5)) == 2 && room(nil, 7, (2, 5), (1, 1)) == 1)
    #expect(room(1, 0, (2, 5)) == 1 && room(9, 0, (2, -4)) == 0)
  }
}
