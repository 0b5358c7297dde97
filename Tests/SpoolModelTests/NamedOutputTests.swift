import SpoolModel
import Testing

/// Outputs that a program names itself, and directories: what a request may say of them, and what the
/// watcher believes of a result.
struct NamedOutputTests {
  private func error(_ output: [String: JSON?], _ more: [String: JSON?] = [:]) -> RequestError? {
    requestError { _ = try spec(output, more) }
  }

  private func spec(_ output: [String: JSON?], _ more: [String: JSON?] = [:]) throws -> TaskSpec {
    var object = JSONObject([.init("path", "out/{stem}")])
    for (key, value) in output.sorted(by: { $0.key < $1.key }) { object[key] = value }
    return try task(more.merging(["outputs": [.object(object)]]) { $1 })
  }

  @Test func whatIsTaken() throws {
    let plain = try spec(["from": "result.root"]).outputs[0]
    #expect(plain.from == (try Template("result.root")))
    #expect(plain.count == nil && !plain.isDirectory)
    let pattern: [String: JSON?] = ["from": "plots/*.png", "path": "p/{stem}/{name}"]
    #expect(try spec(pattern).outputs[0].count == 1...1000)
    #expect(try spec(pattern.merging(["optional": true]) { $1 }).outputs[0].count == 0...1000)
    let bounds = try spec(pattern.merging(["min": 2, "max": 3]) { $1 })
    #expect(bounds.outputs[0].count == 2...3)
    #expect(try spec(["kind": "directory"]).outputs[0].isDirectory)
    #expect(try spec(["kind": "file"]).outputs[0].isDirectory == false)
    // The journal keeps the request, and reads it again.
    #expect(try TaskSpec(.object(bounds.source), root: "/").outputs == bounds.outputs)
    #expect(try spec(["from": "{stem}.d", "kind": "directory"]).outputs[0].from != nil)
    #expect(error(["from": "p/?.png", "max": 1]) == nil)
    // A pattern is what was written, not what a placeholder brings.
    #expect(try spec(["from": "{stem}.root"]).outputs[0].count == nil)
  }

  @Test(arguments: [
    ("/etc/passwd", "without a slash in front"), ("../x", "\"..\" in"), ("a/../b", "\"..\" in"),
    ("", "expected a path"), ("a//b", "empty or \".\""), ("./a", "empty or \".\""),
    ("a/", "empty or \".\""), ("a\nb", "control characters"), ("a\u{7f}", "control characters"),
    ("**/a", "stands for no directories"), ("{inptu}", "no placeholder"),
    ("{input}", "\"from\" may hold {name}"), ("{dir}/x", "\"from\" may hold {name}"),
    ("{value}", "only a task with values"),
  ])
  func whatIsNoFrom(_ from: String, _ words: String) {
    let found = error(["from": .string(from)])
    #expect(found?.key == "outputs[0].from")
    #expect(found?.message.contains(words) == true, "\(String(describing: found))")
  }

