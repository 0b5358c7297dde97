import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// Patterns with `**`, in a tree in memory.
struct FileWalkTests {
  private static let paths = [
    "/d/a.raw", "/d/b.txt", "/d/x/a.raw", "/d/x/y/z/a.raw", "/d/x/y/z/b.raw", "/d/.hidden/a.raw",
    "/d/x/.a.raw", "/d/run1/q/a.raw", "/d/run2/a.raw",
  ]

  private func tree(in files: MemoryFileSystem = MemoryFileSystem()) throws -> MemoryFileSystem {
    for path in Self.paths {
      try files.plantDirectories(FilePath.directory(path))
      try files.plant([1], at: path)
    }
    return files
  }

  @Test(arguments: [
    ("/d/**/a.raw", [0, 7, 8, 2, 3]), ("/d/**/*.raw", [0, 7, 8, 2, 3, 4]),
    ("/d/**", [0, 1, 7, 8, 2, 3, 4]), ("/d/x/**/b.raw", [4]), ("/d/**/y/**/*.raw", [3, 4]),
    ("/d/**/z/*", [3, 4]), ("/d/**/**/b.txt", [1]), ("/d/**/[xy]/a.raw", [2]), ("/**/b.txt", [1]),
    ("/d/**/.a.raw", [6]), ("/d/**/nothing", []), ("/none/**/a", []), ("/d/**/q/a.r?w", [7]),
  ])
  func names(_ pattern: String, _ numbers: [Int]) throws {
    #expect(FileWalk.isPattern(pattern))
    #expect(try FileWalk(pattern, tree()).list() == numbers.map { Self.paths[$0] })
  }

  /// Links to directories are not followed, so that a walk ends; links to files are files.
  @Test func links() throws {
    try TemporaryDirectory.with { directory in
      let files = PosixFileSystem()
      try files.ensureDirectories("\(directory)/a/b")
      try files.create("\(directory)/a/b/x.raw", [1], durable: false)
      #expect(symlink("..", "\(directory)/a/b/up.raw") == 0)
      #expect(symlink("x.raw", "\(directory)/a/b/y.raw") == 0)
      let found = try FileWalk("\(directory)/**/*.raw").list()
      #expect(found == ["x.raw", "y.raw"].map { "\(directory)/a/b/\($0)" })
      let heads = try FileWalk("\(directory)/[a]/**/x*").list()
      #expect(heads == ["\(directory)/a/b/x.raw"])
    }
  }

  /// A directory that cannot be read is told, and nothing is left out in silence.
  @Test func aDirectoryThatCannotBeRead() throws {
    let world = try World()
    let files = try tree(in: world.files)
    world.faults.before { _, call, _ in call.path == "/d/x/y" ? .fails(EACCES) : nil }
    let error = #expect(throws: Failure.self) { _ = try FileWalk("/d/**/a.raw", files).list() }
    #expect("\(try #require(error))".contains("/d/x/y"))
    // Where the pattern does not lead there, it does not matter.
    #expect(
      try FileWalk("/d/run2/**/a.raw", files).list() == [
        Self.paths[8]
      ])
  }
}
