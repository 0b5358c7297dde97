import Glibc
import SpoolModel
import Testing

@testable import SpoolPilot

/// The moment at which a payload's own signal comes of itself.
struct StopTests {
  private func after(_ before: Int?, within time: Int) -> Duration? {
    var policy = StopPolicy()
    policy.signal = .usr1
    policy.before = before.map { .seconds($0) }
    return policy.stop(within: .seconds(time))?.after
  }

  @Test func beforeTheEnd() {
    #expect(after(300, within: 3600) == .seconds(3300))
    #expect(after(59, within: 60) == .seconds(1))
    #expect(after(nil, within: 60) == nil)
    // The pilot has less time than the task's warning: half of it is left for work.
    #expect(after(300, within: 300) == .seconds(150))
    #expect(after(300, within: 100) == .seconds(50))
  }

  @Test func signals() {
    #expect(StopPolicy().stop(within: .seconds(60)) == nil)
    var policy = StopPolicy()
    policy.before = .seconds(10)
    #expect(policy.stop(within: .seconds(60)) == PayloadStop(signal: SIGTERM, after: .seconds(50)))
    let numbers = StopPolicy.Signal.allCases.map(\.number)
    #expect(numbers == [1, 2, 3, 10, 12, 14, 15, 24])
  }
}
