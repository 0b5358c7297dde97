import Glibc
import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// What `submit` finds in a task before it drops it.
struct TaskLooksTests {
  private func spec(_ members: [String: JSON]) throws -> TaskSpec {
    var object = JSONObject([
      .init("kind", "task"), .init("name", "t"), .init("input", ["count": 3]),
      .init("command", ["w"]),
    ])
    for (key, value) in members.sorted(by: { $0.key < $1.key }) { object[key] = value }
    return try TaskSpec(.object(object), root: "/d")
  }

  // MARK: Outputs

  @Test func outputsThatAreThere() throws {
    let outputs: JSON = [["path": "out/{index}"]]
    let there: Set<String> = ["/d/out/1", "/d/out/2"]
    let check = OutputCheck(try spec(["outputs": outputs]))
    #expect(
      check.note(there.contains)?
        .hasPrefix("2 outputs are there already, as /d/out/1: ") == true)
    #expect(check.note(there.contains)?.contains("--overwrite") == true)
    #expect(check.note { $0 == "/d/out/0" }?.hasPrefix("1 output is there already") == true)
    #expect(check.note { _ in false } == nil)
    let replacing = OutputCheck(
      try spec(["outputs": [["path": "out/{index}", "overwrite": true]]]))
    #expect(replacing.note { _ in true } == nil)
    let values = OutputCheck(
      try spec(["input": ["values": ["a", "b"]], "outputs": [["path": "o/{value}.{task}"]]]))
    #expect(values.note { $0 == "/d/o/b.t" } != nil)
  }

  @Test func twoJobsWithOneOutput() throws {
    let files: JSON = ["files": ["a/f.raw", "b/g.raw", "b/f.raw"]]
    let stem: JSON = [["path": "out/{stem}.txt"]]
    let problem = OutputCheck(try spec(["input": files, "outputs": stem])).collision
    #expect(
      problem?.hasPrefix("the jobs of /d/a/f.raw and /d/b/f.raw would both write /d/out/f.txt")
        == true)
    let grouped = try spec(["input": files, "outputs": stem, "filesPerJob": 2])
    #expect(OutputCheck(grouped).collision != nil, "the stem is that of the first of each job")
    let index = try spec(["input": files, "outputs": [["path": "out/{stem}.{index}"]]])
    #expect(OutputCheck(index).collision == nil)
    #expect(OutputCheck(try spec(["input": "runs", "outputs": stem])).collision == nil)
  }

  // MARK: Changes

  @Test func changes() throws {
    let chain: JSON = [
      "kind": "chain",
      "steps": [
        ["command": ["a"], "outputs": [["path": "x"], ["path": "y"]]], ["command": ["b"]],
      ],
    ]
    let made = TaskChanges(chdir: "/w{1}", overwrites: true).made(to: chain)
    let steps = try #require(made["steps"]?.array)
    #expect(steps.map { $0["directory"] } == ["/w{{1}", "/w{{1}"])
    #expect(steps[0]["outputs"]?.array?.map { $0["overwrite"] } == [true, true])
    #expect(TaskChanges(chdir: nil, overwrites: false).made(to: chain) == chain)
    let scratch = TaskChanges(chdir: "{scratch}", overwrites: false).made(to: chain)
    #expect(scratch["steps"]?.array?.first?["directory"] == "{scratch}")
    let order: JSON = ["kind": "cancel", "task": "t"]
    #expect(TaskChanges(chdir: "/w", overwrites: true).made(to: order) == order)
  }

  // MARK: Programs

  private static let programs:
    [(name: String, text: String, mode: mode_t, words: String?, sure: Bool)] =
      [
        ("good", "#!/bin/sh\necho\n", 0o755, nil, false),
        ("binary", "\u{7f}ELF\u{2}", 0o755, nil, false),
        ("mode", "#!/bin/sh\n", 0o644, "is not executable", true),
        ("crlf", "#!/bin/sh\r\necho\r\n", 0o755, "CRLF", true),
        ("none", "echo hi\n", 0o755, "has no #!", false),
        ("interpreter", "#!/no/such/one -x\n", 0o755, "no /no/such/one here", false),
        ("empty", "", 0o755, nil, false),
      ]

  @Test func programsOfThisMachine() throws {
    let directory = try TemporaryDirectory()
    let files = PosixFiles()
    for program in Self.programs {
      try files.write(program.text, to: "\(directory.path)/\(program.name)", program.mode)
      for (spelled, place) in [
        ("\(directory.path)/\(program.name)", nil), ("./\(program.name)", directory.path),
      ] {
        let look = ProgramCheck(spelled, directory: place, path: nil).look
        #expect(look.isSure == program.sure, "\(program.name)")
        if let words = program.words {
          #expect(look.words.contains(words), "\(look.words)")
        } else {
          #expect(look == .runs, "\(program.name)")
        }
      }
    }
    let path = "/nowhere:\(directory.path)"
    #expect(ProgramCheck("good", directory: nil, path: path).look == .runs)
    let missing = ProgramCheck("pyton3", directory: nil, path: path).look
    #expect(missing.words == "there is no program pyton3 in PATH here" && !missing.isSure)
    #expect(ProgramCheck("mode", directory: nil, path: path).look.words.contains("executed"))
    #expect(ProgramCheck(directory.path, directory: nil, path: path).look.isSure)
    #expect(!ProgramCheck("/no/such", directory: nil, path: path).look.isSure)
    #expect(ProgramCheck(nil, directory: nil, path: path).look == .runs)
  }
}

/// Files with a mode.
private struct PosixFiles {
  func write(_ text: String, to path: String, _ mode: mode_t) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}
