import SpoolModel
import Testing

@testable import SpoolPilot

/// A row of failures on one pilot, and what the pilot does about it (R10).
struct FailureRowTests {
  private let start = Instant(milliseconds: 1000)

  private func row(of count: Int, _ cause: Cause = .exit(1)) -> FailureRow {
    var row = FailureRow()
    for _ in 0..<count { row.noteFailure(cause) }
    return row
  }

  /// From the eighth failure in a row on there are 20 ms between two claims.
  @Test func pausesAfterManyFailures() {
    var row = row(of: FailureRow.many - 1)
    row.noteClaim(at: start)
    #expect(row.nextClaim == .distantPast)
    row.noteFailure(.exit(1))
    row.noteClaim(at: start)
    #expect(row.nextClaim == start + .milliseconds(20))
  }

  @Test func aSuccessEndsTheRow() {
    var row = row(of: 20)
    row.noteSuccess()
    #expect(row.failed == 0)
    for _ in 1..<FailureRow.many { row.noteFailure(.exit(1)) }
    row.noteClaim(at: start)
    #expect(row.nextClaim == .distantPast)
  }

  /// A failure for which no node can be to blame does not lengthen the row, nor end it.
  @Test(arguments: [Cause.returned, .torn, .lost, .cancelled])
  func someCausesDoNotCount(_ cause: Cause) {
    var row = row(of: 3)
    row.noteFailure(cause)
    #expect(row.failed == 3)
  }

  @Test(arguments: [Cause.exit(1), .signal(9), .wall, .memory, .stuck, .spawn, .input, .staging])
  func othersDo(_ cause: Cause) { #expect(row(of: 2, cause).failed == 2) }

  /// Three payloads in a row that cannot be started blame the node; one that starts, or ends well,
  /// is another matter.
  @Test func threeThatCannotBeStarted() {
    var row = FailureRow()
    #expect(row.noteNoStart() == false)
    #expect(row.noteNoStart() == false)
    row.noteSuccess()
    #expect(row.noteNoStart() == true)
    #expect(row.noteNoStart() == true)
    row.noteStart()
    #expect(row.noteNoStart() == false)
    #expect(row.noteNoStart() == false)
    #expect(row.noteNoStart() == true)
  }

  /// Starts under way count as if they failed, but one start is always allowed.
  @Test func startsUnderWay() {
    var row = FailureRow()
    #expect([0, 1, 2, 3].map(row.mayStart) == [true, true, true, false])
    _ = row.noteNoStart()
    #expect([0, 1, 2].map(row.mayStart) == [true, true, false])
    _ = row.noteNoStart()
    #expect([0, 1].map(row.mayStart) == [true, false])
    _ = row.noteNoStart()
    #expect([0, 1].map(row.mayStart) == [true, false])
    row.noteStart()
    #expect([2, 3].map(row.mayStart) == [true, false])
  }
}