  @Test func whatDoesNotGoTogether() {
    let pattern: [String: JSON?] = ["from": "*.png", "path": "p/{stem}/{name}"]
    func with(_ more: [String: JSON?]) -> RequestError? { error(pattern.merging(more) { $1 }) }
    #expect(with(["min": -1])?.key == "outputs[0].min")
    #expect(with(["max": 0])?.key == "outputs[0].max")
    #expect(with(["max": 1001])?.key == "outputs[0].max")
    #expect(with(["min": 3, "max": 2])?.message == "is more than \"max\", 2")
    #expect(with(["kind": "directory"])?.key == "outputs[0].kind")
    #expect(error(["min": 1])?.message == "only an output with a pattern in \"from\" has it")
    #expect(error(["from": "a", "max": 1])?.key == "outputs[0].max")
    let nested: JSON = [["path": "/o/{stem}", "kind": "directory"], ["path": "/o/{stem}/x"]]
    let found = requestError { _ = try task(["command": ["x"], "outputs": nested]) }
    #expect(found?.key == "outputs[1].path" && found?.message.contains("lies in another") == true)
    #expect(
      error(["kind": "dir"])?.message == "expected \"file\" or \"directory\", found \"dir\"")
    #expect(with(["path": "p/{stem}"])?.message.contains("use {name}") == true)
    #expect(with(["path": "p/{name}/{stem}"])?.message.contains("behind the last slash") == true)
    #expect(with(["path": "p/{name}{name}"])?.message.contains("once") == true)
    // Without a pattern it is the input's name.
    #expect(error(["path": "{name}"]) == nil)
    // The names may tell jobs apart, where nothing is replaced.
    #expect(with(["path": "p/{name}"]) == nil)
    #expect(with(["path": "p/{name}", "overwrite": true])?.message.contains("every job") == true)
  }

  @Test func whatIsTakenHasNoPlaceholder() {
    let words =
      "the output has \"from\": the command writes result.root in its scratch directory, so there is no "
    for (placeholder, name) in [("{output}", nil), ("{output:r}", "r")] as [(String, JSON?)] {
      #expect(
        error(["from": "result.root", "name": name], ["command": ["x", .string(placeholder)]])
          == RequestError(key: "command[1]", words + placeholder))
    }
    // The only output that is written has it.
    let outputs: JSON = [["path": "{stem}.a"], ["path": "{stem}.b", "from": "b"]]
    #expect(
      requestError { _ = try task(["command": ["x", "{output}"], "outputs": outputs]) } == nil)
  }

  // MARK: The job's file and the result

  private static let pattern = JobOutput(
    path: "/d/p {{x}/a.{name}.b", name: nil, isOptional: false, from: "plots/*", count: 1...3)

  @Test func aJobsFileKeepsIt() throws {
    let outputs = [
      Self.pattern, JobOutput(path: "/d/s", name: nil, isOptional: true, isDirectory: true),
      JobOutput(path: "/d/r", name: nil, isOptional: false, from: "r"),
    ]
    let document = JobDocument(
      job: try #require(JobID("t.00000001")), incarnation: "1", attempt: 1, owner: 1, inputs: [],
      verifiesChecksum: false, command: [try Template("x")], outputs: outputs, environment: [],
      wall: .seconds(1), memory: 1 << 20)
    #expect(try JobFile(document.fileContents).document.outputs == outputs)
  }

  @Test func finalPaths() {
    let output = Self.pattern
    #expect(output.directory == "/d/p {x}")
    #expect(output.finalPath(taking: "ü") == "/d/p {x}/a.ü.b")
    for name in ["", ".", "..", "a/b", "a\n", "\u{7f}", String(repeating: "x", count: 157)] {
      #expect(output.finalPath(taking: name) == nil, "\(name)")
    }
    let plain = JobOutput(path: "/d/{name}", name: nil, isOptional: false, from: "*", count: 1...3)
    #expect(plain.finalPath(taking: ".spool.a1@n-1.x") == nil)
    #expect(plain.finalPath(taking: ".hidden") == "/d/.hidden")
  }

  @Test(arguments: [
    ("/d/p {x}/a.n.b", true), ("/d/p {x}/a..b", false), ("/d/p {x}/a.b", false),
    ("/d/p {x}/a.x/y.b", false), ("/d/p {x}/../a.n.b", false), ("/d/other/a.n.b", false),
    ("/d/p {{x}/a.n.b", false), ("/d/p {x}/a.n.c", false),
  ])
  func whatTheWatcherBelieves(_ path: String, _ isGood: Bool) throws {
    let pilot = try pilotName("n-1")
    let job = try #require(JobID("t.00000003"))
    func isStaged(_ part: String, files: Int? = nil) -> Bool {
      Self.pattern.isStaged(
        StagedOutput(number: 0, path: path, part: part, size: 1, adler32: "", files: files),
        of: job, attempt: 1, pilot: pilot)
    }
    let base = FilePath.base(path)
    let sum = CRC32.hex("a.{name}.b".utf8)
    #expect(isStaged(".spool.a1@n-1.t.00000003-\(sum)/\(base)") == isGood)
    #expect(!isStaged(".spool.a1@n-1.t.00000003-\(sum)/other"))
    #expect(!isStaged(".spool.a2@n-1.t.00000003-\(sum)/\(base)"))
    #expect(!isStaged(".spool.a1@n-1.t.00000003-\(sum)"))
    #expect(!isStaged(".spool.a1@n-1.t.00000003-\(sum)/\(base)", files: 1))
  }

  @Test func partsAreHiddenAndNotDeep() throws {
    for (part, isGood) in [
      (".spool.a1@n.x", true), (".spool.a1@n.x/y", true), (".spool.a1@n.x/y/z", false),
      (".spool.a1@n.x/..", false), (".spool.a1@n.x/", false), ("x", false),
    ] {
      let json = StagedOutput(number: 0, path: "/d/y", part: part, size: 1, adler32: "").json
      #expect((StagedOutput(json: json) != nil) == isGood, "\(part)")
    }
    let staged = StagedOutput(
      number: 0, path: "/d/y", part: ".spool.a1@n.x/y", size: 1, adler32: "")
    #expect(staged.partPath == "/d/.spool.a1@n.x/y" && staged.remains == "/d/.spool.a1@n.x")
    #expect(staged.replacedPath.hasPrefix("/d/.spool.old.a1@n.x"))
  }

  /// Lines are in the order of the bytes, whatever the order in which they are added.
  @Test func manifests() {
    func sum(_ text: String) -> String {
      var sum = Adler32()
      bytes(text).withUnsafeBytes { sum.update($0) }
      return sum.hex
    }
    var manifest = TreeManifest()
    #expect(manifest.adler32 == "00000001")
    manifest.add(file: "b/a", size: 2, adler32: "00000002")
    manifest.add(link: "c", to: "b/a")
    manifest.add(file: "b.x", size: 1, adler32: "00000001")
    manifest.add(file: "é", size: 0, adler32: "00000003")
    #expect(
      manifest.adler32
        == sum("00000001 1 b.x\n00000002 2 b/a\n\(sum("b/a")) link c\n00000003 0 é\n"))
    #expect(manifest.size == 3 && manifest.files == 3)
  }
}
