import SpoolFactory
import SpoolModel
import SpoolTesting
import Testing

struct PilotPolicyTests {
  private let start = Instant(milliseconds: 1_000_000)
  private func policy(_ most: Int = 50) -> PilotPolicy {
    PilotPolicy(most: most, pause: .seconds(60))
  }

  private func look(
    _ missing: Int, surplus: Int = 0, queued: Int = 0, running: Int = 0, atWork: Int = 0
  ) -> PilotPolicy.Look {
    PilotPolicy.Look(
      missing: missing, surplus: surplus, queued: queued, running: running, atWork: atWork)
  }

  @Test func nothingToDo() {
    var policy = policy()
    #expect(policy.decide(look(0), at: start) == .init())
    #expect(policy.decide(look(0, running: 7, atWork: 7), at: start) == .init())
  }

  /// Three before one is at work; then two further ones for each that is.
  @Test func stepByStep() {
    var policy = policy()
    #expect(policy.decide(look(100), at: start) == .init(start: 3))
    #expect(policy.decide(look(100, queued: 3), at: start) == .init())
    #expect(
      policy.decide(look(100, queued: 2, running: 1, atWork: 1), at: start) == .init(start: 2))
    #expect(policy.decide(look(100, running: 5, atWork: 5), at: start) == .init(start: 8))
    #expect(policy.decide(look(100, running: 13, atWork: 13), at: start) == .init(start: 16))
    #expect(policy.decide(look(1, running: 13, atWork: 13), at: start) == .init(start: 1))
  }

  @Test func neverMoreThanTheMost() {
    var policy = policy(5)
    #expect(policy.decide(look(100, running: 4, atWork: 4), at: start) == .init(start: 1))
    #expect(policy.decide(look(100, running: 5, atWork: 5), at: start) == .init())
    #expect(policy.decide(look(100, running: 9, atWork: 9), at: start) == .init())
    var one = self.policy(1)
    #expect(one.decide(look(100), at: start) == .init(start: 1))
  }

  /// After a death one at a time, later each time; what is under way comes first.
  @Test func backsOff() {
    var policy = policy()
    policy.noteDeath(at: start)
    #expect(policy.decide(look(9), at: start + .seconds(59)) == .init())
    #expect(policy.decide(look(9), at: start + .seconds(60)) == .init(start: 1))
    #expect(policy.decide(look(9, queued: 1), at: start + .seconds(60)) == .init())
    policy.noteDeath(at: start + .seconds(60))
    #expect(policy.decide(look(9), at: start + .seconds(179)) == .init())
    #expect(policy.decide(look(9), at: start + .seconds(180)) == .init(start: 1))
    policy.noteSuccess()
    #expect(policy.decide(look(9), at: start + .seconds(180)) == .init(start: 3))
  }

  @Test func threeDeathsInARowAreTheEnd() {
    var policy = policy()
    for _ in 1...2 { policy.noteDeath(at: start) }
    policy.noteSuccess()
    for _ in 1...2 { policy.noteDeath(at: start) }
    #expect(!policy.decide(look(9), at: start).isOver)
    policy.noteDeath(at: start)
    #expect(
      policy.decide(look(9, queued: 4, running: 2), at: start) == .init(cancel: 4, isOver: true))
  }

  @Test func refusalsArePassedOverForLongerAndLonger() {
    var policy = policy()
    policy.noteRefusal(at: start)
    #expect(policy.decide(look(9), at: start + .seconds(59)) == .init())
    #expect(policy.decide(look(9), at: start + .seconds(60)) == .init(start: 3))
    policy.noteRefusal(at: start + .seconds(60))
    #expect(policy.decide(look(9), at: start + .seconds(179)) == .init())
    policy.noteRefusal(at: start + .seconds(180))
    policy.noteAcceptance()
    policy.noteRefusal(at: start + .seconds(1000))
    #expect(policy.decide(look(9), at: start + .seconds(1060)) == .init(start: 3))
  }

  /// What waits for nothing is taken back after a few looks, and never what runs.
  @Test func takesBackWhatWaitsForNothing() {
    var policy = policy()
    let idle = look(0, surplus: 5, queued: 3, running: 2, atWork: 2)
    #expect(policy.decide(idle, at: start) == .init())
    #expect(policy.decide(idle, at: start) == .init())
    #expect(policy.decide(idle, at: start) == .init(cancel: 3))
    #expect(policy.decide(look(1, queued: 1), at: start) == .init(start: 1))
    #expect(policy.decide(idle, at: start) == .init())
    var once = PilotPolicy(most: 5, pause: .seconds(60), isOnce: true)
    #expect(once.decide(idle, at: start) == .init(cancel: 3))
  }

  /// A simulated cluster with random delays, deaths and backlogs: never more than the most, never more
  /// starts than are missing, and no pilot is left in the end.
  @Test(arguments: 1...200) func simulation(seed: Int) {
    var cluster = Cluster(seed: seed)
    cluster.run(for: 400)
    #expect(cluster.largest <= cluster.most)
    #expect(cluster.left == 0, "jobs are done, or the factory has given up")
    #expect(cluster.pilots.isEmpty && cluster.queued.isEmpty)
    #expect(cluster.started <= cluster.needed + cluster.died + cluster.cancelled)
  }

  /// The same where every pilot dies: few are started, and the factory gives up.
  @Test(arguments: 1...50) func simulationOfABrokenCluster(seed: Int) {
    var cluster = Cluster(seed: seed)
    cluster.deaths = 100
    cluster.run(for: 400)
    #expect(cluster.isOver)
    #expect(cluster.started <= 5, "\(cluster.started)")
    #expect(cluster.queued.isEmpty)
  }
}

