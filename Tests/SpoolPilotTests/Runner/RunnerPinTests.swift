import SpoolPilot
import Testing

extension ProcessTests {
  /// Cores of a payload's own.
  @Suite(.serialized) struct Pin {
    /// A payload and what it starts run on these cores alone; the next one, without any, as the pilot.
    @Test func itsCoresAlone() throws {
      let fixture = try RunnerFixture()
      let own = HostResources.coreNumbers
      let core = try #require(own.last)
      #expect(!own.isEmpty && Set(own).count == own.count)
      for cores in [[core], [], [core]] {
        #expect(fixture.affinity(of: cores) == (cores.isEmpty ? own : cores))
      }
    }

    /// Cores that the kernel does not have are no obstacle.
    @Test func coresThatAreNotThere() throws {
      let fixture = try RunnerFixture()
      #expect(fixture.affinity(of: [4095]) == HostResources.coreNumbers)
      #expect(fixture.affinity(of: [100_000]) == HostResources.coreNumbers)
    }
  }
}

extension RunnerFixture {
  /// The cores that a grandchild of a payload may run on.
  fileprivate func affinity(of cores: [Int32]) -> [Int32] {
    var payload = payload(["sh", "-c", "sh -c 'grep Cpus_allowed_list /proc/self/status'; :"])
    payload.cores = cores
    runner.start(payload)
    guard (try? next())?.status == .exited(0),
      let list = scratch.text("out").split(separator: "\t").last
    else { return [] }
    return list.split { $0 == "," || $0 == "\n" }.flatMap { part -> [Int32] in
      let ends = part.split(separator: "-").compactMap { Int32($0) }
      guard let first = ends.first, let last = ends.last else { return [] }
      return Array(first...last)
    }
  }
}
