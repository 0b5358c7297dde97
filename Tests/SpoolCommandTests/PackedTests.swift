import SpoolModel
import Testing

extension CommandTests {
  /// Verbs on a task that is packed.
  @Suite(.serialized) struct Packed {
    private static var config: SpoolConfig {
      var config = SpoolConfig.quick
      config.packAfter = .after(.milliseconds(300))
      return config
    }

    private func submit(_ lab: Lab) async throws {
      let line = "echo out {index}; echo err {index} >&2; exit {index}"
      let submit = try await lab.spool(
        "submit", "--name", "x", "--count", "3", "--attempts", "1", "--wait", "--", "sh", "-c", line
      )
      #expect(submit.code == 1, Comment(rawValue: submit.said))
      try await lab.waitFor("the archive") {
        lab.isThere("spool/archive/x/x.json") && !lab.hasEnded("x") && lab.names("spool/logs") == []
      }
    }

    @Test func allIsFoundThere() async throws {
      try await Lab.run(Self.config) { lab in
        _ = try lab.start("up")
        try await submit(lab)
        #expect(!lab.isThere("spool/ledger/x.jsonl"))

        let status = try await lab.spool("status", "x")
        #expect(status.output.contains("failed, packed: 2 failed jobs"))
        #expect(status.output.contains("1 done, 2 failed"))
        let all = try await lab.spool("status")
        #expect(all.output.contains("1 that ended longer ago are packed"))
        let json = try await lab.spool("status", "x", "--format", "json")
        #expect(try JSON.parse(Array(json.output.utf8))["packed"] == true)

        let jobs = try JSON.parse(
          Array(try await lab.spool("jobs", "x", "--format", "json").output.utf8))
        #expect(jobs.array?.compactMap { $0["exit"]?.integer }.sorted() == [0, 1, 2])
        let log = try await lab.spool("logs", "x.00000002")
        #expect(
          log.output
            == "==> x.00000002 attempt 1: exit2\nout 2\n--- standard error\nerr 2\n")
        let failed = try await lab.spool("logs", "x", "--failed")
        #expect(failed.output.contains("out 1") && !failed.output.contains("out 0"))
        let explained = try await lab.spool("explain", "x")
        #expect(explained.output.contains("x is failed, packed"))
        #expect(explained.output.contains("1 jobs failed of exit2"))
        #expect(!explained.output.contains("spool retry"))
        #expect(try await lab.spool("explain", "x.00000001").output.contains("err 1"))
        #expect(try await lab.spool("wait", "x").code == 1)
        try await lab.expectClean()
      }
    }

    @Test func nothingMoreCanBeDone() async throws {
      try await Lab.run(Self.config) { lab in
        _ = try lab.start("up")
        try await submit(lab)
        let retry = try await lab.spool("retry", "x")
        #expect(retry.code == 1)
        #expect(retry.errors.contains("x is packed"), Comment(rawValue: retry.said))
        let again = try await lab.spool(
          "submit", "--name", "x", "--count", "1", "--wait", "--", "true")
        #expect(again.said.contains("already (failed, packed)"), Comment(rawValue: again.said))
        let near = try await lab.spool("status", "y")
        #expect(near.code == 66)
        #expect(near.errors.contains("did you mean \"x\""))
        try await lab.expectClean()
      }
    }
  }
}