/// A batch system and a spool, as far as a policy sees them. Each step is a look, 30 s apart; a job
/// takes a step of a pilot with one slot.
private struct Cluster {
  let most: Int
  /// Percent of pilots that die at once.
  var deaths: Int
  var left: Int
  private(set) var queued: [Int] = []
  private(set) var pilots: [Bool] = []
  private(set) var started = 0
  private(set) var died = 0
  private(set) var cancelled = 0
  private(set) var largest = 0
  private(set) var isOver = false
  let needed: Int
  private var policy: PilotPolicy
  private var random: SeededRandom

  init(seed: Int) {
    random = SeededRandom(seed)
    most = Int.random(in: 1...40, using: &random)
    left = Int.random(in: 0...300, using: &random)
    needed = left
    deaths = Int.random(in: 0...5, using: &random)
    policy = PilotPolicy(most: most, pause: .seconds(60))
  }

  mutating func run(for looks: Int) {
    for step in 0..<looks {
      let now = Instant(milliseconds: 1_000_000 + step * 30_000)
      work(at: now)
      if !isOver { look(at: now) }
    }
  }

  /// Queued batch jobs begin, pilots take jobs or leave.
  private mutating func work(at now: Instant) {
    queued = queued.map { $0 - 1 }
    for _ in queued.filter({ $0 <= 0 }) {
      if Int.random(in: 0..<100, using: &random) < deaths {
        died += 1
        policy.noteDeath(at: now)
      } else {
        pilots.append(false)
      }
    }
    queued.removeAll { $0 <= 0 }
    for index in pilots.indices where left > 0 {
      left -= 1
      if !pilots[index] { policy.noteSuccess() }
      pilots[index] = true
    }
    if left == 0 { pilots = [] }
    // A user may drop what waits.
    if deaths < 100, Int.random(in: 0..<100, using: &random) == 0 { left = 0 }
  }

  private mutating func look(at now: Instant) {
    let there = queued.count + pilots.count
    let found = PilotPolicy.Look(
      missing: min(most, max(0, left - there)),
      surplus: max(0, queued.count - max(0, left - pilots.count)),
      queued: queued.count, running: pilots.count, atWork: pilots.count)
    let decision = policy.decide(found, at: now)
    isOver = decision.isOver
    started += decision.start
    cancelled += decision.cancel
    queued.removeLast(decision.cancel)
    for _ in 0..<decision.start { queued.append(Int.random(in: 1...4, using: &random)) }
    largest = max(largest, queued.count + pilots.count)
    // Who gives up, or has nothing to do, has left nothing behind.
    if isOver, queued.isEmpty { left = 0 }
  }
}
