import SpoolModel
import Testing

/// `groupBy`: the key of a file, and what may be written there.
struct GroupKeyTests {
  private func spec(_ key: JSON, _ more: [String: JSON?] = [:]) throws -> TaskSpec {
    try task(["command": ["x", "{inputs}"], "groupBy": key].merging(more) { $1 })
  }

  private func error(_ key: JSON, _ more: [String: JSON?] = [:]) -> RequestError? {
    requestError { _ = try spec(key, more) }
  }

  @Test(
    arguments: [
      ("{dir}", "/data/42/run7_1.reco.root", "/data/42"),
      ("{base}", "/data/42/run7_1.reco.root", "run7_1"),
      ("x{stem}", "/data/42/run7_1.reco.root", "xrun7_1.reco"),
      ("{name}", "/run7", "run7"), ("{base}", "/.hidden.root", ".hidden"),
      ("run(*)_*.root", "/data/42/run7_1.reco.root", "7"),
      // Each star stands for as little as can be.
      ("(*)_*", "/d/a_b_c", "a"), ("*_(*)", "/d/a_b_c", "b_c"),
      ("(*).root", "/d/a.root.root", "a.root"),
      ("*(a*)", "/d/xaya", "aya"), ("(run?)*", "/d/runé1", "runé"),
      ("(run7)_*", "/d/run7_1", "run7"),
      ("x(*)", "/d/xyz", "yz"), ("(*)z", "/d/zzz", "zz"), ("*(b)*b", "/d/abcb", "b"),
      // A pattern with slashes is of the last parts of the path.
      ("(*)/run*", "/data/42/run7", "42"), ("(*/run*)_*", "/data/42/run7_1", "42/run7"),
      ("/data/(*)/*", "/data/42/run7", "42"), ("(*)/*/*/*", "/data/42/run7", nil),
      ("run(*)_*.root", "/data/42/run7.root", nil), ("run(*)_*", "/d/run_1", nil),
      ("(*)/x", "/a/b/y/x", "y"), ("a(*)b", "/d/a/b", nil), ("run(*)", "/run/7", nil),
      ("()*", "/d/x", nil),
    ] as [(String, String, String?)])
  func keys(_ text: String, _ path: String, _ key: String?) throws {
    #expect(try spec(.string(text)).groupBy?.key(of: path) == key)
  }

  /// No pattern takes for ever.
  @Test func aPatternTakesNoLongerThanTheProduct() throws {
    let text = String(repeating: "*a", count: 120) + "(*)b"
    let path = "/d/" + String(repeating: "a", count: 255)
    #expect(try spec(.string(text)).groupBy?.key(of: path) == nil)
  }

  @Test func whatIsRefused() {
    let rule =
      "expected \"{dir}\" or another text with {dir} {name} {stem} {base}; or a pattern of the file's "
      + "name with one part in parentheses, as \"run(*)_*.root\""
    for (key, message) in [
      (7, "\(rule); found 7"), ("", "\(rule); found neither in \"\""),
      ("run*", "\(rule); found neither in \"run*\""),
      ("{dir}(*)", "\(rule); found both in \"{dir}(*)\""),
      ("{index}", "\(rule), found \"{index}\""), ("{{", "\(rule), found \"{{\""),
      ("(*)_(*)", "expected one part in parentheses, as \"run(*)_*.root\", found \"(*)_(*)\""),
      (")*(", "expected one part in parentheses, as \"run(*)_*.root\", found \")*(\""),
      (
        "**/(*)",
        "\"**\" has no meaning here: a pattern is of the last parts of a path, so many as it has"
      ),
    ] as [(JSON, String)] {
      #expect(error(key) == RequestError(key: "groupBy", message))
    }
    #expect(
      error("{dir}", ["input": ["count": 3], "command": ["x"]])
        == RequestError(key: "groupBy", "jobs without files cannot be grouped"))
    #expect(
      error("run(*)_*", ["input": ["files": ["run1_1", "calib"]]])
        == RequestError(
          key: "groupBy",
          "the file /data/calib does not fit \"groupBy\": \"run(*)_*\", so it belongs to no group"))
    #expect(
      requestError { _ = try task(["command": ["x", "{input}", "{group}"]]) }
        == RequestError(key: "command[2]", "only a task with \"groupBy\" has {group}"))
  }

  @Test func outputsDifferFromGroupToGroup() {
    let group: JSON = [["path": "out/{group}.root"]]
    #expect(error("{dir}", ["outputs": group]) == nil)
    #expect(
      error("{dir}", ["outputs": group, "filesPerJob": 3])
        == RequestError(
          key: "outputs[0].path",
          "several jobs of a group would write it: add {index}, {stem} or {job}"))
    #expect(error("{dir}", ["outputs": [["path": "{group}/{index}"]], "filesPerJob": 3]) == nil)
    #expect(
      error("{dir}", ["outputs": [["path": "out/all.root"]]])
        == RequestError(
          key: "outputs[0].path",
          "every job would write it: use {group}, {stem}, {index}, {value} or {job}"))
  }

  /// A list is sorted by its keys, whatever the order in which it is written; the request stays.
  @Test func aListIsSorted() throws {
    let names = ["b_2", "a_1", "b_1", "a_2", "c_1"]
    let spec = try spec("(*)_*", ["input": ["files": .array(names.map { .string($0) })]])
    guard case .files(let files) = spec.input else {
      Issue.record("no list of files")
      return
    }
    #expect(files.map { FilePath.base($0.path) } == ["a_1", "a_2", "b_2", "b_1", "c_1"])
    #expect(Array(spec.jobs(of: files)) == [0..<2, 2..<4, 4..<5])
    #expect(spec.listedJobs == 3 && spec.filesPerJob == .all)
    let kept = spec.source["input"]?["files"]?.array?.compactMap { $0["path"]?.string }
    #expect(kept == names.map { "/data/" + $0 })
    #expect(try TaskSpec(.object(spec.source), root: "/") == spec)
  }

  @Test func partsOfALargeGroup() throws {
    let files = JSON.array((0..<7).map { .string("a\($0 % 2)_\($0)") })
    let spec = try spec("(*)_*", ["input": ["files": files], "filesPerJob": 3])
    guard case .files(let list) = spec.input else {
      Issue.record("no list of files")
      return
    }
    #expect(Array(spec.jobs(of: list)) == [0..<3, 3..<4, 4..<7])
  }

  /// A path that begins with {dir} is absolute; elsewhere {dir} brings its own slashes.
  @Test func directoriesInOutputs() throws {
    let spec = try task([
      "outputs": [
        ["path": "{dir}/{base}.txt", "name": "a"], ["path": "out/{dir}/{name}", "name": "b"],
      ]
    ])
    #expect(spec.outputs.map(\.path.text) == ["{dir}/{base}.txt", "/data/out/{dir}/{name}"])
    #expect(try TaskSpec(.object(spec.source), root: "/").outputs == spec.outputs)
  }

  /// A key that begins with a directory is a path; any other is a name.
  @Test(arguments: [("{dir}", "{group}/all.root"), ("(*)_*", "/data/{group}/all.root")])
  func keysInOutputs(_ key: String, _ path: String) throws {
    let spec = try spec(.string(key), ["outputs": [["path": "{group}/all.root"]]])
    #expect(spec.outputs.map(\.path.text) == [path])
    #expect(try TaskSpec(.object(spec.source), root: "/").outputs == spec.outputs)
  }
}
