import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// Outputs are staged as parts, and what was staged is what the result says (R3).
struct OutputPartsTests {
  private let outputs = [
    JobOutput(path: "/d/x/a.root", name: nil, isOptional: false),
    JobOutput(path: "/d/x/b.root", name: "b", isOptional: true),
  ]

  private func staged(
    _ first: FileDigest.Answer, _ second: FileDigest.Answer
  ) throws -> [StagedOutput] {
    try OutputParts.staged(
      try Sample.document(outputs: outputs),
      [
        FileDigest(path: "/d/x/.spool.a1@n-1.a.root", answer: first),
        FileDigest(path: "/d/x/.spool.a1@n-1.b.root", answer: second),
      ])
  }

  private let read = FileDigest.Answer.read(size: 77, adler32: "03da0195")

  @Test func sizesAndSumsGoIntoTheResult() throws {
    let both = try staged(read, .read(size: 0, adler32: "00000001"))
    #expect(both.map(\.number) == [0, 1])
    #expect(both.map(\.part) == [".spool.a1@n-1.a.root", ".spool.a1@n-1.b.root"])
    #expect(both.first?.path == "/d/x/a.root")
    #expect(both.first?.size == 77 && both.first?.adler32 == "03da0195")
  }

  /// An optional output may be missing; the numbers of the others stay. Any other may not.
  @Test func missingOutputs() throws {
    #expect(try staged(read, .missing).map(\.number) == [0])
    #expect(
      throws: JobFailure(.output, "the payload ended well, but did not write /d/x/a.root")
    ) {
      try staged(.missing, read)
    }
  }

  /// What cannot be read is the node's failure, for an optional output, too.
  @Test func unreadableOutputs() throws {
    #expect(throws: JobFailure(.staging, "/d/x/.spool.a1@n-1.b.root: fsync: EIO")) {
      try staged(read, .failed("fsync: EIO"))
    }
  }

  /// A directory is made once, and again after a failure: somebody may have removed it.
  @Test func directoriesAreMadeAgainAfterAFailure() throws {
    let files = MemoryFileSystem()
    try files.plantDirectories("/d")
    var parts = OutputParts(
      Spool(files: files, layout: Layout(root: "/spool"), config: SpoolConfig()))
    let document = try Sample.document(outputs: outputs)
    try parts.ensureDirectories(of: document)
    #expect(files.isPresent("/d/x"))
    try files.removeDirectory("/d/x")
    try parts.ensureDirectories(of: document)
    #expect(!files.isPresent("/d/x"))
    parts.forgetDirectories(of: document)
    try parts.ensureDirectories(of: document)
    #expect(files.isPresent("/d/x"))
  }
}
