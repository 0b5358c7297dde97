import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// The choice among the jobs of one ready directory, and the times of its listings (R9).
struct ClaimerTests {
  private let start = Instant(milliseconds: 1000)

  private func job(
    _ index: Int, priority: Int = 5, rank: Int? = nil, cores: Int = 1
  ) -> String {
    guard let task = Name("t") else { return "" }
    return JobName(
      priority: priority, rank: rank, job: JobID(task: task, index: index), attempt: 1,
      cores: cores, memory: 100, gpus: 0, wall: 60, tags: []
    ).fileName
  }

  private func mark(_ number: Int) -> DirectoryMark {
    DirectoryMark(inode: 7, changed: Int64(number))
  }

  private var random: any RandomNumberGenerator = SeededRandom(1)

  private mutating func listed(_ names: [String], seed: Int = 1) -> Claimer {
    random = SeededRandom(seed)
    var claimer = Claimer(.cpu)
    claimer.beginLook(at: start, releases: 0)
    claimer.take(names, mark(1), at: start, &random)
    return claimer
  }

  private func take(
    _ claimer: inout Claimer, _ fits: (JobName) -> Bool = { _ in true }
  ) -> JobName? {
    claimer.takeCandidate(fits)?.name
  }

  // MARK: The choice

  /// Many pilots do not all want the same job: the place in the listing does not matter.
  @Test mutating func choosesAmongAllOfTheBestRank() {
    let names = (0..<100).map { job($0) }
    var chosen: [Int: Int] = [:]
    for seed in 1...1000 {
      var claimer = listed(names, seed: seed)
      if let name = take(&claimer) { chosen[name.job.index, default: 0] += 1 }
    }
    #expect(chosen.count == 100)
    #expect((chosen.values.max() ?? 0) < 40, "\(chosen)")
  }

