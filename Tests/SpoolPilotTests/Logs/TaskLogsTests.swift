import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// The logs of tasks: each text lies where its result says.
struct TaskLogsTests {
  private let files = MemoryFileSystem()
  private let path = "/spool/logs/run42.reco/n-00000001.log"

  private func logs() throws -> TaskLogs {
    try files.plantDirectories("/spool/logs")
    return TaskLogs(Spool(files: files, layout: Layout(root: "/spool"), config: SpoolConfig()))
  }

  private func append(
    _ text: String, to logs: inout TaskLogs, incarnation: String = "9c1f"
  ) throws -> JobResult.LogExtent? {
    try logs.append(
      Array(text.utf8), of: try Sample.document(incarnation: incarnation),
      by: PilotName(host: "n", random: 1))
  }

  private var text: String? { files.peek(path).map { String(decoding: $0, as: UTF8.self) } }

  @Test func textsFollowOneAnother() throws {
    var logs = try logs()
    let first = try append("one\n", to: &logs)
    #expect(first?.file == "logs/run42.reco/n-00000001.log")
    #expect(first?.offset == 0 && first?.length == 4)
    #expect(try append("", to: &logs) == nil)
    #expect(try append("three\n", to: &logs)?.offset == 4)
    #expect(text == "one\nthree\n")
  }

  /// A log that is there already is not written over.
  @Test func aLogThatIsNotKnownIsAskedFor() throws {
    var logs = try logs()
    _ = try append("one\n", to: &logs)
    var others = try self.logs()
    #expect(try append("two\n", to: &others)?.offset == 4)
    logs.forget()
    #expect(try append("three\n", to: &logs)?.offset == 8)
    #expect(text == "one\ntwo\nthree\n")
  }

  /// The task's name was free meanwhile, and its log removed: the new one begins at its beginning.
  @Test func anotherIncarnationHasAnotherLog() throws {
    var logs = try logs()
    _ = try append("one\n", to: &logs)
    try files.remove(path)
    try files.removeDirectory("/spool/logs/run42.reco")
    #expect(try append("two\n", to: &logs, incarnation: "77aa")?.offset == 0)
    #expect(text == "two\n")
  }

  /// A known log without asking, even if its directory has gone: what results say stays true.
  @Test func aDirectoryThatIsGoneIsMadeAgain() throws {
    var logs = try logs()
    _ = try append("one\n", to: &logs)
    try files.remove(path)
    try files.removeDirectory("/spool/logs/run42.reco")
    #expect(try append("two\n", to: &logs)?.offset == 4)
    #expect(files.peek(path)?.suffix(4) == ArraySlice("two\n".utf8))
  }
}
