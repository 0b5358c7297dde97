import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolPilot

/// What won and lost races teach a pilot about others.
struct RivalryTests {
  private var rivalry = Rivalry()
  private var random: any RandomNumberGenerator = SeededRandom(1)

  private mutating func look(winning wins: Int, losing losses: Int = 0) {
    rivalry.beginListing()
    for _ in 0..<losses { rivalry.noteLoss() }
    for _ in 0..<wins { rivalry.noteWin() }
  }

  /// Without rivals listings are trusted longer and longer, up to a second.
  @Test mutating func trustGrowsWithoutLostRaces() {
    var last = rivalry.trust
    for _ in 0..<30 {
      look(winning: 1)
      #expect(rivalry.trust >= last)
      last = rivalry.trust
    }
    #expect(last == .seconds(1))
  }

  /// A look that led to no race teaches nothing.
  @Test mutating func anEmptyLookTeachesNothing() {
    let trust = rivalry.trust
    for _ in 0..<30 { look(winning: 0) }
    #expect(rivalry.trust == trust)
  }

  @Test mutating func aLostRaceHalvesTrust() {
    let trust = rivalry.trust
    look(winning: 1, losing: 1)
    #expect(rivalry.trust == trust / 2)
    rivalry.beginListing()
    #expect(rivalry.trust == trust / 2)
    for _ in 0..<30 { rivalry.noteLoss() }
    #expect(rivalry.trust == .milliseconds(1))
  }

  /// Wherever the age is at which listings lead to lost races, about one listing in seven does.
  @Test(arguments: [5, 20, 100, 700]) mutating func trustSettles(limit: Int) {
    var lost = 0
    for _ in 0..<1000 {
      let isTooOld = rivalry.trust > .milliseconds(limit)
      look(winning: 1, losing: isTooOld ? 1 : 0)
      if isTooOld { lost += 1 }
    }
    #expect((100...180).contains(lost), "\(lost)")
  }

  /// It chooses among twice as many jobs after a lost race, and after some claims among few again.
  @Test mutating func choices() {
    #expect(rivalry.choice == 16)
    look(winning: 0, losing: 2)
    #expect(rivalry.choice == 64)
    look(winning: 8)
    #expect((30..<64).contains(rivalry.choice))
    look(winning: 100)
    #expect(rivalry.choice == 16)
    look(winning: 0, losing: 30)
    #expect(rivalry.choice == Rivalry.choices.upperBound)
  }

  /// So many pilots want a job as lost races tell, and what they leave tells that they are fewer.
  @Test mutating func crowds() {
    #expect(rivalry.crowd == 1)
    look(winning: 0, losing: 3)
    #expect(rivalry.crowd == 8)
    rivalry.noteLeftOver()
    #expect(rivalry.crowd == 6)
    for _ in 0..<10 { rivalry.noteLeftOver() }
    #expect(rivalry.crowd == 1)
    #expect(rivalry.choice == Rivalry.choices.lowerBound)
  }

  @Test mutating func twoLostRacesInARowAreHopeless() {
    rivalry.noteLoss()
    #expect(!rivalry.isHopeless)
    rivalry.noteWin()
    rivalry.noteLoss()
    #expect(!rivalry.isHopeless)
    rivalry.noteLoss()
    #expect(rivalry.isHopeless)
    rivalry.beginListing()
    #expect(!rivalry.isHopeless)
  }

  /// Pauses grow with lost races, shrink with won ones, and are spread over all of their length.
  @Test mutating func pauses() {
    func longest() -> Int {
      (0..<300).map { _ in rivalry.drawPause(&random).milliseconds }.max() ?? 0
    }
    #expect(longest() == 0)
    for most in [20, 40, 80, 160] {
      rivalry.noteLoss()
      #expect((most * 9 / 10...most).contains(longest()))
    }
    #expect((0..<300).contains { _ in rivalry.drawPause(&random) < .milliseconds(20) })
    for most in [80, 40, 20] {
      rivalry.noteWin()
      #expect((most * 9 / 10...most).contains(longest()))
    }
    rivalry.noteWin()
    #expect(longest() == 0)
    for _ in 0..<30 { rivalry.noteLoss() }
    #expect((900...1000).contains(longest()))
  }
}
