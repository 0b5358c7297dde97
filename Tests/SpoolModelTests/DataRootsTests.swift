import SpoolModel
import Testing

struct DataRootsTests {
  private func message(_ roots: [String], _ template: String) -> String? {
    do throws(RequestError) {
      try DataRoots(roots, in: "/home/x").check(try Template(template))
      return nil
    } catch {
      return error.message
    }
  }

  @Test(
    arguments: [
      ("/data/a", "/data/a/x.root"), ("/data/a", "/data/a/{stem}.root"),
      ("/data/a/", "/data/a/b/{index}/x"), ("/data//a/.", "/data/a/{value}"), ("/", "/x"),
      ("out", "/home/x/out/{index}"), ("/data/ä", "/data/ä/{index}"), ("/", "/{task}/x"),
    ])
  func liesInside(_ root: String, _ path: String) {
    #expect(message([root], path) == nil)
    #expect(message(["/elsewhere", root], path) == nil)
    #expect(message([], path) == nil)
  }

  @Test(
    arguments: [
      ("/data/a", "/data/ab/x"), ("/data/a", "/data/a{index}/x"), ("/data/a", "/data/{stem}/a/x"),
      ("/data/a", "/data/a"), ("/data/a", "/data/a{index}"), ("/data/a", "{value}/x"),
      ("out", "/out/x"), ("/data/a", "/data/x"), ("/data/a", "/x/data/a/y"),
    ])
  func liesOutside(_ root: String, _ path: String) {
    let reason = message([root], path)
    let words = DataRoots([root], in: "/home/x").words
    #expect(reason == "the output \(path) is in none of this spool's data roots: \(words)")
  }

  @Test func directories() {
    let roots = DataRoots(["/data/a"], in: "/")
    #expect(roots.contains(directory: "/data/a") && roots.contains(directory: "/data/a/b"))
    #expect(!roots.contains(directory: "/data") && !roots.contains(directory: "/data/ab"))
    #expect(DataRoots([], in: "/").contains(directory: "/anywhere"))
  }
}
