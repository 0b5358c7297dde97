import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolPilot

/// The choice among the jobs of one ready directory, and the times of its listings (R9).
struct ClaimerTests {
  private let start = Instant(milliseconds: 1000)

  private func job(
    _ index: Int, priority: Int = 5, rank: Int? = nil, cores: Int = 1
  ) -> String {
    let digits = String(index)
    let zeros = String(repeating: "0", count: 8 - digits.count)
    let place = rank.map { "-" + String(repeating: "0", count: 12) + "\($0)" } ?? ""
    return "p\(priority)\(place).t.\(zeros)\(digits).a1.c\(cores).m100.g0.w60.json"
  }

  private func listed(_ names: [String]) -> Claimer {
    var claimer = Claimer(.cpu)
    claimer.beginListing(at: start, releases: 0)
    claimer.take(names, at: start, spread: 0)
    return claimer
  }

  private func take(
    _ claimer: inout Claimer, seed: Int = 1, _ fits: (JobName) -> Bool = { _ in true }
  ) -> JobName? {
    var random: any RandomNumberGenerator = SeededRandom(seed)
    return claimer.takeCandidate(fits, &random)
  }

  // MARK: The choice

  /// Many pilots do not all want the same job, and none goes beyond the first 16.
  @Test func choosesAmongTheFirst16() {
    let names = (0..<200).map { job($0) }.shuffled()
    var chosen: Set<Int> = []
    for seed in 1...400 {
      var claimer = listed(names)
      if let name = take(&claimer, seed: seed) { chosen.insert(name.job.index) }
    }
    #expect(chosen == Set(0..<Claimer.choices))
  }

  @Test(arguments: 1...20) func theBestPriorityGoesFirst(seed: Int) {
    var claimer = listed(
      [job(1, priority: 5), job(2, priority: 1), job(3, priority: 1), job(4, priority: 0)])
    let order = (0..<4).compactMap { _ in take(&claimer, seed: seed)?.priority }
    #expect(order == [0, 1, 1, 5])
    #expect(take(&claimer) == nil)
  }

  /// The rank decides, not the name of the task; names without a rank come before all.
  @Test(arguments: 1...20) func theLowestRankGoesFirst(seed: Int) {
    let names = (0..<9).flatMap { rank in
      (0..<Claimer.choices).map { job(rank * 100 + $0, rank: rank) }
    }
    var claimer = listed((names + (900..<916).map { job($0) } + [job(99, priority: 4)]).shuffled())
    let order = (0..<161).compactMap { _ in take(&claimer, seed: seed) }
    #expect(order.first?.priority == 4)
    for (place, name) in order.dropFirst().enumerated() {
      // One that lies further back is taken only among the first 16 that are left.
      let rank = name.rank ?? -1
      #expect(rank <= place / Claimer.choices, "\(name.stem) at \(place)")
    }
  }

  /// What does not fit takes no place of what does, even if it is of better priority.
  @Test func looksPastWhatDoesNotFit() {
    let large = (0..<300).map { job($0, priority: 1, cores: 8) }
    var claimer = listed(large + [job(7)])
    #expect(take(&claimer) { $0.cores == 1 }?.job.index == 7)
  }

  /// It looks past so many, then it gives up, and lists again later.
  @Test func looksPastNotForEver() {
    let large = (0..<(Claimer.mostSkipped + 100)).map { job($0, priority: 1, cores: 8) }
    var claimer = listed(large + [job(7)])
    #expect(take(&claimer) { $0.cores == 1 } == nil)
    #expect(!claimer.wantsListing(at: start + .milliseconds(49), releases: 0))
    #expect(claimer.wantsListing(at: start + .milliseconds(50), releases: 0))
  }

  @Test func otherNamesAreNobodys() {
    var claimer = listed([".\(job(1))", "notes.txt", "p5.t.1.json", job(2)])
    #expect(take(&claimer)?.job.index == 2)
    #expect(take(&claimer) == nil)
  }

  // MARK: Listings

  @Test func listsWhenTheListingIsUsedUpOrOld() {
    #expect(Claimer(.cpu).wantsListing(at: start, releases: 0))
    var claimer = listed([job(1)])
    #expect(!claimer.wantsListing(at: start + .milliseconds(999), releases: 0))
    #expect(claimer.wantsListing(at: start + .seconds(1), releases: 0))
    _ = take(&claimer)
    #expect(!claimer.wantsListing(at: start + .milliseconds(49), releases: 0))
    #expect(claimer.wantsListing(at: start + .milliseconds(50), releases: 0))
    #expect(claimer.nextListing(releases: 0) == start + .milliseconds(50))
  }

  /// What is found empty is looked at ever more seldom, and at once after a hint.
  @Test func anEmptyDirectoryIsListedEverMoreSeldom() {
    var claimer = Claimer(.cpu)
    var now = start
    var waits: [Int] = []
    for _ in 0..<8 {
      claimer.beginListing(at: now, releases: 0)
      claimer.take([], at: now, spread: 0)
      let next = claimer.nextListing(releases: 0)
      #expect(!claimer.wantsListing(at: next - .milliseconds(1), releases: 0))
      #expect(claimer.wantsListing(at: next, releases: 0))
      waits.append((next - now).milliseconds)
      now = next
    }
    #expect(waits == [100, 200, 400, 800, 1600, 2000, 2000, 2000])
    claimer.hint()
    #expect(claimer.wantsListing(at: now, releases: 0))
    claimer.beginListing(at: now, releases: 0)
    claimer.take([], at: now, spread: 0)
    #expect(claimer.nextListing(releases: 0) == now + .milliseconds(100))
  }

  /// A hint that comes while there are names left waits until these are used up.
  @Test func aHintWaitsForTheListing() {
    var claimer = listed([job(1)])
    claimer.hint()
    #expect(!claimer.wantsListing(at: start, releases: 0))
    _ = take(&claimer)
    #expect(claimer.wantsListing(at: start, releases: 0))
  }

  /// With more room than at the last listing, what did not fit may fit now.
  @Test func moreRoomIsALookAtOnce() {
    var claimer = listed([job(1, cores: 8)])
    #expect(take(&claimer) { $0.cores == 1 } == nil)
    #expect(!claimer.wantsListing(at: start, releases: 0))
    #expect(claimer.wantsListing(at: start, releases: 1))
    #expect(claimer.nextListing(releases: 1) == .distantPast)
    claimer.beginListing(at: start, releases: 1)
    claimer.take([], at: start, spread: 0)
    #expect(!claimer.wantsListing(at: start, releases: 1))
  }

  /// What the filesystem refuses is not tried again at once, whatever hints came before (R10).
  @Test func aRefusalIsABackOff() {
    var claimer = listed([job(1), job(2)])
    claimer.hint()
    claimer.backOff(at: start, releases: 3)
    #expect(take(&claimer) == nil)
    #expect(!claimer.wantsListing(at: start + .milliseconds(99), releases: 3))
    #expect(claimer.wantsListing(at: start + .milliseconds(100), releases: 3))
    claimer.backOff(at: start, releases: 3)
    #expect(claimer.nextListing(releases: 3) == start + .milliseconds(200))
  }

  /// A job that fits ends the back-off.
  @Test func aCandidateBeginsAnew() {
    var claimer = listed([])
    claimer.take([job(1)], at: start, spread: 0)
    #expect(take(&claimer) != nil)
    claimer.beginListing(at: start, releases: 0)
    #expect(claimer.nextListing(releases: 0) == start + Claimer.shortest)
  }
}
