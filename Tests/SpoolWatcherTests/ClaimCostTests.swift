import Glibc
import SpoolTesting
import Testing

/// What claims cost where many pilots want the same jobs at the same time (R1): no more for each job
/// than with one pilot. Counts of calls, in simulated time.
struct ClaimCostTests {
  /// Measures pilots for ten seconds, in the middle of the tasks of ten users.
  private func costs(
    pilots: Int, slots: Int = 1, lasting milliseconds: Int, call microseconds: Int
  ) throws -> CrowdReport {
    var setup = Crowd.Setup()
    setup.pilots = pilots
    setup.slots = slots
    setup.duration = milliseconds
    setup.callTime = microseconds
    let crowd = try Crowd(setup)
    let report = try crowd.measure(after: 3000 + milliseconds, for: 10_000)
    #expect(crowd.troubles == [])
    return report
  }

  private func expectLow(_ report: CrowdReport) {
    #expect(report.jobs > 0 && report.lost <= 0.3, "\(report)")
    let names = Double(report.pilots.calls.onNames) / Double(max(1, report.jobs))
    // Of the ten calls a job of ten seconds four are those of two heartbeats, and between two jobs there
    // is a moment in which hearts beat, too.
    #expect(names <= 10.1, "\(report)")
    #expect(report.idle <= 0.05, "\(report)")
  }

  /// The watcher can feed all of them.
  @Test(arguments: [(1, 100, 200), (32, 100, 200), (32, 1000, 2000)])
  func allBusy(pilots: Int, milliseconds: Int, microseconds: Int) throws {
    expectLow(try costs(pilots: pilots, lasting: milliseconds, call: microseconds))
  }

  @Test(.enabled(if: getenv("SPOOL_LONG") != nil)) func aThousandPilots() throws {
    expectLow(try costs(pilots: 1000, lasting: 10_000, call: 200))
  }
}
