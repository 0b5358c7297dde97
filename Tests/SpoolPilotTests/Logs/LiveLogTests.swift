import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// The log of a job that still runs: each copy adds what was printed since the one before.
struct LiveLogTests {
  private let shared = MemoryFileSystem()
  private let local = MemoryFileSystem()
  private let slot = Slot(number: 0, in: "/s")
  private let start = Instant(milliseconds: 1000)
  private let path = "/spool/running/n-00000001/p5.t.00000003.a2.c1.m100.g0.w60.log"

  private func log() throws -> LiveLog {
    try shared.plantDirectories("/spool/running/n-00000001")
    try local.plantDirectories(slot.directory)
    let name = try #require(JobName(fileName: "p5.t.00000003.a2.c1.m100.g0.w60.json"))
    return LiveLog(
      Spool(files: shared, layout: Layout(root: "/spool"), config: SpoolConfig()),
      PilotName(host: "n", random: 1), name)
  }

  private var text: String? { shared.peek(path).map { String(decoding: $0, as: UTF8.self) } }

  @Test func copiesWhatIsNew() throws {
    var log = try log()
    log.copy(slot, local: local, at: start)
    #expect(text == nil)
    try local.plant(Array("one\n".utf8), at: slot.output)
    try local.plant(Array("oops\n".utf8), at: slot.errorOutput)
    log.copy(slot, local: local, at: start)
    try local.append(Array("two\n".utf8), to: slot.output)
    log.copy(slot, local: local, at: start)
    #expect(text == "one\noops\ntwo\n")
    log.remove()
    #expect(text == nil)
  }

  /// Of each stream a megabyte can be followed.
  @Test func isBounded() throws {
    var log = try log()
    try local.plant([], at: slot.output)
    for _ in 0..<3 {
      try local.append([UInt8](repeating: 7, count: 1 << 20), to: slot.output)
      log.copy(slot, local: local, at: start)
    }
    #expect(shared.peek(path)?.count == PayloadOutput.part)
  }
}
