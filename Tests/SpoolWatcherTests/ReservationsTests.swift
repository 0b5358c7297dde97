import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// The policy of reservations alone: which jobs starve, and which pilot keeps room for which.
struct ReservationsTests {
  private let start = Instant(milliseconds: 1000)
  private let date = Timestamp(milliseconds: 1_796_000_000_000)

  private func at(_ seconds: Double) -> Instant {
    start + .milliseconds(Int(seconds * 1000))
  }

  private func job(_ limits: String, priority: Int = 5, rank: Int = 10) throws -> JobName {
    let rank = String(repeating: "0", count: 13 - "\(rank)".count) + "\(rank)"
    return try #require(
      JobName(fileName: "p\(priority)-\(rank).t.00000001.a1.\(limits).m100.g0.w60.json"))
  }

  private func order(_ limits: String, priority: Int = 5, rank: Int = 10) throws -> Reservation {
    Reservation(ReadyPlace(.cpu), job: try job(limits, priority: priority, rank: rank))
  }

  // MARK: Starving

  private func claim(
    _ starvation: inout Starvation, _ name: JobName, at seconds: Double, isReserved: Bool = false
  ) {
    starvation.noteClaim(
      name, name.shape(in: .cpu), isReserved: isReserved, at: at(seconds))
  }

  private func starves(
    _ starvation: Starvation, _ name: JobName, put: Double, at seconds: Double
  ) -> Bool {
    let shape = name.shape(in: .cpu)
    let starves = starvation.starves(name, shape, put: at(put), at: at(seconds))
    // The quick look leaves none out.
    #expect(!starves || starvation.mayStarve(shape, at: at(seconds)))
    return starves
  }

  @Test func aJobStarvesThatOthersPassBy() throws {
    var starvation = Starvation()
    let big = try job("c4", priority: 3)
    #expect(!starves(starvation, big, put: 0, at: 60))
    claim(&starvation, try job("c1", priority: 2), at: 1)
    // What goes before it does not pass it by.
    #expect(!starves(starvation, big, put: 0, at: 60))
    claim(&starvation, try job("c1", priority: 5), at: 2)
    #expect(!starves(starvation, big, put: 0, at: 4.9))
    #expect(starves(starvation, big, put: 0, at: 5))
    // A claim from before it was put is none.
    #expect(!starves(starvation, big, put: 3, at: 60))
    #expect(!starvation.starves(big, big.shape(in: .gpu), put: start, at: at(60)))
  }

  /// Jobs of the same shape pass each other by chance, which is nobody's hunger.
  @Test func claimsOfItsShapeCountAsItsTurn() throws {
    var starvation = Starvation()
    let big = try job("c4", rank: 10)
    claim(&starvation, try job("c4", rank: 50), at: 1)
    #expect(!starves(starvation, big, put: 0, at: 60))
    claim(&starvation, try job("c1", rank: 60), at: 2)
    claim(&starvation, try job("c4", rank: 20), at: 3)
    #expect(!starves(starvation, big, put: 0, at: 60))
    claim(&starvation, try job("c1", rank: 40), at: 4)
    #expect(!starves(starvation, big, put: 0, at: 7.9))
    #expect(starves(starvation, big, put: 0, at: 8))
    // Of what one look shows nobody knows which was first.
    for isFirst in [true, false] {
      var seen = Starvation()
      let names = [try job("c4", rank: 70), try job("c1", rank: 60)]
      for name in isFirst ? names : names.reversed() { claim(&seen, name, at: 1) }
      #expect(starves(seen, big, put: 0, at: 6))
    }
    // One that had a reservation tells nothing of the others.
    claim(&starvation, try job("c4", rank: 5), at: 9, isReserved: true)
    #expect(starves(starvation, big, put: 0, at: 10))
  }

  /// Claims at random: what is remembered answers as all of them would.
  @Test(arguments: 1...20) func theLastClaimsAreEnough(seed: Int) throws {
    var random = SeededRandom(seed)
    var starvation = Starvation()
    var all: [(JobName, Double)] = []
    for step in 1...60 {
      let shape = "c\(Int.random(in: 1...3, using: &random))"
      let name = try job(shape, rank: Int.random(in: 0...99, using: &random))
      all.append((name, Double(step)))
      claim(&starvation, name, at: Double(step))
      let asked = try job("c2", rank: Int.random(in: 0...99, using: &random))
      let put = Double(Int.random(in: 0...step, using: &random))
      let latest = all.last { $0.0.cores == 2 }?.1 ?? 0
      let expected = all.contains { name, at in
        name.cores != 2 && at > put && at > latest && asked.goesBefore(name)
      }
      #expect(starves(starvation, asked, put: put, at: Double(step) + 10) == expected)
    }
  }

  // MARK: The choice

  private func pilot(
    _ number: Int, cpus: Int = 4, _ running: [(cores: Int, end: Double)]? = [],
    _ change: (inout PilotRecord) -> Void = { _ in }
  ) throws -> Reservations.Offer {
    var record = PilotRecord(
      pilot: PilotName(host: "n\(number)", random: UInt32(number)), host: "n\(number)",
      version: "1", process: .null, queues: [.cpu], tags: [], cpus: cpus, memory: 1 << 40, gpus: 0,
      started: date)
    change(&record)
    return Reservations.Offer(
      record: record,
      running: try running?.map { KeptRoom.Running(try job("c\($0.cores)"), end: at($0.end)) })
  }

  private func plan(
    _ jobs: [Reservation], _ offers: [Reservations.Offer], held: [Int: Reservation] = [:]
  ) -> [Int: Reservation] {
    let names = offers.map(\.record.pilot)
    let choice = Reservations(
      offers: Dictionary(uniqueKeysWithValues: zip(names, offers)),
      held: Dictionary(uniqueKeysWithValues: held.map { (names[$0.key - 1], $0.value) }))
    let plan = choice.plan(for: choice.eligible(among: jobs), at: start, date)
    return plan.reduce(into: [:]) { numbers, entry in
      numbers[(names.firstIndex(of: entry.key) ?? -1) + 1] = entry.value.reservation
    }
  }

  /// The pilot that has the room soonest keeps it; an idle one has it at once.
  @Test func theSoonestKeepsTheRoom() throws {
    let big = try order("c4")
    let (late, soon, idle) = (
      try pilot(1, [(1, 30), (3, 20)]), try pilot(2, [(2, 25), (2, 1)]), try pilot(3)
    )
    #expect(plan([big], [late, soon]) == [2: big])
    #expect(plan([big], [late, soon, idle]) == [3: big])
    #expect(plan([big], [try pilot(4, cpus: 3), late]) == [2: big])
    #expect(plan([big], [try pilot(1, cpus: 3)]) == [:])
    // Of what a pilot runs nothing is known: it is not chosen.
    #expect(plan([big], [try pilot(4, nil), late]) == [2: big])
  }

  /// Each pilot keeps room for one job, and the first in the order of claiming is seen to first.
  @Test func oneJobAPilot() throws {
    let (first, second, third) = (
      try order("c4", priority: 2), try order("c4", rank: 1), try order("c2", rank: 2)
    )
    let pilots = [try pilot(1, [(4, 10)]), try pilot(2, [(4, 20)])]
    #expect(plan([third, second, first], pilots) == [1: first, 2: second])
  }

  /// What a pilot keeps it goes on keeping, though another would have the room sooner by now.
  @Test func whatIsKeptStays() throws {
    let big = try order("c4")
    let pilots = [try pilot(1, [(4, 20)]), try pilot(2)]
    #expect(plan([big], pilots, held: [1: big]) == [1: big])
  }

  /// Drained, quarantined, restarted with less, gone, or tried in vain: another pilot keeps the room.
  @Test func theReservationMoves() throws {
    let big = try order("c4")
    let other = try pilot(2, [(4, 20)])
    for state in [PilotState.draining, .quarantined] {
      let aside = try pilot(1) { $0.state = state }
      #expect(plan([big], [aside, other], held: [1: big]) == [2: big])
    }
    #expect(plan([big], [try pilot(1, cpus: 3), other], held: [1: big]) == [2: big])
    #expect(plan([big], [try pilot(1, cpus: 3)], held: [1: big]) == [:])
    var vain = try pilot(1)
    vain.shunned = [big.job]
    #expect(plan([big], [vain, other], held: [1: big]) == [2: big])
  }

  /// A job that comes later and goes first takes the pilot of one that goes after it.
  @Test func theBetterJobTakesThePilot() throws {
    let (better, worse) = (try order("c4", priority: 1), try order("c4"))
    let busy = try pilot(1, [(4, 20)])
    #expect(plan([better, worse], [busy], held: [1: worse]) == [1: better])
    let other = try pilot(2, [(4, 50)])
    #expect(plan([better, worse], [busy, other], held: [1: worse]) == [1: worse, 2: better])
  }

  /// A pilot that leaves before the job would have ended keeps no room for it.
  @Test func theLifetimeCounts() throws {
    let big = try order("c4")
    let leaving = { (seconds: Int) throws in
      try pilot(1, [(4, 20)]) { $0.ends = date + .seconds(seconds) }
    }
    #expect(plan([big], [try leaving(79)]) == [:])
    #expect(plan([big], [try leaving(80)]) == [1: big])
  }

  /// Only pilots that could keep room for a job without are asked what they run: none if all is kept.
  @Test func nobodyIsAskedInVain() throws {
    let (better, worse) = (try order("c4", priority: 1), try order("c4"))
    let offers = [try pilot(1), try pilot(2, cpus: 2), try pilot(3) { $0.state = .draining }]
    func asked(_ jobs: [Reservation], held: Reservation?) -> [String] {
      let names = offers.map(\.record.pilot)
      let choice = Reservations(
        offers: Dictionary(uniqueKeysWithValues: zip(names, offers)),
        held: held.map { [names[0]: $0] } ?? [:])
      return choice.candidates(for: jobs).map(\.host)
    }
    #expect(asked([worse], held: nil) == ["n1"])
    #expect(asked([worse], held: worse) == [])
    #expect(asked([better, worse], held: better) == [])
    #expect(asked([better, worse], held: worse) == ["n1"])
  }
}
