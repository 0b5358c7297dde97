import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolPilot

/// The output of a payload: what of it is kept, and what becomes the reason of a failure (R10).
struct PayloadOutputTests {
  private let files = MemoryFileSystem()
  private let slot = Slot(number: 0, in: "/s")

  private func output(_ out: String?, _ err: String?) throws -> PayloadOutput {
    try files.plantDirectories(slot.directory)
    if let out { try files.plant(Array(out.utf8), at: slot.output) }
    if let err { try files.plant(Array(err.utf8), at: slot.errorOutput) }
    return PayloadOutput(slot, files)
  }

  private func text(_ out: String?, _ err: String?) throws -> String {
    let job = try #require(JobName(fileName: "p5.t.00000003.a2.c1.m100.g0.w60.json"))
    return String(decoding: try output(out, err).readText(job, outcome: "exit7"), as: UTF8.self)
  }

  @Test func bothStreamsWithTheirOutcome() throws {
    #expect(
      try text("out", "err\n")
        == "==> t.00000003 attempt 2: exit7\nout\n--- standard error\nerr\n")
  }

  @Test(arguments: [nil, ""]) func nothingWasPrinted(_ nothing: String?) throws {
    #expect(try text(nothing, nothing) == "")
    #expect(try output(nothing, nothing).readLastLines() == nil)
  }

  /// Of much output the first and the last megabyte are kept, and it is said what is not.
  @Test func theMiddleIsLeftOut() throws {
    let part = PayloadOutput.part
    let long = String(repeating: "a", count: part) + "middle" + String(repeating: "z", count: part)
    let kept = try text(long, nil)
    #expect(kept.contains("a\n… 6 bytes left out …\nz"))
    #expect(!kept.contains("middle"))
    let whole = String(repeating: "a", count: part) + String(repeating: "z", count: part)
    #expect(try text(whole, nil).contains("az"))
  }

  @Test func theLastLinesAreTheReason() throws {
    let lines = (1...20).map { "line \($0)" }.joined(separator: "\n")
    #expect(
      try output("printed", lines).readLastLines()
        == (11...20).map { "line \($0)" }.joined(separator: "\n"))
    #expect(try output("printed\n", "").readLastLines() == "printed")
    let long = String(repeating: "x", count: 5000)
    #expect(try output(nil, long).readLastLines()?.utf8.count == PayloadOutput.reason)
  }
}
