import Glibc
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

  private let files = MemoryFileSystem()

  private func stage(
    _ first: FileDigest.Answer, _ second: FileDigest.Answer,
    unsynced: inout [String: OutputParts.Content]
  ) throws -> OutputParts.Staging {
    if !files.isPresent("/d/x") { try files.plantDirectories("/d/x") }
    return OutputParts(spool).stage(
      try Sample.document(outputs: outputs),
      [
        FileDigest(path: "/d/x/.spool.a1@n-1.a.root", answer: first),
        FileDigest(path: "/d/x/.spool.a1@n-1.b.root", answer: second),
      ], &unsynced)
  }

  private func stage(
    _ first: FileDigest.Answer, _ second: FileDigest.Answer
  ) throws -> OutputParts.Staging {
    var unsynced: [String: OutputParts.Content] = [:]
    return try stage(first, second, unsynced: &unsynced)
  }

  private func done(
    _ first: FileDigest.Answer, _ second: FileDigest.Answer
  ) throws -> [StagedOutput] {
    guard case .done(let outputs) = try stage(first, second) else { return [] }
    return outputs
  }

  private var spool: Spool {
    Spool(files: files, layout: Layout(root: "/spool"), config: SpoolConfig())
  }

  private let read = FileDigest.Answer.read(size: 77, adler32: "03da0195")

  @Test func sizesAndSumsGoIntoTheResult() throws {
    let both = try done(read, .read(size: 0, adler32: "00000001"))
    #expect(both.map(\.number) == [0, 1])
    #expect(both.map(\.part) == [".spool.a1@n-1.a.root", ".spool.a1@n-1.b.root"])
    #expect(both.first?.path == "/d/x/a.root")
    #expect(both.first?.size == 77 && both.first?.adler32 == "03da0195")
  }

  /// An optional output may be missing; the numbers of the others stay. Any other may not.
  @Test func missingOutputs() throws {
    #expect(try done(read, .missing).map(\.number) == [0])
    #expect(try stage(.missing, read) == .missing("/d/x/a.root"))
  }

  /// Without its directory nothing tells that the payload did not write an output, optional or not.
  @Test(arguments: [ENOENT, EIO, ESTALE, ENOTCONN, ETIMEDOUT]) func aDirectoryThatIsAway(
    code: Int32
  ) throws {
    try files.plantDirectories("/d/x")
    files.refuse("/d/x", with: code)
    for answers in [(FileDigest.Answer.missing, read), (read, .missing)] {
      guard case .refused(let error) = try stage(answers.0, answers.1) else {
        Issue.record("\(answers)")
        continue
      }
      #expect(error.code == code)
    }
  }

  /// What cannot be read now may be read later; what is no file never.
  @Test func unreadableOutputs() throws {
    let error = FileError("read", "/d/x/.spool.a1@n-1.b.root", .inputOutput)
    #expect(try stage(read, .failed(error)) == .refused(error))
    // It is known first, whatever else is missing: the filesystem is out of order.
    #expect(try stage(.missing, .failed(error)) == .refused(error))
    #expect(
      try stage(read, .notAFile)
        == .failed(
          JobFailure(
            .output,
            "the output /d/x/b.root is no regular file: the payload made something else of it")))
  }

  /// After a failed sync the kernel may have dropped what it could not write: a later sync counts
  /// only if the disk gives back the same.
  @Test func aSyncThatFailed() throws {
    var unsynced: [String: OutputParts.Content] = [:]
    let error = FileError("sync", "/d/x/.spool.a1@n-1.a.root", .diskFull)
    let first = try stage(
      .unsynced(size: 77, adler32: "03da0195", error), read, unsynced: &unsynced)
    #expect(first == .refused(error))
    #expect(Array(unsynced.keys) == ["/d/x/.spool.a1@n-1.a.root"])
    var same = unsynced
    guard case .done = try stage(read, read, unsynced: &same) else {
      Issue.record("the same was read back")
      return
    }
    for other in [(77, "00000000"), (76, "03da0195")] {
      let answer = FileDigest.Answer.read(size: other.0, adler32: other.1)
      guard case .failed(let failure) = try stage(answer, read, unsynced: &unsynced) else {
        Issue.record("\(other)")
        continue
      }
      #expect(failure.cause == .staging)
    }
  }

  /// A directory is made once, and again after a failure: somebody may have removed it.
  @Test func directoriesAreMadeAgainAfterAFailure() throws {
    try files.plantDirectories("/d")
    var parts = OutputParts(spool)
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
