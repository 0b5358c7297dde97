import SpoolTesting
import Testing

@testable import SpoolStore

/// Looks through directories, on the real filesystem and on the one in memory.
struct TreeWalkTests {
  private func walk(_ top: String, _ files: any FileSystem) -> Result<[String], TreeWalk.Problem> {
    var walk = TreeWalk(top, files)
    do throws(TreeWalk.Problem) {
      while try !walk.step() {}
    } catch {
      return .failure(error)
    }
    return .success(
      walk.entries.map { entry in
        switch entry.kind {
        case .file(let size): "\(entry.path) \(size)"
        case .directory: "\(entry.path)/"
        case .link(let target): "\(entry.path) -> \(target)"
        }
      }.sorted())
  }

  private func onBoth(_ body: (any FileSystem, String) throws -> Void) throws {
    try TemporaryDirectory.with { root in
      let memory = MemoryFileSystem()
      try memory.plantDirectories(root)
      for files in [PosixFileSystem(), memory] as [any FileSystem] { try body(files, root) }
    }
  }

  @Test func whatIsThere() throws {
    try onBoth { files, root in
      #expect(walk("\(root)/t", files) == .failure(.missing))
      try files.create("\(root)/file", [1], durable: false)
      #expect(walk("\(root)/file", files) == .failure(.bad("is no directory")))
      try files.ensureDirectories("\(root)/t/a/b")
      #expect(walk("\(root)/t", files) == .success(["a/", "a/b/"]))
      try files.create("\(root)/t/a/b/f", [1, 2], durable: false)
      try files.createSymbolicLink("\(root)/t/a/b/up", to: "../../g")
      try files.createSymbolicLink("\(root)/t/dot", to: "./a")
      #expect(
        walk("\(root)/t", files)
          == .success(["a/", "a/b/", "a/b/f 2", "a/b/up -> ../../g", "dot -> ./a"]))
      try files.createSymbolicLink("\(root)/link", to: "t")
      #expect(walk("\(root)/link", files) == .failure(.bad("is no directory")))
      #expect(throws: FileError.self) { try files.createSymbolicLink("\(root)/link", to: "x") }
      #expect(try files.readSymbolicLink("\(root)/link") == "t")
      #expect(throws: FileError.self) { try files.readSymbolicLink("\(root)/file") }
      try files.createSymbolicLink("\(root)/t/out", to: "../file")
      guard case .failure(.bad(let why)) = walk("\(root)/t", files) else {
        Issue.record("a link that leads out")
        return
      }
      #expect(why.contains("the link out"))
    }
  }

  @Test(arguments: [
    ("a", "l", true), ("../a", "d/l", true), ("../../a", "d/l", false), ("..", "l", false),
    ("..", "d/l", true), ("/a", "l", false), ("", "l", false), ("a/../b", "d/l", false),
    ("./../a", "d/l", true), (".././../a", "d/l", false), ("a//b", "l", true),
    ("../d/../x", "d/l", false),
  ])
  func links(_ target: String, _ path: String, _ isGood: Bool) {
    #expect(TreeWalk.staysInside(target, from: path) == isGood)
  }

  @Test func whatMayNotBe() throws {
    let files = MemoryFileSystem()
    try files.plantDirectories("/t/d")
    try files.plant(.other, at: "/t/d/fifo")
    #expect(
      walk("/t", files) == .failure(.bad("holds d/fifo, which is no file, directory or link")))
    try files.plantDirectories("/u")
    try files.plantUnreadable(1, in: "/u")
    #expect(walk("/u", files) == .failure(.bad("holds a name that is not UTF-8")))
    try files.plantDirectories("/v")
    try files.plant([], at: "/v/a\nb")
    #expect(walk("/v", files) == .failure(.bad("holds a name with a line end")))
  }

  @Test func tooMany() throws {
    let files = MemoryFileSystem()
    try files.plantDirectories("/t")
    for number in 0...50_000 { try files.plant(.file, at: "/t/\(number)") }
    guard case .failure(.bad(let why)) = walk("/t", files) else {
      Issue.record("no limit")
      return
    }
    #expect(why.contains("50000 entries"))
    try files.remove("/t/7")
    guard case .success(let entries) = walk("/t", files) else {
      Issue.record("the limit itself is good")
      return
    }
    #expect(entries.count == 50_000)
  }
}
