import SpoolModel
import Testing

/// The directory in which a task's payloads run.
struct DirectoryTests {
  @Test(
    arguments: [
      (nil, nil), ("{scratch}", nil), ("/w", "/w"), ("/w/", "/w"), ("here", "/data/here"),
      (".", "/data"), ("/", "/"), ("/a{{b}", "/a{b}"),
    ] as [(String?, String?)])
  func isAbsolute(_ given: String?, _ directory: String?) throws {
    let task = try task(["directory": given.map { .string($0) }])
    #expect(task.directory == directory)
    // What is kept means the same wherever it is read again.
    #expect(try TaskSpec(.object(task.source), root: "/elsewhere").directory == directory)
  }

  @Test(arguments: [
    ("../w", "\"..\""), ("{index}", "expected a path, or {scratch} alone"),
    ("{scratch}/w", "expected a path, or {scratch} alone"), ("", "may not be empty"),
    ("{scrtch}", "{scratch}"),
  ])
  func isRefused(_ given: String, _ words: String) throws {
    let error = try #require(requestError { _ = try task(["directory": .string(given)]) })
    #expect(error.key == "directory")
    #expect(error.message.contains(words), "\(error)")
  }

  @Test func aStepHasItsOwn() throws {
    let chain = try JSON.parse(
      bytes(
        #"{"kind":"chain","name":"c","input":{"count":1},"steps":[{"name":"a","command":["w"],"#
          + #""directory":"here"},{"name":"b","input":{"count":1},"command":["w"]}]}"#))
    let spec = try ChainSpec(chain, root: "/data")
    #expect(spec.steps.map(\.task.directory) == ["/data/here", nil])
    let again = try ChainSpec(.object(spec.source), root: "/elsewhere")
    #expect(again.steps.map(\.task.directory) == ["/data/here", nil])
  }

  /// The file of a job without one is as it always was, and a pilot believes only an absolute path.
  @Test func theJobHasItWhereItIsGiven() throws {
    var document = JobDocument(
      job: try #require(JobID("t.00000000")), incarnation: "a", attempt: 1, owner: 0, inputs: [],
      verifiesChecksum: false, command: [try Template("w")], outputs: [], environment: [],
      wall: .seconds(1), memory: 1 << 20)
    #expect(document.json["directory"] == nil)
    document.directory = "/w {1}"
    #expect(try JobDocument(document.json).directory == "/w {1}")
    guard case .object(var object) = document.json else { return }
    for wrong: JSON in ["w", 7, ""] {
      object["directory"] = wrong
      #expect(requestError { _ = try JobDocument(.object(object)) }?.key == "directory")
    }
  }

  @Test func pathsAtTheRoot() throws {
    #expect(try FilePath.absolute("a", in: "/") == "/a")
  }
}
