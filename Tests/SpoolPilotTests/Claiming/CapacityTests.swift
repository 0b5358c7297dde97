import SpoolModel
import Testing

@testable import SpoolPilot

/// The pilot's share that jobs take and give back.
struct CapacityTests {
  private func capacity(cpus: Int = 4, mebibytes: Int = 1000, gpus: [String] = []) -> Capacity {
    Capacity(
      PilotOptions(
        host: "h", version: "1", process: .object(JSONObject()), queues: [.cpu],
        tags: ["avx2", "ssd"], cpus: cpus, memory: mebibytes << 20, gpus: gpus, scratch: "/s",
        environment: [:]))
  }

  private func job(_ limits: String) throws -> JobName {
    try #require(JobName(fileName: "p5.t.00000001.a1.\(limits).json"))
  }

  @Test(arguments: [
    ("c4.m1000.g0.w60", true), ("c5.m100.g0.w60", false), ("c1.m1004.g0.w60", true),
    ("c1.m1005.g0.w60", false), ("c1.m100.g1.w60", false), ("c1.m100.g0.w60.tssd", true),
    ("c1.m100.g0.w60.tssd+x", false),
  ]) func fits(_ limits: String, _ fits: Bool) throws {
    #expect(try capacity().fits(job(limits)) == fits)
  }

  /// Names are rounded up to a MiB, so a pilot has one more for each core; of these alone it gives
  /// nothing.
  @Test func isFullWithoutCoresOrMemory() throws {
    var byCores = capacity()
    _ = byCores.take(try job("c3.m100.g0.w60"))
    #expect(!byCores.isFull)
    _ = byCores.take(try job("c1.m100.g0.w60"))
    #expect(byCores.isFull)
    var byMemory = capacity()
    _ = byMemory.take(try job("c1.m999.g0.w60"))
    #expect(!byMemory.isFull)
    _ = byMemory.take(try job("c1.m1.g0.w60"))
    #expect(byMemory.isFull)
  }

  /// No two jobs have one GPU, and what is given back is whole.
  @Test func gpusAreAJobsOwn() throws {
    var capacity = capacity(gpus: ["a", "b", "c"])
    let two = try job("c1.m100.g2.w60")
    let one = try job("c1.m100.g1.w60")
    let first = capacity.take(two)
    let second = capacity.take(one)
    #expect(Set(first.gpus + second.gpus) == ["a", "b", "c"])
    #expect(!capacity.fits(one))
    capacity.give(two, first)
    #expect(capacity.fits(two) && capacity.releases == 1)
    capacity.give(one, second)
    #expect(capacity.gpus == ["a", "b", "c"] && capacity.cpus == 4 && capacity.memory == 1004)
    #expect(capacity.releases == 2)
  }

  /// No two jobs have one core, where cores are handed out.
  @Test func coresAreAJobsOwn() throws {
    var options = PilotOptions(
      host: "h", version: "1", process: .object(JSONObject()), queues: [.cpu], tags: [], cpus: 3,
      memory: 1 << 30, gpus: [], scratch: "/s", environment: [:])
    options.pinned = [2, 3, 6, 7]
    var capacity = Capacity(options)
    let two = try job("c2.m100.g0.w60")
    let one = try job("c1.m100.g0.w60")
    let first = capacity.take(two)
    let second = capacity.take(one)
    #expect(first.pinned == [2, 3] && second.pinned == [6])
    capacity.give(two, first)
    #expect(capacity.take(one).pinned == [2] && capacity.take(one).pinned == [3])
    capacity.give(one, second)
    #expect(capacity.pinned == [6, 7])
    #expect(self.capacity().pinned == [])
  }
}
