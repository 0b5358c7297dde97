import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// Inputs are checked by size, and by checksum where that is asked for, before a payload starts.
struct InputCheckTests {
  private func spool(_ files: MemoryFileSystem) -> Spool {
    Spool(files: files, layout: Layout(root: "/spool"), config: SpoolConfig())
  }

  private func problem(_ size: Int?, _ plant: (MemoryFileSystem) throws -> Void) throws -> String? {
    let files = MemoryFileSystem()
    try files.plantDirectories("/d")
    try plant(files)
    let document = try Sample.document(inputs: [InputFile(path: "/d/a.raw", size: size)])
    return try InputCheck(spool(files)).findProblem(in: document)
  }

  @Test func sizes() throws {
    let nine = [UInt8](repeating: 7, count: 9)
    #expect(try problem(9) { try $0.plant(nine, at: "/d/a.raw") } == nil)
    #expect(try problem(nil) { try $0.plant(nine, at: "/d/a.raw") } == nil)
    #expect(
      try problem(8) { try $0.plant(nine, at: "/d/a.raw") }
        == "the input /d/a.raw has 9 bytes, not 8")
    #expect(try problem(9) { _ in } == "the input /d/a.raw is not there")
    #expect(
      try problem(9) { try $0.plant(.directory, at: "/d/a.raw") } == "the input /d/a.raw is no file"
    )
    #expect(try problem(9) { try $0.plant(.link, at: "/d/a.raw") } == nil)
  }

  /// That the filesystem does not tell is no finding.
  @Test func aRefusalIsAnError() throws {
    #expect(throws: FileError.self) {
      _ = try problem(9) { $0.onCall = { _ in .fails(EIO) } }
    }
  }

  private let inputs = [
    InputFile(path: "/d/a", size: 1, adler32: "00000001"), InputFile(path: "/d/b", size: 1),
    InputFile(path: "/d/c", size: 1, adler32: "00000003"),
  ]

  /// Only inputs whose checksum is known are read, and only where the task asks for it.
  @Test func requestsForChecksums() throws {
    let verified = try Sample.document(inputs: inputs, verifies: true)
    #expect(
      InputCheck.requests(for: verified) == [
        DigestRequest(path: "/d/a", durable: false, checksum: true),
        DigestRequest(path: "/d/c", durable: false, checksum: true),
      ])
    #expect(InputCheck.requests(for: try Sample.document(inputs: inputs)).isEmpty)
  }

  @Test func checksums() throws {
    let document = try Sample.document(inputs: inputs, verifies: true)
    func problem(_ last: FileDigest.Answer) throws -> String? {
      try InputCheck.problem(
        in: document,
        [
          FileDigest(path: "/d/a", answer: .read(size: 1, adler32: "00000001")),
          FileDigest(path: "/d/c", answer: last),
        ])
    }
    #expect(try problem(.read(size: 1, adler32: "00000003")) == nil)
    #expect(
      try problem(.read(size: 1, adler32: "00000004"))
        == "the input /d/c has the checksum 00000004, not 00000003")
    #expect(try problem(.missing) == "the input /d/c is not there")
    #expect(try problem(.notAFile) == "the input /d/c is no file")
    // That it cannot be read now says nothing about it.
    let error = FileError("open", "/d/c", .tooManyFiles)
    #expect(throws: error) { try problem(.failed(error)) }
  }
}
