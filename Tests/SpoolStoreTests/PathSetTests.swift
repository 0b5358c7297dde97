import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

struct PathSetTests {
  @Test func whatWasPutInIsThere() {
    var set = PathSet()
    let paths = (0..<5000).map { "/data/buffer/file\($0).raw" }
    let isNew = paths.map { set.insert(PathSet.hash($0)) }
    #expect(isNew.allSatisfy { $0 })
    let isNewAgain = paths.map { set.insert(PathSet.hash($0)) }
    #expect(!isNewAgain.contains(true))
    #expect(set.count == 5000)
    #expect(paths.allSatisfy { set.contains(PathSet.hash($0)) })
    #expect(!(0..<5000).contains { set.contains(PathSet.hash("/data/other/\($0)")) })
    #expect(!PathSet().contains(1))
  }

  /// Two spellings of é are two names of files.
  @Test func pathsAreBytes() {
    #expect(PathSet.hash("/\u{E9}") != PathSet.hash("/e\u{301}"))
    #expect(PathSet.hash("/é") == PathSet.hash("/é"))
  }

  /// Lines as the watcher writes them, and lines that need to be parsed, tell the same path.
  @Test func linesOfACatalogue() throws {
    let paths = ["/d/plain", "/d/quo\"te", "/d/back\\slash", "/d/é", "/d/tab\t"]
    for path in paths {
      let line: JSON = ["path": .string(path), "size": 3]
      let other: JSON = ["size": 3, "path": .string(path)]
      #expect(PathSet.hash(ofPathIn: line.compact) == PathSet.hash(path))
      #expect(PathSet.hash(ofPathIn: other.compact) == PathSet.hash(path))
    }
    #expect(PathSet.hash(ofPathIn: Array(#"{"format":1,"kind":"catalogue"}"#.utf8)) == nil)
    #expect(PathSet.hash(ofPathIn: Array(#"{"path":"/d/torn"#.utf8)) == nil)
  }
}
