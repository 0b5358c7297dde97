import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Chains with real processes.
  @Suite(.serialized) struct ChainRuns {
    /// Two per-file steps and a merge; `first` and `second` are lines of shell with the input as $1
    /// and the output as $2.
    static func chain(first: String, second: String, retention: String = "forever") -> JSON {
      func step(_ name: String, _ line: String, _ more: [String: JSON] = [:]) -> JSON {
        var step = JSONObject([
          .init("name", .string(name)),
          .init("command", ["sh", "-c", .string(line), "sh", "{input}", "{output}"]),
          .init("outputs", [["path": .string("out/{stem}.\(name)")]]),
          .init("resources", ["memory": "50MB", "wall": "1m"]), .init("retry", ["attempts": 1]),
          .init("retention", .string(retention)),
        ])
        for (key, value) in more.sorted(by: { $0.key < $1.key }) { step[key] = value }
        return .object(step)
      }
      return [
        "kind": "chain", "name": "run", "input": "raw",
        "steps": [
          step("first", first), step("second", second),
          step(
            "merge", "",
            [
              "filesPerJob": "all", "outputs": [["path": "out/all"]], "retention": "forever",
              "command": [
                "sh", "-c", "out=$1; shift; cat \"$@\" | sort >\"$out\"", "sh", "{output}",
                "{inputs}",
              ],
            ]),
        ],
      ]
    }

    private static func names(_ count: Int) -> [String] {
      (0..<count).map { "f\(1000 + $0).raw" }
    }

    private func begin(_ lab: Lab, _ chain: JSON, files: Int) async throws {
      let names = Self.names(files)
      try lab.makeInputs(names)
      try await lab.drop(chain, as: "run.json")
      try await lab.drop(manifest("raw", names.map { "raw/" + $0 }, closed: true), as: "raw.json")
    }

    private func count(_ lab: Lab, _ step: String, ok: Bool = true) -> Int {
      ((try? lab.ledger("run.\(step)")) ?? []).count { ($0["outcome"]?.string == "ok") == ok }
    }

    /// The last per-file step is done with a file before half of a slow first step is.
    @Test func stepsStream() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        _ = try lab.start("pilot", "--cpus", "2")
        try await begin(
          lab, Self.chain(first: "sleep 0.1; cp \"$1\" \"$2\"", second: "cp \"$1\" \"$2\""),
          files: 100)
        try await lab.waitFor("a file through all steps") { count(lab, "second") > 0 }
        #expect(count(lab, "first") < 50)
        let wait = try await lab.spool("wait", "run", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(lab.text("out/all") == Self.names(100).map { $0 + "\n" }.joined())
        try await lab.expectClean()
      }
    }

    /// A step fails on three files: just these are lacking behind it, and are named; a retry, once the
    /// cause is mended, completes the chain and runs nothing twice.
    @Test func aRetryCompletesTheChain() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        _ = try lab.start("pilot", "--cpus", "2")
        let bad = ["f1003", "f1011", "f1017"]
        let check = """
          case "$1" in */f1003.*|*/f1011.*|*/f1017.*) [ -e "\(lab.path)/mended" ] || exit 4;; esac
          cp "$1" "$2"
          """
        try await begin(lab, Self.chain(first: "cp \"$1\" \"$2\"", second: check), files: 20)
        try await lab.waitFor("the merge to wait") {
          lab.text("spool/running/run.merge.json").contains("\"lacks\"")
        }
        #expect(count(lab, "second") == 17 && count(lab, "second", ok: false) == 3)
        let status = try await lab.spool("status", "run").output
        for name in bad {
          #expect(
            status.contains("second lacks \(lab.path)/out/\(name).first"), Comment(rawValue: status)
          )
        }
        let explain = try await lab.spool("explain", "run").output
        #expect(explain.contains("3 jobs failed of exit4"), Comment(rawValue: explain))
        try lab.write("mended", "")
        #expect(try await lab.spool("retry", "run").code == 0)
        let wait = try await lab.spool("wait", "run", "--timeout", "30s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(count(lab, "first") == 20 && count(lab, "second") == 20 && count(lab, "merge") == 1)
        #expect(lab.text("out/all") == Self.names(20).map { $0 + "\n" }.joined())
        try await lab.expectClean()
      }
    }

    /// The watcher dies again and again, files go between the steps: what comes of it is what comes of
    /// an undisturbed run.
    @Test func aKilledWatcherChangesNothing() async throws {
      let kills = CommandTests.isLong ? 50 : 6
      let files = CommandTests.isLong ? 1500 : 200
      try await Lab.run { lab in
        _ = try lab.start("pilot", "--cpus", "2")
        var watcher = try lab.start("watch")
        try await begin(
          lab,
          Self.chain(
            first: "sleep 0.02; cp \"$1\" \"$2\"", second: "cp \"$1\" \"$2\"", retention: "step"),
          files: files)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<kills {
          #expect(!lab.hasEnded("run"), "killed in the middle of its work")
          for _ in 0..<Int.random(in: 0..<60, using: &random) { await lab.bell.next() }
          try await lab.kill(watcher)
          watcher = try lab.start("watch")
        }
        let wait = try await lab.spool("wait", "run", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        for step in ["first", "second"] {
          let expected = Self.names(files).map { name in
            "\(lab.path)/out/\(name.dropLast(4)).\(step)"
          }
          #expect(try lab.catalogue("run.\(step)").sorted() == expected)
          #expect(count(lab, step) == files)
        }
        #expect(lab.text("out/all") == Self.names(files).map { $0 + "\n" }.joined())
        // What was between the steps is gone, and nothing else is left.
        try await lab.waitFor("the files to go") { lab.names("out") == ["all"] }
        try await lab.expectClean()
      }
    }

    /// A disk fills: the chain waits and says why, and ends when files that were read make room.
    @Test(.enabled(if: SmallDisk.isAllowed, "no small filesystem can be mounted here: not tried"))
    func aFullDiskIsWaitedFor() async throws {
      var config = SpoolConfig.quick
      config.highWater = 60
      config.lowWater = 40
      try await Lab.run(config) { lab in
        try lab.makeDirectory("out")
        try #require(SmallDisk.mount(lab.absolute("out"), size: "40m"))
        lab.cleanUp { SmallDisk.unmount(lab.absolute("out")) }
        _ = try lab.start("watch")
        _ = try lab.start("pilot", "--cpus", "1")
        try await begin(
          lab,
          Self.chain(
            first: "sleep 0.2; head -c 1000000 /dev/zero >\"$2\"",
            second: "basename \"$1\" >\"$2\"",
            retention: "step"), files: 60)
        try await lab.waitFor("the chain") { lab.isThere("spool/running/run.second.json") }
        #expect(try await lab.spool("hold", "run.second").code == 0)
        try await lab.waitFor("the high mark") {
          lab.text("spool/STATUS").contains("run.first: the filesystem of \(lab.path)/out is ")
        }
        let done = count(lab, "first")
        #expect(done < 60)
        #expect(try await lab.spool("release", "run.second").code == 0)
        let wait = try await lab.spool("wait", "run", "--timeout", "90s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(count(lab, "first") == 60 && count(lab, "first", ok: false) == 0)
        #expect(lab.text("out/all").split(separator: "\n").count == 60)
      }
    }
  }
}
