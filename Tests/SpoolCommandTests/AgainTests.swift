import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// A campaign that is run again, as its user types it.
  @Suite(.serialized) struct Again {
    private static func submit(_ more: String..., script: String = "work.sh") -> [String] {
      [
        "submit", "--name", "x", "--input", "raw/*.raw", "--output", "out/{stem}.txt", "--memory",
        "50MB", "--attempts", "1",
      ] + more + ["--", "sh", "./\(script)", "{input}", "{output}"]
    }

    private func spool(_ lab: Lab, _ words: [String]) async throws -> Lab.Ended {
      try await lab.end(of: lab.launch([Lab.products + "/spool"] + words))
    }

    /// The same again, other jobs, another command, and from the beginning.
    @Test func aCampaignAgain() async throws {
      try await Lab.run { lab in
        try lab.makeInputs(["a.raw", "b.raw", "c.raw"])
        try lab.write("work.sh", "case $1 in *a.raw) cp \"$1\" \"$2\" ;; *) exit 3 ;; esac\n")
        try lab.write("better.sh", "cp \"$1\" \"$2\"\n")
        _ = try lab.start("up")
        let first = try await spool(lab, Self.submit("--wait"))
        #expect(first.code == 1, Comment(rawValue: first.said))

        // The same request waits for the same task, and shares its fate.
        let same = try await spool(lab, Self.submit("--wait"))
        #expect(same.code == 1)
        let words = "the task x is there already, with the same content (failed: 1 of 3 done)"
        #expect(same.output.contains(words), Comment(rawValue: same.said))
        let other = try await spool(lab, Self.submit("--priority", "1"))
        #expect(other.code == 64)
        for way in ["as x-2 (--name)", "spool forget x", "--replace"] {
          #expect(other.errors.contains(way), Comment(rawValue: other.said))
        }

        // One job, with another command.
        let wrong = try await lab.spool("retry", "x", "--jobs", "one")
        #expect(wrong.code == 64 && wrong.errors.contains("as \"3-7,19\", each from 0"))
        let none = try await lab.spool("retry", "x", "--jobs", "0")
        #expect(none.code == 1 && none.errors.contains("failed are 1, 2"))
        let odd = try await lab.spool("retry", "x", "--command", "--", "sh", "{inptu}")
        #expect(odd.code == 64 && odd.errors.contains("{input}"), Comment(rawValue: odd.said))
        let retry = try await lab.spool(
          "retry", "x", "--jobs", "2", "--command", "--", "sh", "./better.sh", "{input}", "{output}"
        )
        #expect(retry.code == 0, Comment(rawValue: retry.said))
        #expect(try await lab.spool("wait", "x").code == 1)
        #expect(lab.names("out") == ["a.txt", "c.txt"])

        // From the beginning; what is there is replaced as the user says.
        let asked = try await lab.spool("forget", "x")
        #expect(asked.code == 64 && asked.errors.contains("say --yes to forget"))
        #expect(asked.output.contains("forgets x (failed: 2 jobs done, 1 failed)"))
        #expect(asked.output.contains("2 files that it made stay"))
        let new = try await spool(
          lab, Self.submit("--replace", "--overwrite", "--wait", script: "better.sh"))
        #expect(new.code == 0, Comment(rawValue: new.said))
        #expect(new.output.contains("forgot x"))
        #expect(try lab.catalogue("x").count == 3 && lab.names("out").count == 3)

        let gone = try await lab.spool("forget", "x", "--yes")
        #expect(gone.code == 0, Comment(rawValue: gone.said))
        #expect(gone.output.contains("forgot x: its name is free, and the files that it made stay"))
        #expect(try await lab.spool("status", "x").code == 66)
        #expect(try await lab.spool("forget", "x", "--yes").code == 66)
        #expect(lab.names("out").count == 3)
        #expect(lab.names("spool/datasets").isEmpty && lab.names("spool/ledger").isEmpty)
        try await lab.expectClean()
      }
    }

    @Test func whatIsInWorkIsNotReplaced() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let words = ["submit", "--name", "x", "--count", "1", "--", "sleep", "600"]
        #expect(try await spool(lab, words).code == 0)
        try await lab.waitFor("its page") { lab.isThere("spool/running/x.json") }
        let same = try await spool(lab, words)
        #expect(
          same.code == 0 && same.output.contains("with the same content (active: 0 of 1 done)"))
        let replace = try await spool(lab, Array(words.prefix(5)) + ["--replace", "--", "true"])
        #expect(replace.code == 64 && replace.errors.contains("`spool cancel x` ends it"))
        let forget = try await lab.spool("forget", "x", "--yes")
        #expect(forget.code == 1 && forget.errors.contains("in work (active): cancel it first"))
        #expect(try await lab.spool("cancel", "x").code == 0)
        #expect(try await lab.spool("forget", "x", "--yes").code == 0)
      }
    }
  }
}
