import SpoolModel
import Testing

struct ManifestTests {
  private func manifest(_ text: String) throws -> DatasetManifest {
    guard case .dataset(let manifest) = try Request(bytes(text), root: "/data") else {
      throw RequestError("no dataset")
    }
    return manifest
  }

  private func error(_ text: String) -> RequestError? {
    requestError { _ = try manifest(text) }
  }

  @Test func isAsInTheDesign() throws {
    let manifest = try manifest(
      """
      { "kind": "dataset", "name": "run42.raw", "format": 1, "meta": { "shift": 3 }, "x-by": "me",
        "files": ["a.raw", {"path": "/d/b.raw", "size": 9, "adler32": "03DA0195",
                            "meta": {"n": 1}, "x-y": 0}],
        "closed": true, "expected": 2 }
      """)
    #expect(manifest.header.name.text == "run42.raw")
    #expect(manifest.header.closed)
    #expect(manifest.header.expected == 2)
    #expect(
      manifest.files.map(\.file) == [
        InputFile(path: "/data/a.raw"),
        InputFile(path: "/d/b.raw", size: 9, adler32: "03da0195"),
      ])
    #expect(manifest.files.map(\.meta) == [nil, JSONObject([.init("n", 1)])])
    #expect(manifest.header.source["files"] == nil)
    #expect(manifest.header.source["x-by"] == "me")
  }

  @Test func mayAddNothing() throws {
    for text in [
      #"{"kind":"dataset","name":"a"}"#, #"{"kind":"dataset","name":"a","files":[]}"#,
    ] {
      let manifest = try manifest(text)
      #expect(manifest.files.isEmpty)
      #expect(!manifest.header.closed)
      #expect(manifest.header.expected == nil)
    }
  }

  @Test(
    arguments: [
      (#"{"kind":"dataset"}"#, nil, "name", "missing: the dataset's name"),
      (
        "{\"kind\":\"dataset\",\n\"name\":\"a b\"}", 2, "name", "\"a b\" is no name: \(Name.rule)"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"files\":{}}", 2, "files",
        "expected an array, found an object"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"files\":[\n\"x\",\n\"./x\"]}", 2, "files[1]",
        "\"/data/x\" is given twice"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\"files\":[\n{\"path\":\"x\",\n\"sise\":1}]}", 3,
        "files[0].sise", "unknown key; did you mean \"size\"?"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"files\":[{}]}", 2, "files[0].path",
        "missing: the file's path"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"files\":[1]}", 2, "files[0]",
        "expected an object, found 1"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"files\":[\"\"]}", 2, "files[0]",
        "a path may not be empty"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"closed\":\"yes\"}", 2, "closed",
        "expected true or false, found \"yes\""
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"expected\":-1}", 2, "expected",
        "expected a whole number from 0 to 99999999, found -1"
      ),
      (
        "{\"kind\":\"dataset\",\"name\":\"a\",\n\"file\":[]}", 2, "file",
        "unknown key; did you mean \"files\"?"
      ),
    ] as [(String, Int?, String, String)])
  func isRefusedAtItsKey(_ text: String, _ line: Int?, _ key: String, _ message: String) {
    #expect(error(text) == RequestError(line: line, key: key, message))
  }

  @Test func filesOfOneNameInTwoSpellingsAreTwo() throws {
    // é as one character and as e with an accent: Swift's strings are equal, the files are not.
    let manifest = try manifest(
      #"{"kind":"dataset","name":"a","files":["\u00e9","e\u0301"]}"#)
    #expect(manifest.files.count == 2)
    let task = try task(["input": ["files": ["\u{E9}", "e\u{301}"]]])
    guard case .files(let files) = task.input else { throw RequestError("no files") }
    #expect(files.count == 2)
  }

  // MARK: Lines

  private func header(_ text: String) throws -> ManifestHeader {
    try ManifestHeader(line: JSON.parse(bytes(text)), root: "/root")
  }

  @Test func aHeaderBeginsAManifestInLines() throws {
    let read = try header(#"{"kind":"dataset","name":"a","closed":true,"expected":3}"#)
    #expect(read.name.text == "a" && read.closed && read.expected == 3)
    let advice = "a .jsonl file begins with {\"kind\": \"dataset\", \"name\": …}"
    for text in [#"{"name":"a"}"#, #"{"kind":"task","name":"a"}"#, #""a.raw""#, "1"] {
      #expect(
        requestError { _ = try header(text) } == RequestError(line: 1, key: "kind", advice))
    }
    #expect(
      requestError { _ = try header(#"{"kind":"dataset","name":"a","files":["x"]}"#) }
        == RequestError(line: 1, key: "files", "in a .jsonl file the files follow, a line each"))
  }

  @Test func aLineIsAFile() throws {
    let entry = try ManifestEntry(
      JSON.parse(bytes(#"{"path":"a.raw","size":3}"#), firstLine: 9), root: "/d", line: 9)
    #expect(entry.file == InputFile(path: "/d/a.raw", size: 3))
    #expect(try ManifestEntry("a.raw", root: "/d", line: 2).file == InputFile(path: "/d/a.raw"))
    #expect(
      requestError { _ = try ManifestEntry(["path": 1], root: "/d", line: 9) }
        == RequestError(line: 9, key: "path", "expected a string, found 1"))
    #expect(
      requestError { _ = try ManifestEntry("", root: "/d", line: 9) }
        == RequestError(line: 9, "a path may not be empty"))
  }
}

/// Lists that belong into a manifest of lines.
struct LongListTests {
  private static let tooLong =
    "100001 entries, and 100000 may be: list many files in a NAME.jsonl manifest"

  private func list(_ count: Int) -> JSON { .array(Array(repeating: "a", count: count)) }

  @Test func aListHasABound() {
    #expect(
      requestError { _ = try task(["input": ["values": list(100_000)], "command": ["true"]]) }
        == nil)
    for key in ["values", "files"] {
      #expect(
        requestError { _ = try task(["input": .object(JSONObject([.init(key, list(100_001))]))]) }
          == RequestError(key: "input." + key, Self.tooLong))
    }
    let manifest: JSON = ["kind": "dataset", "name": "a", "files": list(100_001)]
    #expect(
      requestError { _ = try DatasetManifest(manifest, root: "/") }
        == RequestError(key: "files", Self.tooLong))
  }

  @Test func aRequestHasABoundOfValues() {
    func request(_ count: Int) -> [UInt8] {
      bytes("{\"kind\": \"dataset\", \"name\": \"a\",\n\"meta\": {\"a\": [")
        + bytes(String(repeating: "0,", count: count)) + bytes("0]}}")
    }
    #expect(requestError { _ = try Request(request(599_994), root: "/") } == nil)
    let error = requestError { _ = try Request(request(599_995), root: "/") }
    #expect(error?.line == 2)
    #expect(error?.message.contains("too many values: list many files in a NAME.jsonl") == true)
  }
}

struct RequestTests {
  private func error(_ text: String) -> RequestError? {
    requestError { _ = try Request(bytes(text), root: "/") }
  }

  @Test func theKindIsAsked() {
    let known =
      "expected task, chain, dataset, cancel, hold, release, retry, priority, limit, forget, "
      + "delete"
    #expect(error("{}") == RequestError(key: "kind", "missing: \(known)"))
    #expect(
      error("{\"name\": \"a\",\n \"kind\": \"tsak\"}")
        == RequestError(
          line: 2, key: "kind", "no kind of request: \"tsak\"; did you mean \"task\"?"))
    #expect(
      error("{\"kind\": 1}")
        == RequestError(line: 1, key: "kind", "no kind of request: 1; \(known)"))
    #expect(
      error("[]") == RequestError("expected an object with \"kind\", found an array"))
  }

  @Test func textThatIsNotJSONIsToldWithItsPlace() {
    #expect(
      error("{\n \"kind\": task}")?.description
        == "line 2: not JSON: column 10: expected a value")
    #expect(error("")?.description == "line 1: not JSON: column 1: the text is empty")
    #expect(
      requestError { _ = try Request([0xFF, 0xFE], root: "/") }?.description
        == "line 1: not JSON: column 1: expected a value")
  }
}