  /// The rank decides, not the name of the task: in each 16 any is first.
  @Test(arguments: 1...20) mutating func theLowerRanksGoFirst(seed: Int) {
    let names = (0..<6).flatMap { rank in (0..<16).map { job(900 - rank * 100 + $0, rank: rank) } }
    var claimer = listed(
      (names + (0..<16).map { job($0) } + [job(99, priority: 4)]).shuffled(), seed: seed)
    let order = (0..<113).compactMap { _ in take(&claimer) }
    #expect(order.first?.priority == 4)
    #expect(
      order.dropFirst().map { $0.rank ?? -1 }
        == (-1..<6).flatMap { [Int](repeating: $0, count: 16) })
    let indices = order.dropFirst().prefix(16).map(\.job.index)
    #expect(indices != indices.sorted())
  }

  /// Where others are first, it chooses among more.
  @Test mutating func choosesAmongMoreWhereRacesAreLost() {
    let names = (0..<100).map { job($0, rank: $0) }
    var chosen: (calm: Set<Int>, fierce: Set<Int>) = ([], [])
    for seed in 1...1000 {
      var claimer = listed(names, seed: seed)
      if let name = take(&claimer) { chosen.calm.insert(name.job.index) }
      claimer.noteLoss(at: start, &random)
      claimer.beginLook(at: start, releases: 0)
      claimer.take(names, mark(1), at: start, &random)
      if let name = take(&claimer) { chosen.fierce.insert(name.job.index) }
    }
    #expect(chosen.calm == Set(0..<16))
    #expect(chosen.fierce == Set(0..<32))
  }

  /// What a pilot passed over at one look it likes as well as all others at the next: none waits for
  /// ever while new jobs come.
  @Test mutating func noneIsPassedOverForEver() {
    var ready = (0..<50).map { job($0) }
    var claimer = Claimer(.cpu)
    var next = 50
    while ready.contains(job(0)), next < 2000 {
      claimer.beginLook(at: start, releases: 0)
      claimer.take(ready, mark(next), at: start, &random)
      let name = take(&claimer)?.fileName
      ready.removeAll { $0 == name }
      ready.append(job(next))
      next += 1
    }
    #expect(next < 2000)
  }

  @Test(arguments: 1...20) mutating func theBestPriorityGoesFirst(seed: Int) {
    var claimer = listed(
      [job(1, priority: 5), job(2, priority: 1), job(3, priority: 1), job(4, priority: 0)],
      seed: seed)
    let order = (0..<4).compactMap { _ in take(&claimer)?.priority }
    #expect(order == [0, 1, 1, 5])
    #expect(take(&claimer) == nil)
  }

  /// What does not fit takes no place of what does, even if it is of better priority, and however much
  /// of it there is.
  @Test mutating func looksPastWhatDoesNotFit() {
    let large = (0..<5000).map { job($0, priority: 1, cores: 8) }
    var claimer = listed(large + [job(7)])
    #expect(take(&claimer) { $0.cores == 1 }?.job.index == 7)
    #expect(take(&claimer) { $0.cores == 1 } == nil)
  }

  @Test mutating func otherNamesAreNobodys() {
    var claimer = listed([".\(job(1))", "notes.txt", "p5.t.1.json", job(2)])
    #expect(take(&claimer)?.job.index == 2)
    #expect(take(&claimer) == nil)
  }

  // MARK: Looks

  @Test mutating func looksWhenTheListingIsUsedUpOrOld() {
    #expect(Claimer(.cpu).wantsLook(at: start, releases: 0))
    var claimer = listed([job(1)])
    let trust = Rivalry().trust
    #expect(!claimer.wantsLook(at: start + trust - .milliseconds(1), releases: 0))
    #expect(claimer.wantsLook(at: start + trust, releases: 0))
    _ = take(&claimer)
    claimer.noteWin()
    #expect(!claimer.wantsLook(at: start + .milliseconds(49), releases: 0))
    #expect(claimer.wantsLook(at: start + .milliseconds(50), releases: 0))
    #expect(claimer.nextLook(releases: 0) == start + .milliseconds(50))
  }

  /// What is found empty is looked at ever more seldom, and at once after a hint.
  @Test mutating func anEmptyDirectoryIsLookedAtEverMoreSeldom() {
    var claimer = Claimer(.cpu)
    var now = start
    var waits: [Int] = []
    for _ in 0..<8 {
      claimer.beginLook(at: now, releases: 0)
      claimer.take([], mark(1), at: now, &random)
      let next = claimer.nextLook(releases: 0)
      #expect(!claimer.wantsLook(at: next - .milliseconds(1), releases: 0))
      #expect(claimer.wantsLook(at: next, releases: 0))
      waits.append((next - now).milliseconds)
      now = next
    }
    for (wait, middle) in zip(waits, [100, 200, 400, 800, 1600, 2000, 2000, 2000]) {
      #expect((middle * 8 / 10...middle * 12 / 10).contains(wait), "\(waits)")
    }
    claimer.hint(at: now, &random)
    #expect(claimer.wantsLook(at: now, releases: 0))
    claimer.beginLook(at: now, releases: 0)
    claimer.take([], mark(1), at: now, &random)
    #expect((80...120).contains((claimer.nextLook(releases: 0) - now).milliseconds))
  }

  /// A hint that comes while there are candidates left waits until these are used up.
  @Test mutating func aHintWaitsForTheListing() {
    var claimer = listed([job(1)])
    claimer.hint(at: start, &random)
    #expect(!claimer.wantsLook(at: start, releases: 0))
    _ = take(&claimer)
    #expect(claimer.wantsLook(at: start, releases: 0))
  }

  /// With more room than at the last look, what did not fit may fit now.
  @Test mutating func moreRoomIsALookAtOnce() {
    var claimer = listed([job(1, cores: 8)])
    #expect(take(&claimer) { $0.cores == 1 } == nil)
    #expect(!claimer.wantsLook(at: start, releases: 0))
    #expect(claimer.wantsLook(at: start, releases: 1))
    #expect(claimer.nextLook(releases: 1) == .distantPast)
    claimer.beginLook(at: start, releases: 1)
    claimer.take([], mark(2), at: start, &random)
    #expect(!claimer.wantsLook(at: start, releases: 1))
  }

  /// What the filesystem refuses is not tried again at once, whatever hints came before (R10).
  @Test mutating func aRefusalIsABackOff() {
    var claimer = listed([job(1), job(2)])
    claimer.hint(at: start, &random)
    claimer.backOff(at: start, releases: 3)
    #expect(take(&claimer) == nil)
    #expect(!claimer.wantsLook(at: start + .milliseconds(99), releases: 3))
    #expect(claimer.wantsLook(at: start + .milliseconds(100), releases: 3))
    claimer.backOff(at: start, releases: 3)
    #expect(claimer.nextLook(releases: 3) == start + .milliseconds(200))
  }

  /// More room is no reason to look where all that was there fitted, or nothing was. Unless the pilot
  /// was full: then it did not look as often as it would have.
  @Test(arguments: [0, 1]) mutating func moreRoomIsNoReasonWhereThereWasEnough(jobs: Int) {
    var claimer = listed((0..<jobs).map { job($0) })
    while take(&claimer) != nil {}
    #expect(claimer.nextLook(releases: 1) > start)
    claimer.noteFull()
    #expect(claimer.nextLook(releases: 0) > start)
    #expect(claimer.nextLook(releases: 1) == .distantPast)
  }

  /// Each job that fits makes the back-off a quarter shorter: where jobs are few, one job does not
  /// bring many looks, and some of them end it.
  @Test mutating func eachCandidateShortensTheBackOff() {
    var claimer = Claimer(.cpu)
    for _ in 0..<6 { claimer.take([], mark(1), at: start, &random) }
    var waits: [Int] = []
    for number in 1...6 {
      claimer.take([job(number)], mark(2), at: start, &random)
      #expect(take(&claimer) != nil)
      claimer.beginLook(at: start, releases: 0)
      waits.append((claimer.nextLook(releases: 0) - start).milliseconds)
    }
    #expect(waits == [1500, 1125, 843, 632, 474, 355])
  }

  // MARK: Lanes

  private static let lanes = ["@03", "@17"].compactMap { Lane(directory: $0) }

  /// Where the directory shows lanes, a look is at one of them, by chance, and now and then at the
  /// directory too; the best of both goes first, each from its own place.
  @Test mutating func looksIntoALaneByChance() {
    var claimer = listed(["@03", "@17", "@99", job(1)])
    var drawn: [ReadyPlace: Int] = [:]
    for _ in 0..<1000 {
      if let lane = claimer.drawLane(&random) { drawn[lane, default: 0] += 1 }
    }
    #expect(Set(drawn.keys) == Set(Self.lanes.map { ReadyPlace(.cpu, $0) }))
    #expect(drawn.values.allSatisfy { $0 > 400 }, "\(drawn)")
    let looks = (0..<12).map { _ in
      claimer.beginLook(at: start, releases: 0)
      return claimer.looksAtDirectory
    }
    #expect(looks == (0..<12).map { $0 % 4 == 3 }, "\(looks)")
    // After news from the directory it is looked at.
    claimer.hint(at: start, &random)
    claimer.beginLook(at: start, releases: 0)
    #expect(claimer.looksAtDirectory)

    let lane = ReadyPlace(.cpu, Self.lanes[0])
    claimer.beginLook(at: start, releases: 0)
    claimer.take(["@03", job(1)], mark(1), at: start)
    claimer.add([job(2, priority: 1), job(3, priority: 7), "notes.txt"], from: lane)
    claimer.endLook(at: start, &random)
    let order = (0..<4).map { _ in claimer.takeCandidate { _ in true } }
    #expect(order.map { $0?.name.job.index } == [2, 1, 3, nil])
    #expect(order.map { $0?.place } == [lane, ReadyPlace(.cpu), lane, nil])
  }

  /// Without lanes each look is at the directory, and so it is once a lane is gone.
  @Test mutating func looksAtTheDirectoryWhereNoLaneIs() {
    var claimer = listed(["@03"])
    #expect(claimer.drawLane(&random) != nil)
    claimer.forgetLanes()
    for second in 0..<50 {
      let now = start + .seconds(second)
      claimer.beginLook(at: now, releases: 0)
      #expect(claimer.looksAtDirectory && claimer.drawLane(&random) == nil)
      if second == 0 { #expect(claimer.needsListing(mark(1), at: now)) }
    }
  }

  // MARK: Lost races

  /// After two lost races in a row the rest of the listing is dropped, and no hint cuts the pause.
  @Test mutating func twoLostRacesDropTheListing() {
    var claimer = listed((0..<50).map { job($0) })
    _ = take(&claimer)
    claimer.noteLoss(at: start, &random)
    #expect(take(&claimer) != nil)
    claimer.noteLoss(at: start, &random)
    #expect(take(&claimer) == nil)
    let next = claimer.nextLook(releases: 0)
    #expect((0...40).contains((next - start).milliseconds))
    claimer.hint(at: start, &random)
    #expect(claimer.nextLook(releases: 0) == next)
    #expect(claimer.wantsLook(at: next, releases: 0))
  }

  /// A win between them is a new beginning.
  @Test mutating func aWinBetweenLostRaces() {
    var claimer = listed((0..<50).map { job($0) })
    for _ in 0..<10 {
      _ = take(&claimer)
      claimer.noteLoss(at: start, &random)
      _ = take(&claimer)
      claimer.noteWin()
    }
    #expect(take(&claimer) != nil)
  }

  /// Where the last candidate was lost, the pilot pauses, and then looks without a hint.
  @Test mutating func theLastCandidateIsLost() {
    var claimer = listed([job(1)])
    _ = take(&claimer)
    claimer.noteLoss(at: start, &random)
    #expect(claimer.wantsLook(at: start + .milliseconds(20), releases: 0))
  }

  /// Many pilots that lost a race for one job come one after the other when the next one appears; a
  /// pilot without rivals comes at once.
  @Test mutating func newsDoNotBringAllAtOnce() {
    var comings: Set<Int> = []
    for seed in 1...50 {
      var claimer = listed([job(1)], seed: seed)
      for _ in 0..<4 { claimer.noteLoss(at: start, &random) }
      let later = start + .seconds(10)
      claimer.beginLook(at: later, releases: 0)
      claimer.take([], mark(2), at: later, &random)
      claimer.hint(at: later, &random)
      comings.insert((claimer.nextLook(releases: 0) - later).milliseconds)
    }
    #expect(comings.count > 30, "\(comings.sorted())")
    #expect((comings.max() ?? 0) <= 160)
    var alone = listed([])
    alone.hint(at: start, &random)
    #expect(alone.wantsLook(at: start, releases: 0))
  }

  /// Of jobs that are fewer than the pilots which want them, each is tried by about one pilot, and is taken
  /// at the next look if it is still there.
  @Test mutating func jobsAreLeftToOthers() {
    var tries = 0
    for seed in 1...800 {
      var claimer = listed([job(1)], seed: seed)
      for _ in 0..<4 { claimer.noteLoss(at: start, &random) }
      let later = start + .seconds(1)
      claimer.beginLook(at: later, releases: 0)
      claimer.take([job(2), job(3)], mark(2), at: later, &random)
      let first = [take(&claimer), take(&claimer)].compactMap { $0?.job.index }
      tries += first.count
      #expect(!claimer.wantsLook(at: later, releases: 0) || !first.isEmpty)
      claimer.beginLook(at: later, releases: 0)
      claimer.take([job(2), job(3)], mark(3), at: later, &random)
      let second = [take(&claimer), take(&claimer)].compactMap { $0?.job.index }
      #expect(Set(second).isSuperset(of: Set([2, 3]).subtracting(first)))
    }
    // Two jobs, sixteen that want them.
    #expect((70...130).contains(tries), "\(tries)")
  }

  /// What nobody else takes tells that there are no others any more.
  @Test mutating func theOthersAreGone() {
    var claimer = listed([job(1)])
    for _ in 0..<30 { claimer.noteLoss(at: start, &random) }
    var looks = 0
    for number in 0..<40 {
      repeat {
        looks += 1
        claimer.beginLook(at: start, releases: 0)
        claimer.take([job(number)], mark(looks), at: start, &random)
      } while take(&claimer) == nil
    }
    #expect((58...66).contains(looks), "\(looks)")
  }

  // MARK: Marks

  /// An empty directory is not listed again before its mark moves, or a while is over.
  @Test mutating func anEmptyDirectoryIsKnownByItsMark() {
    var claimer = Claimer(.cpu)
    func isListed(_ number: Int, _ milliseconds: Int) -> Bool {
      let now = start + .milliseconds(milliseconds)
      claimer.beginLook(at: now, releases: 0)
      guard claimer.needsListing(mark(number), at: now) else { return false }
      claimer.take([], mark(number), at: now, &random)
      return true
    }
    #expect(isListed(1, 0))
    // A change in the same tick of the filesystem's clock leaves the mark as it is.
    #expect(isListed(1, 1999))
    #expect(isListed(1, 2000))
    #expect(!isListed(1, 2001))
    #expect(!isListed(1, 21_999))
    #expect(isListed(1, 22_000))
    #expect(!isListed(1, 22_001))
    #expect(isListed(2, 23_000))
    #expect(isListed(2, 24_000))
    #expect(isListed(2, 25_000))
    #expect(!isListed(2, 25_001))
  }

  /// A directory with jobs that did not fit is listed again.
  @Test mutating func aDirectoryThatIsNotEmptyIsListed() {
    var claimer = Claimer(.cpu)
    for second in 0..<10 {
      let now = start + .seconds(second)
      claimer.beginLook(at: now, releases: 0)
      #expect(claimer.needsListing(mark(1), at: now))
      claimer.take([job(1, cores: 8)], mark(1), at: now, &random)
      #expect(take(&claimer) { $0.cores == 1 } == nil)
    }
  }
}

extension Claimer {
  /// A whole look at a directory that has no lanes.
  fileprivate mutating func take(
    _ listing: [String], _ mark: DirectoryMark, at now: Instant,
    _ random: inout any RandomNumberGenerator
  ) {
    take(listing, mark, at: now)
    endLook(at: now, &random)
  }
}
