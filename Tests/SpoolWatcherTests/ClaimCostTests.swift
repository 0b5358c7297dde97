import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// What claims cost where many pilots of one slot want the same jobs (R1): no more for each job than
/// with one pilot. Counts of calls, in simulated time.
struct ClaimCostTests {
  /// What pilots did in the middle of a task, while all had work.
  struct Costs: CustomStringConvertible {
    /// Lost races for each claim.
    var lost = 0.0
    /// Calls of pilots on names, for each job.
    var calls = 0.0
    /// The part of the slots' time in which payloads ran.
    var used = 0.0

    var description: String { "lost \(lost), calls \(calls), used \(used)" }
  }

  /// The tries for jobs, and listings as they were some time ago: between the listing and the rename
  /// of a pilot others claim, which steps of a world, one after the other, do not show.
  private final class Lag: Sendable {
    private struct State {
      var tries = 0
      var past: [(at: Int, listing: Listing)] = []
    }

    private let state = Mutex(State())
    private let time: ManualTime
    private let milliseconds: Int

    init(_ milliseconds: Int, _ time: ManualTime) {
      self.milliseconds = milliseconds
      self.time = time
    }

    var tries: Int { state.withLock { $0.tries } }

    func count(_ party: Party, _ call: FileCall) {
      guard case .pilot = party, call.operation == .rename, call.path.contains("/ready-cpu/")
      else { return }
      state.withLock { $0.tries += 1 }
    }

    func bend(_ party: Party, _ directory: String, _ listing: Listing) -> Listing {
      guard case .pilot = party, directory.hasSuffix("/ready-cpu") else { return listing }
      return state.withLock { state in
        let end = time.now - milliseconds
        state.past.append((time.now, listing))
        while state.past.count > 1, state.past[1].at <= end { state.past.removeFirst() }
        return state.past.first?.listing ?? listing
      }
    }
  }

  private func costs(
    pilots: Int, jobs: Int, lasting milliseconds: Int, lag: Int = 0
  ) throws -> Costs {
    var setup = World.Setup()
    setup.pilots = pilots
    setup.slots = 1
    setup.config = SpoolConfig()
    setup.config.keepJobFiles = 0
    var started = 0
    setup.script = { _ in
      started += 1
      var outcome = FakeOutcome()
      outcome.duration = milliseconds
      return outcome
    }
    let world = try World(setup)
    let lagging = Lag(lag, world.time)
    world.faults.watch { lagging.count($0, $1) }
    world.faults.bend { lagging.bend($0, $1, $2) }
    world.run(for: 3000)
    try world.task("t", "\"input\": {\"count\": \(jobs)}, \"command\": [\"work\"]")
    func calls() -> Int {
      (1...pilots).reduce(0) { $0 + world.faults.counts(.pilot($1)).onNames }
    }
    func reach(_ count: Int) throws { try #require(world.run(until: { started >= count })) }
    try reach(jobs / 4)
    let before = (world.time.now, started, calls(), lagging.tries)
    try reach(jobs * 3 / 4)
    let after = (world.time.now, started, calls(), lagging.tries)
    let claims = Double(after.1 - before.1)
    return Costs(
      lost: Double(after.3 - before.3) / claims - 1, calls: Double(after.2 - before.2) / claims,
      used: claims * Double(milliseconds) / Double(pilots * (after.0 - before.0)))
  }

  private func expectLow(_ costs: Costs) {
    #expect(costs.lost <= 0.3, "\(costs)")
    #expect(costs.calls <= 10, "\(costs)")
    #expect(costs.used >= 0.95, "\(costs)")
  }

  /// Jobs of 100 ms, and listings that are up to a fifth of that old.
  @Test(arguments: [1, 32], [0, 20]) func shortJobs(pilots: Int, lag: Int) throws {
    let costs = try costs(pilots: pilots, jobs: max(200, 60 * pilots), lasting: 100, lag: lag)
    expectLow(costs)
  }

  /// A thousand pilots: the world takes a millisecond for each step, so their jobs take longer.
  @Test(.enabled(if: getenv("SPOOL_LONG") != nil), arguments: [0, 50])
  func aThousandPilots(lag: Int) throws {
    let costs = try costs(pilots: 1000, jobs: 4000, lasting: 10_000, lag: lag)
    expectLow(costs)
  }
}
