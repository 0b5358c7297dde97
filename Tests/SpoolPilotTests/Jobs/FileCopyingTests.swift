import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// The copy of a checkpoint: whole under its name, or not there.
struct FileCopyingTests {
  private let local = MemoryFileSystem()
  private let shared = MemoryFileSystem()

  private func copy(_ contents: [UInt8]?, limit: Int = 1 << 30) throws -> FileCopy {
    try local.plantDirectories("/scratch")
    try shared.plantDirectories("/c")
    if let contents { try local.plant(contents, at: "/scratch/s") }
    return FileCopy(
      of: "/scratch/s", on: local, part: "/c/.k", target: "/c/k", on: shared, durable: ["/c"],
      limit: limit)
  }

  private func run(_ copy: FileCopy) -> (answer: FileDigest.Answer, steps: Int) {
    let copying = FileCopying(copy)
    var steps = 1
    while true {
      if let answer = copying.step(UnsafeMutableRawBufferPointer(start: nil, count: 0)) {
        return (answer, steps)
      }
      steps += 1
    }
  }

  @Test func aSmallFileAndNone() throws {
    let bytes = Array("state".utf8)
    let copy = try copy(bytes)
    #expect(run(copy).answer == .read(size: 5, adler32: MemoryDigester.adler32(bytes)))
    #expect(shared.peek("/c/k") == bytes)
    #expect(shared.paths(below: "/c") == ["/c/k"])
    try local.remove("/scratch/s")
    #expect(run(copy).answer == .missing)
    // What was kept before stays.
    #expect(shared.peek("/c/k") == bytes)
  }

  /// A large one is copied in pieces, so that others have their turn.
  @Test func pieces() throws {
    let bytes = (0..<(40 << 20)).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let result = run(try copy(bytes))
    #expect(result.answer == .read(size: bytes.count, adler32: MemoryDigester.adler32(bytes)))
    #expect(result.steps == 3)
    #expect(shared.peek("/c/k") == bytes)
  }

  @Test func oneThatIsTooLarge() throws {
    guard case .failed(let error) = run(try copy([1, 2, 3], limit: 2)).answer else {
      Issue.record("it was copied")
      return
    }
    #expect(error.reason == .overLimit)
    #expect(shared.paths(below: "/c").isEmpty)
  }

  @Test func whatIsNoFile() throws {
    let copy = try copy(nil)
    try local.plant(.link, at: "/scratch/s")
    #expect(run(copy).answer == .notAFile)
    #expect(shared.paths(below: "/c").isEmpty)
  }

  /// Given up between two pieces it leaves nothing.
  @Test func givenUp() throws {
    let copying = FileCopying(try copy([UInt8](repeating: 1, count: 20 << 20)))
    #expect(copying.step(UnsafeMutableRawBufferPointer(start: nil, count: 0)) == nil)
    #expect(shared.paths(below: "/c") == ["/c/.k"])
    copying.abandon()
    #expect(shared.paths(below: "/c").isEmpty)
  }
}
