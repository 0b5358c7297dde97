import SpoolModel
import Testing

/// `watch` of a manifest, and patterns of names.
struct WatchTests {
  private func header(_ watch: JSON, _ more: [String: JSON] = [:]) throws -> ManifestHeader {
    var object = JSONObject([
      .init("kind", "dataset"), .init("name", "raw"), .init("watch", watch),
    ])
    for (key, value) in more { object[key] = value }
    return try ManifestHeader(.object(object), root: "/data")
  }

  @Test func whatIsLeftOut() throws {
    let watch = try #require(try header(["directory": "buffer"]).watch)
    #expect(watch.directory == "/data/buffer" && watch.pattern.text == "*")
    #expect(watch.closeOn == nil && watch.settle == .milliseconds(5000))
  }

  /// What a manifest says comes back from what the journal keeps of it.
  @Test func allOfIt() throws {
    let read = try header([
      "directory": "/d/./buffer//", "pattern": "*.raw", "closeOn": ".end", "settle": "1.5s",
    ])
    let watch = try #require(read.watch)
    #expect(
      watch.directory == "/d/buffer" && watch.closeOn == ".end"
        && watch.settle == .milliseconds(1500))
    #expect(DirectoryWatch(json: read.source["watch"] ?? .null) == watch)
    #expect(DirectoryWatch(json: ["pattern": "*"]) == nil && DirectoryWatch(json: .null) == nil)
  }

  @Test(
    arguments: [
      ([:], "watch.directory"), (["directory": 1], "watch.directory"),
      (["directory": "../a"], "watch.directory"), (["directory": "/"], "watch.directory"),
      (["directory": "s3://a"], "watch.directory"),
      (["directory": "a", "closeon": "x"], "watch.closeon"),
      (["directory": "a", "closeOn": "a/b"], "watch.closeOn"),
      (["directory": "a", "closeOn": ".."], "watch.closeOn"),
      (["directory": "a", "pattern": ""], "watch.pattern"),
      (["directory": "a", "pattern": ".*"], "watch.pattern"),
      (["directory": "a", "pattern": "a/*"], "watch.pattern"),
      (["directory": "a", "settle": "5"], "watch.settle"),
      (["directory": "a", "settle": "0s"], "watch.settle"), ("buffer", "watch"),
    ] as [(JSON, String)])
  func whatIsWrongIsToldByItsKey(_ watch: JSON, _ key: String) {
    #expect(requestError { _ = try header(watch) }?.key == key)
  }

  @Test func aWatchedDatasetIsNotClosedAtOnce() {
    #expect(
      requestError { _ = try header(["directory": "a"], ["closed": true]) }?.key == "closed")
  }

  @Test(arguments: [
    ("*", "", true), ("*", "anything", true), ("*.raw", "a.raw", true),
    ("*.raw", "a.raw.tmp", false),
    ("*.raw", ".raw", true), ("run?.raw", "run1.raw", true), ("run?.raw", "run12.raw", false),
    ("run?.raw", "runé.raw", true), ("run?.raw", "run.raw", false), ("a*b*c", "a1b2b3c", true),
    ("a*b*c", "a1c2b", false), ("a**", "a", true), ("[ab]", "a", false), ("[ab]", "[ab]", true),
    ("?", "", false), ("*?", "x", true), ("*é", "cafe\u{301}", false), ("", "", true),
    ("", "a", false),
  ])
  func patterns(_ pattern: String, _ name: String, _ isMeant: Bool) {
    #expect(FilePattern(pattern).matches(name) == isMeant)
  }

  @Test func aPatternTakesNoLongerThanTheProduct() {
    // Takes for ever where each star is tried with each place.
    let pattern = FilePattern(String(repeating: "*a", count: 120) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 255)))
  }

  /// A watch of a tree is no watch: the message says what to do.
  @Test func directoriesBelowAreNotWatched() {
    let error = requestError { _ = try header(["directory": "a", "pattern": "**/*.raw"]) }
    #expect(error?.key == "watch.pattern")
    #expect(error?.message.contains("drop a manifest for each directory") == true)
  }

  @Test func whatIsCovered() throws {
    let watch = try #require(try header(["directory": "a", "closeOn": "end.raw"]).watch)
    #expect(watch.covers("a.raw") && watch.covers("é"))
    for name in [".a", "end.raw", "a\nb", "a\u{7F}"] { #expect(!watch.covers(name)) }
  }

  @Test func anOrderToDelete() throws {
    let text = #"{"kind": "delete", "dataset": "a", "inputs": true}"#
    guard case .delete(let order) = try Request(bytes(text), root: "/") else {
      throw RequestError("no order")
    }
    #expect(order == DeleteRequest(dataset: try name("a"), inputs: true, force: false))
    #expect(try Request(.object(order.json), root: "/") == .delete(order))
    #expect(
      requestError { _ = try Request(bytes(#"{"kind":"delete","task":"a"}"#), root: "/") }?.key
        == "task")
  }
}
