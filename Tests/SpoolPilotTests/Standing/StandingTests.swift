import SpoolModel
import Testing

@testable import SpoolPilot

/// A pilot's standing: active, draining, quarantined, and the ends of its waits (R10).
struct StandingTests {
  private let start = Instant(milliseconds: 1000)

  private func at(_ seconds: Int) -> Instant { start + .seconds(seconds) }

  @Test func anOrderToDrainMayBeTakenBack() {
    var standing = Standing(lifetimeEnd: nil)
    #expect(standing.state == .active)
    #expect(standing.noteDrain() == true)
    #expect(standing.noteDrain() == false)
    #expect(standing.state == .draining && standing.isDraining && !standing.isLeaving)
    standing.noteNoDrain()
    #expect(standing.state == .active)
    #expect(standing.noteDrain() == true)
  }

  /// A pilot that has decided to leave does so, whatever becomes of the file.
  @Test func leavingIsForGood() {
    var standing = Standing(lifetimeEnd: nil)
    _ = standing.noteDrain()
    standing.leave()
    standing.noteNoDrain()
    #expect(standing.state == .draining)
  }

  /// An order outlives the directory in which its file lay (R5).
  @Test(arguments: [false, true]) func theOrderOutlivesItsDirectory(isDrained: Bool) {
    var standing = Standing(lifetimeEnd: nil)
    if isDrained { _ = standing.noteDrain() }
    standing.outliveDirectory()
    standing.noteNoDrain()
    #expect(standing.isDraining == isDrained)
  }

  @Test func quarantineAndRelease() {
    var standing = Standing(lifetimeEnd: nil)
    #expect(standing.enterQuarantine("a") == true)
    #expect(standing.enterQuarantine("a") == false)
    #expect(standing.enterQuarantine("b") == true)
    #expect(standing.quarantine == "b" && standing.state == .quarantined)
    standing.leave()
    #expect(standing.state == .draining)
    standing.leaveQuarantine()
    #expect(standing.quarantine == nil)
  }

  // MARK: Times

  @Test func theLifetimeEndsOnce() {
    var standing = Standing(lifetimeEnd: at(10))
    #expect(standing.expire(at: at(9)) == false)
    #expect(standing.nextDue(at: start) == at(10))
    #expect(standing.expire(at: at(10)) == true)
    #expect(standing.expire(at: at(11)) == false)
    #expect(standing.nextDue(at: at(11)) == .distantFuture)
    var eternal = Standing(lifetimeEnd: nil)
    #expect(eternal.expire(at: at(1_000_000)) == false)
    #expect(eternal.nextDue(at: start) == .distantFuture)
  }

  /// Only jobs whose wall time is within what is left of the lifetime.
  @Test func wallTimesWithinTheLifetime() {
    let standing = Standing(lifetimeEnd: at(10))
    #expect(standing.hasTime(for: .seconds(10), at: start))
    #expect(!standing.hasTime(for: .seconds(10), at: start + .milliseconds(1)))
    #expect(!standing.hasTime(for: .seconds(1), at: at(11)))
    #expect(Standing(lifetimeEnd: nil).hasTime(for: .seconds(1_000_000_000), at: start))
  }

  /// A pilot that gives back waits 20 s for the filesystem, however often it is told to.
  @Test func theFarewellHasAnEnd() {
    var standing = Standing(lifetimeEnd: nil)
    #expect(!standing.isFarewellOver(at: at(1000)))
    standing.giveBack(at: start)
    standing.giveBack(at: at(15))
    #expect(standing.isDraining)
    #expect(standing.nextDue(at: start) == at(20))
    #expect(!standing.isFarewellOver(at: at(20) - .milliseconds(1)))
    #expect(standing.isFarewellOver(at: at(20)))
    // The grace of its payloads comes before, and a hurry ends that.
    var patient = Standing(lifetimeEnd: nil)
    patient.giveBack(at: start, grace: .seconds(100))
    #expect(!patient.isFarewellOver(at: at(119)) && patient.isFarewellOver(at: at(120)))
    patient.giveBack(at: at(10), grace: .seconds(2))
    #expect(patient.isFarewellOver(at: at(32)))
    // Its payloads may need a little longer: it looks again, and does not spin.
    #expect(standing.nextDue(at: at(30)) == at(30) + .milliseconds(100))
  }
}
