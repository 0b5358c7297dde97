import SpoolModel
import SpoolStore
import Testing

@testable import SpoolPilot

/// Payloads that do nothing are ended; any sign of life begins the count anew.
struct LivenessTests {
  private static let second: UInt64 = 1_000_000_000

  private func isStuck(_ milliseconds: Int64?, _ looks: [(at: Double, Liveness.Signs)]) -> Bool {
    var liveness = Liveness(limit: milliseconds.map { .milliseconds($0) }, now: 0)
    var isStuck = false
    for look in looks {
      isStuck = liveness.look(look.1, at: UInt64(look.at * Double(Self.second)))
    }
    return isStuck
  }

  private let nothing = Liveness.Signs()

  @Test func nothingForLongEnough() {
    let looks = [0.5, 4, 8, 10.4].map { ($0, nothing) }
    #expect(!isStuck(10_000, looks))
    #expect(isStuck(10_000, looks + [(10.5, nothing)]))
    #expect(!isStuck(nil, looks + [(10.5, nothing)]))
  }

  @Test(arguments: [Liveness.Signs(cpu: 1), Liveness.Signs(printed: 1)])
  func aChangeBeginsAnew(_ sign: Liveness.Signs) {
    let looks = [0.5, 4].map { ($0, nothing) } + [8, 12, 16, 17.9].map { ($0, sign) }
    #expect(!isStuck(10_000, looks))
    #expect(isStuck(10_000, looks + [(18, sign)]))
    // Processor time gets less when a process ends that nobody waited for: that is life, too.
    #expect(!isStuck(10_000, looks + [(18, nothing)]))
  }

  /// A runner that stood still, perhaps as its whole machine did, saw nothing.
  @Test func aGapBeginsAnew() {
    #expect(!isStuck(10_000, [(0.5, nothing), (60, nothing), (64, nothing), (68, nothing)]))
    #expect(
      isStuck(10_000, [(0.5, nothing), (60, nothing), (64, nothing), (68, nothing), (70, nothing)]))
  }
}

extension ProcessTests {
  @Suite(.serialized) struct Stuck {
    private func run(_ line: String) throws -> PayloadEnd {
      let fixture = try RunnerFixture()
      fixture.runner.start(fixture.payload(["sh", "-c", line], stuck: .seconds(1)))
      return try fixture.next()
    }

    @Test func doesNothing() throws {
      let begin = Waker.now()
      let end = try run("echo begun; sleep 1000 & sleep 1000")
      #expect(end.reason == .stuck)
      #expect(Waker.now() - begin >= 1_000_000_000)
    }

    /// Each of these goes on for twice the limit.
    @Test(arguments: [
      "for i in 1 2 3 4 5 6; do echo $i; sleep 0.4; done",
      "for i in 1 2 3 4 5 6; do echo $i >&2; sleep 0.4; done",
      "(while :; do :; done) & sleep 2.2; kill $!",
    ])
    func showsLife(_ line: String) throws {
      let end = try run(line)
      #expect(end.reason == .itself)
      #expect(end.status == .exited(0))
    }
  }
}
