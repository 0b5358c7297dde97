import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// Outputs, reports, and the rules of a task's end.
  @Suite(.serialized) struct Outputs {
    private func run(_ lab: Lab, _ request: JSON) async throws -> Lab.Ended {
      let name = request["name"]?.string ?? ""
      try await lab.drop(request, as: "\(name).json")
      return try await lab.spool("wait", name, "--timeout", "60s")
    }

    private static let once: JSON = ["attempts": 1]

    @Test func aMissingOutputFailsTheJobAnOptionalOneDoesNot() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let optional: JSON = ["path": "o/{index}", "optional": true]
        #expect(
          try await run(
            lab, task("may", input: ["count": 1], ["true"], ["outputs": [optional]])
          ).code == 0)
        let must = try await run(
          lab,
          task(
            "must", input: ["count": 1], ["true"],
            ["outputs": [["path": "o/{index}"]], "retry": Self.once]))
        #expect(must.code == 1)
        let jobs = try await lab.spool("jobs", "must", "--failed")
        #expect(
          jobs.output.contains("did not write") && jobs.output.contains("o/0"),
          Comment(rawValue: jobs.said))
        try await lab.expectClean()
      }
    }

    @Test func whatStandsThereIsNotOverwritten() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        try lab.write("o/0.txt", "precious")
        func request(_ name: String, _ output: JSON) -> JSON {
          task(
            name, input: ["count": 2], ["sh", "-c", "echo new >\"$1\"", "sh", "{output}"],
            ["outputs": [output]])
        }
        let refused = try await run(lab, request("a", ["path": "o/{index}.txt"]))
        #expect(refused.code == 1)
        #expect(lab.text("o/0.txt") == "precious")
        #expect(lab.text("o/1.txt") == "new\n")
        #expect(try await lab.spool("jobs", "a", "--failed").output.contains("output exists"))
        // Another task may write there, told to, once the first has ended.
        let told = try await run(lab, request("b", ["path": "o/{index}.txt", "overwrite": true]))
        #expect(told.code == 0, Comment(rawValue: told.said))
        #expect(lab.text("o/0.txt") == "new\n")
        try await lab.waitFor("the parts to go") { lab.parts("o").isEmpty }
        try await lab.expectClean()
      }
    }

    @Test func reportsAreSummedAndBadOnesFail() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let line = "echo '{{\"eventsIn\": 100, \"eventsOut\": '\"$1\"'}' >\"$2\""
        let good = try await run(
          lab, task("good", input: ["count": 5], ["sh", "-c", line, "sh", "{index}", "{report}"]))
        #expect(good.code == 0)
        #expect(good.output.contains("suppression"))
        #expect(try lab.summary("good")["report"]?["eventsIn"]?.integer == 500)
        #expect(try lab.summary("good")["report"]?["eventsOut"]?.integer == 10)
        let bad = try await run(
          lab,
          task(
            "bad", input: ["count": 1], ["sh", "-c", "echo '[1]' >\"$0\"", "{report}"],
            ["retry": Self.once]))
        #expect(bad.code == 1)
        #expect(try await lab.spool("jobs", "bad", "--failed").output.contains("object of numbers"))
        let odd = try await run(
          lab,
          task(
            "odd", input: ["count": 1],
            ["sh", "-c", "echo '{{\"x\": [1], \"n\": 3, \"m\": NaN}' >\"$0\"", "{report}"]))
        #expect(odd.code == 0)
        #expect(odd.output.contains("not summed"))
        #expect(try lab.summary("odd")["report"] == ["n": 3])
      }
    }

    @Test func failuresAreCountedAtTheEnd() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let command = ["sh", "-c", "test $0 -ge 3", "{index}"]
        let few = try await run(
          lab, task("few", input: ["count": 10], command, ["maxFailedJobs": 3, "retry": Self.once]))
        #expect(few.code == 0)
        #expect(try lab.summary("few")["jobs"]?["done"]?.integer == 7)
        let many = try await run(
          lab,
          task("many", input: ["count": 10], command, ["maxFailedJobs": 2, "retry": Self.once]))
        #expect(many.code == 1)
        #expect(try lab.summary("many")["jobs"]?["done"]?.integer == 7, "siblings go on")
        let stopped = try await run(
          lab,
          task(
            "stopped", input: ["count": 200], ["sh", "-c", "sleep 0.05; false"],
            ["stopAfter": 2, "retry": Self.once]))
        #expect(stopped.code == 1)
        #expect(stopped.errors.contains("stopped"))
        let failed = try #require(try lab.summary("stopped")["jobs"]?["failed"]?.integer)
        #expect((3..<20).contains(failed))
        try await lab.waitFor("nothing left in ready") { lab.visible("spool/ready-cpu").isEmpty }
        try await lab.expectClean()
      }
    }

    @Test func aFailedJobIsTriedAgain() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let line = "test -e \"$0\" || {{ touch \"$0\"; echo first >&2; exit 9; }"
        let again = try await run(
          lab, task("again", input: ["count": 1], ["sh", "-c", line, "\(lab.path)/flag"]))
        #expect(again.code == 0, Comment(rawValue: again.said))
        #expect(try lab.ledger("again").compactMap { $0["outcome"]?.string } == ["exit9", "ok"])
        #expect(try await lab.spool("jobs", "again").output.contains("(tried again)"))
        let never = try await run(
          lab,
          task(
            "never", input: ["count": 1], ["sh", "-c", "exit 2"],
            ["retry": ["attempts": 5, "never": [2], "backoff": "1ms"]]))
        #expect(never.code == 1)
        #expect(try lab.ledger("never").count == 1)
      }
    }

    /// The pilot remembers which directories it has made; somebody may remove one.
    @Test func aRemovedOutputDirectoryIsMadeAgain() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "1")
        let line = "until [ -e \"$1\" ]; do sleep 0.05; done; echo x >\"$2\""
        try await lab.drop(
          task(
            "t", input: ["count": 2], ["sh", "-c", line, "sh", "\(lab.path)/go", "{output}"],
            ["outputs": [["path": "out/{index}"]]]), as: "t.json")
        try await lab.waitFor("a job") { lab.isThere("out") && !lab.allClaims.isEmpty }
        try lab.files.removeDirectory(lab.path + "/out")
        try lab.write("go", "")
        let wait = try await lab.spool("wait", "t", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(lab.names("out") == ["0", "1"])
      }
    }

    @Test func emptyWorkIsDone() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        #expect(try await run(lab, task("none", input: ["count": 0], ["true"])).code == 0)
        try await lab.drop(manifest("empty", [], closed: true), as: "empty.json")
        #expect(try await run(lab, task("t", input: "empty", ["cat", "{input}"])).code == 0)
        let all = task("all", input: "empty", ["cat", "{inputs}"], ["filesPerJob": "all"])
        #expect(try await run(lab, all).code == 0)
        try await lab.expectClean()
      }
    }

    @Test func filesAreGrouped() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let names = (0..<7).map { "f\($0)" }
        try lab.makeInputs(names)
        try await lab.drop(manifest("raw", names.map { "raw/" + $0 }, closed: true), as: "raw.json")
        let output: JSON = [["path": "{task}/{index}.txt"]]
        let command = [
          "sh", "-c", "out=$1; shift; cat \"$@\" >\"$out\"", "sh", "{output}", "{inputs}",
        ]
        for (name, size, jobs) in [("three", JSON.integer(3), 3), ("all", "all", 1)] {
          let ended = try await run(
            lab, task(name, input: "raw", command, ["filesPerJob": size, "outputs": output]))
          #expect(ended.code == 0, Comment(rawValue: ended.said))
          #expect(lab.names(name).count == jobs)
          let text = lab.names(name).map { lab.text("\(name)/\($0)") }.joined()
          #expect(text == names.map { $0 + "\n" }.joined())
        }
      }
    }
  }
}
