import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// Contradictions in the middle of a life: attempts, results and ends that cannot follow what came
/// before. None is taken in, and none leaves a half of itself behind.
struct ContradictionTests {
  private typealias Text = RecordTexts

  /// A contradiction: what comes first, and the record.
  struct Gap: CustomTestStringConvertible {
    var fault: String
    var before: [String] = []
    var record: String
    var testDescription: String { fault }
  }

  private static func attempt(_ number: Int) -> String {
    #"{"type":"attempt","job":"t.00000000","attempt":\#(number)}"#
  }

  private static func closed(_ dataset: String) -> String {
    #"{"type":"closed","dataset":"\#(dataset)","complete":true}"#
  }

  static let gaps = [
    Gap(fault: "the same attempt twice (R4)", record: attempt(1)),
    Gap(fault: "an attempt before the last (R4)", before: [attempt(3)], record: attempt(2)),
    Gap(
      fault: "a result of another attempt (R6)", before: [attempt(2)],
      record: Text.accepted("t.00000000")),
    Gap(
      fault: "a result of a job that waits (R6)", before: [Text.failed("t.00000000", retryAt: 90)],
      record: Text.accepted("t.00000000")),
    Gap(
      fault: "a second result (R6)", record: Text.accepted("t.00000002", outputs: Text.output)),
    Gap(
      fault: "a failure of another attempt (R6)", before: [attempt(2)],
      record: Text.failed("t.00000000")),
    Gap(fault: "a job formed twice", record: Text.formed("t", 1)),
    Gap(
      fault: "a job of a source that the task lacks",
      record: Text.formed("t", 1, first: 3).replacing(#""source":0"#, with: #""source":9"#)),
    Gap(fault: "an end that is none", record: Text.ended("t", "active")),
    Gap(fault: "a task of a packed one's name", record: Text.task("old")),
    Gap(fault: "a task of a chain's name", record: Text.task("run")),
    Gap(fault: "a chain of a task's name", record: Text.chain("t", "x")),
    Gap(
      fault: "cleared twice", before: [Text.cleared("old")], record: Text.cleared("old")),
    Gap(fault: "closed twice", before: [closed("raw")], record: closed("raw")),
    Gap(
      fault: "deleted without an order", record: #"{"type":"deleted","dataset":"raw"}"#),
    Gap(
      fault: "jobs of an ended task revived",
      record: #"{"type":"revived","task":"over","at":9,"jobs":[]}"#),
    Gap(
      fault: "a dataset forgotten that a task still fills",
      record: #"{"type":"forgotten","dataset":"t"}"#),
  ]

  @Test(arguments: gaps) func isRefused(_ gap: Gap) throws {
    var state = try Text.state(SpoolStateTests.records + gap.before)
    let before = state.json(leaving: [])
    #expect(throws: Contradiction.self) { try state.take(gap.record) }
    #expect(state.json(leaving: []) == before)
  }

  /// A chain one of whose steps has a task's name is refused as a whole.
  @Test func aChainIsRefusedAsAWhole() throws {
    var state = try Text.state(SpoolStateTests.records + [Text.task("walk.b")])
    let before = state.json(leaving: [])
    #expect(throws: Contradiction.self) { try state.take(Text.chain("walk", "a", "b")) }
    #expect(state.json(leaving: []) == before)
  }

  /// A watcher that starts with a clock that was set back packs no later than `packAfter` from then.
  @Test func packingComesAfterARestart() throws {
    let world = try World(ArchiveTests.setup())
    try world.task("t", ArchiveTests.members)
    try #require(world.run(until: { world.hasEnded("t") && world.isQuiet }))
    world.killWatcher()
    world.time.setWallClock(by: -3_600_000)
    let isPacked = world.run(atMost: 60_000) {
      let paths = ArchiveTests.paths(world, of: "t")
      return !paths.isEmpty && paths.allSatisfy { $0.hasPrefix("archive/t/") }
    }
    #expect(isPacked)
  }
}
