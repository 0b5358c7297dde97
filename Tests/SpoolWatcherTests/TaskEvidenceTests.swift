import SpoolModel
import Testing

@testable import SpoolWatcher

/// What rows of failures tell of a pilot, counted out.
struct TaskEvidenceTests {
  private let here: PilotName
  private let there: PilotName

  init() throws {
    here = try #require(PilotName("here-00000001"))
    there = try #require(PilotName("there-00000002"))
  }

  /// So many jobs, from a number on, that were done or failed on a pilot.
  private func evidence(
    _ outcomes: (pilot: PilotName, jobs: Range<Int>, isDone: Bool)...
  ) -> TaskEvidence {
    var evidence = TaskEvidence()
    for outcome in outcomes {
      for job in outcome.jobs {
        if outcome.isDone {
          evidence.succeeded(job, on: outcome.pilot)
        } else {
          evidence.failed(job, on: outcome.pilot, .exit(1), isLast: false)
        }
      }
    }
    return evidence
  }

  /// (done elsewhere, failed elsewhere, done here before): how long a row must be. Two pilots.
  @Test(arguments: [
    // 1/3 to the seventh, twice: 0.9/1000.
    (1, 0, 0, 7), (10, 0, 0, 4), (100, 0, 0, 3), (1000, 0, 0, 3),
    // What fails elsewhere, too, is less surprising here.
    (10, 10, 0, 11), (80, 20, 0, 5),
    // The more rows there were, the more likely is a long one.
    (80, 20, 99, 8), (80, 20, 9999, 11),
  ])
  func howLongARow(_ done: Int, _ failed: Int, _ before: Int, _ needed: Int) {
    var evidence = evidence(
      (there, 1000..<1000 + failed, false), (there, 0..<done, true),
      (here, 2000..<2000 + before, true))
    for length in 1...needed {
      evidence.failed(100_000 + length, on: here, .exit(1), isLast: false)
      #expect(evidence.isBad(here) == (length == needed), "\(length)")
    }
    #expect(!evidence.isBad(there))
  }

  /// Without a success elsewhere nobody is bad, however long the row.
  @Test func nothingElsewhere() {
    #expect(!evidence((here, 0..<60, false)).isBad(here))
    #expect(!evidence((here, 0..<60, false), (there, 100..<103, false)).isBad(here))
    #expect(!evidence((here, 0..<7, false)).isDoubtful(here))
    #expect(evidence((here, 0..<8, false)).isDoubtful(here))
    #expect(!evidence((here, 0..<60, false), (there, 100..<101, false)).isDoubtful(here))
  }

  @Test func aSuccessEndsTheRow() {
    #expect(evidence((here, 0..<6, false), (here, 6..<7, true)).row(of: here) == 0)
    #expect(evidence((here, 0..<6, false), (there, 6..<7, true)).row(of: here) == 6)
  }

  /// One job counts once, by its first failure.
  @Test func theSameJobAgain() {
    let again = evidence((here, 0..<3, false), (here, 0..<3, false))
    #expect(again.row(of: here) == 3)
    #expect(again.elsewhere(than: there).failed == 3)
    let after = evidence((here, 0..<3, false), (here, 9..<10, true), (here, 0..<3, false))
    #expect(after.row(of: here) == 0)
  }

  /// What fails on two pilots tells of neither.
  @Test func failsElsewhereToo() {
    let evidence = evidence((here, 0..<5, false), (there, 0..<2, false))
    #expect(evidence.row(of: here) == 3)
    #expect(evidence.row(of: there) == 0)
    #expect(evidence.elsewhere(than: here) == (0, 2))
  }

  /// What was done elsewhere after it failed here is the best evidence.
  @Test func doneElsewhereAfterwards() {
    #expect(evidence((here, 0..<4, false), (there, 0..<4, true)).row(of: here) == 4)
  }

  @Test func cleared() {
    var evidence = evidence((here, 0..<5, false), (there, 0..<1, false))
    evidence.clear(here)
    #expect(evidence.row(of: here) == 0)
    #expect(evidence.elsewhere(than: there) == (0, 0))
    // Its failures do not stand against other pilots' evidence any more.
    evidence.failed(3, on: there, .exit(1), isLast: false)
    #expect(evidence.row(of: there) == 1)
  }

  /// What to give back: to jobs in work alone, by budget.
  @Test func charges() {
    var evidence = evidence((here, 0..<3, false), (here, 1..<2, false))
    evidence.failed(1, on: here, .input, isLast: false)
    evidence.failed(0, on: here, .exit(1), isLast: true)
    evidence.succeeded(2, on: there)
    let charges = evidence.charges(of: here)
    #expect(charges.map(\.job) == [1])
    #expect(charges.first?.charges.payload == 2 && charges.first?.charges.infrastructure == 1)
  }

  /// A pilot that has gone still tells of the others.
  @Test func forgotten() {
    var evidence = evidence((there, 0..<10, true), (here, 20..<23, false))
    evidence.remove(there)
    #expect(evidence.elsewhere(than: here) == (10, 0))
    evidence.failed(30, on: here, .exit(1), isLast: false)
    #expect(evidence.isBad(here))
  }
}
