import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import Testing

/// Copies from the scratch, directories and patterns, by the real digester.
@Suite(.serialized) struct CopyTests {
  private func digest(_ requests: [DigestRequest]) throws -> [FileDigest.Answer] {
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker)
    digester.start(1, requests)
    let deadline = Waker.now() + 20_000_000_000
    while Waker.now() < deadline {
      if let answer = digester.poll().first { return answer.digests.map(\.answer) }
      waker.wait(until: deadline)
    }
    return []
  }

  private func copy(
    _ from: String, _ to: String, _ scratch: ScratchDirectory,
    _ kind: DigestRequest.Kind = .file
  ) -> DigestRequest {
    DigestRequest(
      path: "\(scratch.path)/\(to)", durable: true, checksum: true, kind: kind,
      source: "\(scratch.path)/\(from)")
  }

  private func sum(_ bytes: [UInt8]) -> String {
    var sum = Adler32()
    bytes.withUnsafeBytes { sum.update($0) }
    return sum.hex
  }

  private func blocks(_ path: String) -> Int {
    var status = stat()
    return lstat(path, &status) == 0 ? Int(status.st_blocks) : -1
  }

  @Test func files() throws {
    let scratch = try ScratchDirectory()
    let large = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    try scratch.write("large", large)
    try scratch.write("run", [1, 2], mode: 0o755)
    try scratch.write("to", [9, 9, 9, 9])
    symlink("run", scratch.path + "/link")
    mkfifo(scratch.path + "/fifo", 0o644)
    let answers = try digest([
      copy("large", "large.2", scratch), copy("run", "to", scratch), copy("none", "x", scratch),
      copy("link", "y", scratch), copy("fifo", "z", scratch), copy("run", "nowhere/x", scratch),
    ])
    #expect(
      answers[..<5] == [
        .read(size: large.count, adler32: sum(large)), .read(size: 2, adler32: sum([1, 2])),
        .missing, .notAFile, .notAFile,
      ])
    guard case .failed(let error) = answers.last else {
      Issue.record("\(answers)")
      return
    }
    #expect(error.errno == .missing && error.path.hasSuffix("nowhere/x"))
    let files = PosixFileSystem()
    #expect(try files.read(scratch.path + "/large.2", limit: 1 << 30) == large)
    #expect(try files.read(scratch.path + "/to", limit: 10) == [1, 2])
    var status = stat()
    #expect(stat(scratch.path + "/large.2", &status) == 0 && status.st_mode & 0o777 == 0o644)
    for name in ["x", "y", "z"] { #expect(!files.isPresent("\(scratch.path)/\(name)")) }
  }

  /// To another filesystem, where the kernel does not copy: /dev/shm is one.
  @Test func toAnotherFilesystem() throws {
    let scratch = try ScratchDirectory()
    let large = [UInt8](repeating: 5, count: 17 << 20)
    try scratch.write("large", large)
    let path = "/dev/shm/spool-copy-\(getpid())"
    defer { unlink(path) }
    let request = DigestRequest(
      path: path, durable: true, checksum: true, source: scratch.path + "/large")
    #expect(try digest([request]) == [.read(size: large.count, adler32: sum(large))])
    #expect(try PosixFileSystem().read(path, limit: 1 << 30) == large)
  }

  /// Holes stay holes, wherever they are.
  @Test func holes() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("mixed", [1, 2, 3])
    #expect(truncate(scratch.path + "/mixed", 64 << 20) == 0)
    let descriptor = open(scratch.path + "/mixed", O_WRONLY)
    #expect(pwrite(descriptor, [9], 1, 40 << 20) == 1)
    close(descriptor)
    try scratch.write("hole", [])
    #expect(truncate(scratch.path + "/hole", 100 << 30) == 0)
    let answers = try digest([copy("mixed", "m", scratch), copy("hole", "h", scratch)])
    let plain = try digest(
      ["mixed", "hole"].map {
        DigestRequest(path: "\(scratch.path)/\($0)", durable: false, checksum: true)
      })
    #expect(answers == plain)
    let files = PosixFileSystem()
    #expect(
      try files.read(scratch.path + "/m", limit: 1 << 30)
        == files.read(scratch.path + "/mixed", limit: 1 << 30))
    #expect(try files.attributes(of: scratch.path + "/h").size == 100 << 30)
    #expect(blocks(scratch.path + "/h") < 1000 && blocks(scratch.path + "/m") < 4000)
  }

  private func makeTree(_ scratch: ScratchDirectory) throws {
    let files = PosixFileSystem()
    try files.ensureDirectories(scratch.path + "/t/a/b")
    try files.ensureDirectories(scratch.path + "/t/empty")
    try scratch.write("t/f", [1])
    try scratch.write("t/a/b/g", [2, 2])
    try files.createSymbolicLink(scratch.path + "/t/a/link", to: "../f")
  }

  @Test func trees() throws {
    let scratch = try ScratchDirectory()
    try makeTree(scratch)
    var manifest = TreeManifest()
    manifest.add(file: "f", size: 1, adler32: sum([1]))
    manifest.add(file: "a/b/g", size: 2, adler32: sum([2, 2]))
    manifest.add(link: "a/link", to: "../f")
    let expected = FileDigest.Answer.tree(size: 3, adler32: manifest.adler32, files: 2)
    let files = PosixFileSystem()
    // What an earlier try has left does not stay.
    try files.ensureDirectories(scratch.path + "/copy/old")
    let here = DigestRequest(path: scratch.path + "/t", durable: true, checksum: true, kind: .tree)
    #expect(try digest([copy("t", "copy", scratch, .tree), here]) == [expected, expected])
    #expect(try files.read(scratch.path + "/copy/a/b/g", limit: 9) == [2, 2])
    #expect(try files.readSymbolicLink(scratch.path + "/copy/a/link") == "../f")
    #expect(files.isPresent(scratch.path + "/copy/empty"))
    #expect(!files.isPresent(scratch.path + "/copy/old"))
    let sizes = DigestRequest(
      path: scratch.path + "/t", durable: false, checksum: false, kind: .tree)
    #expect(try digest([sizes]) == [.tree(size: 3, adler32: nil, files: 2)])
  }

  @Test func treesThatAreNone() throws {
    let scratch = try ScratchDirectory()
    let files = PosixFileSystem()
    try files.createDirectory(scratch.path + "/empty")
    try files.createDirectory(scratch.path + "/part")
    try scratch.write("file", [1])
    let part = DigestRequest(
      path: scratch.path + "/part", durable: true, checksum: true, kind: .tree)
    let answers = try digest([
      copy("none", "x", scratch, .tree), copy("empty", "x", scratch, .tree),
      copy("file", "x", scratch, .tree), part,
    ])
    #expect(answers == [.missing, .missing, .bad("is no directory"), .missing])
    #expect(!files.isPresent(scratch.path + "/x"))
    // An empty part is not left lying about; a source is the slot's.
    #expect(!files.isPresent(scratch.path + "/part") && files.isPresent(scratch.path + "/empty"))
  }

  // MARK: Patterns

  private func take(
    _ pattern: String, _ scratch: ScratchDirectory, _ count: ClosedRange<Int> = 1...1000,
    isOptional: Bool = false, path: String = "/d/x.{name}"
  ) throws -> FileDigest.Answer {
    let output = JobOutput(
      path: path, name: nil, isOptional: isOptional, from: pattern, count: count)
    let request = DigestRequest(
      path: scratch.path + "/part", durable: true, checksum: true, kind: .pattern(output),
      source: scratch.path + "/work")
    return try #require(try digest([request]).first)
  }

  private func bad(_ answer: FileDigest.Answer) -> String? {
    if case .bad(let why) = answer { why } else { nil }
  }

  @Test func patterns() throws {
    let scratch = try ScratchDirectory()
    let files = PosixFileSystem()
    try files.ensureDirectories(scratch.path + "/work/p/q.png")
    for name in ["b.png", "a.png", "ü.png", ".png", "c.txt"] {
      try scratch.write("work/p/\(name)", Array(name.utf8))
    }
    func taken(_ name: String) -> TakenFile {
      TakenFile(path: "/d/x.\(name)", size: name.utf8.count, adler32: sum(Array(name.utf8)))
    }
    #expect(
      try take("p/*.png", scratch) == .taken([taken("a.png"), taken("b.png"), taken("ü.png")]))
    #expect(try files.list(scratch.path + "/part", fresh: true).names.count == 3)
    #expect(try files.read(scratch.path + "/part/x.a.png", limit: 9) == Array("a.png".utf8))
    #expect(try take("p/.p*", scratch) == .taken([taken(".png")]))
    #expect(!files.isPresent(scratch.path + "/part/x.a.png"), "an earlier try's")
    #expect(try take("?/?.txt", scratch) == .taken([taken("c.txt")]))
    #expect(try take("p/*.root", scratch, isOptional: true) == .taken([]))
    #expect(
      bad(try take("p/*.root", scratch))?.contains("takes 0 files, and 1 are the least") == true)
    #expect(bad(try take("none/*", scratch))?.contains("takes 0 files") == true)
    #expect(bad(try take("p/*", scratch, 1...2))?.contains("2 are the most") == true)
    let long = "/d/" + String(repeating: "x", count: 157) + "{name}"
    #expect(bad(try take("p/c*", scratch, path: long))?.contains("cannot be one in") == true)
    try scratch.write("work/c.txt", [])
    try files.ensureDirectories(scratch.path + "/work/o")
    try scratch.write("work/o/c.txt", [])
    #expect(bad(try take("?/*.txt", scratch)) == "takes two files of the name c.txt")
    symlink("c.txt", scratch.path + "/work/l.txt")
    #expect(bad(try take("*.txt", scratch)) == "takes l.txt, which is no regular file")
  }
}
