import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// `status`, `jobs`, `logs` and `check`.
  @Suite(.serialized) struct Listings {
    @Test func statusJobsAndLogs() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let line = "echo out {index}; echo err {index} >&2; exit {index}"
        let submit = try await lab.spool(
          "submit", "--name", "x", "--count", "3", "--attempts", "1", "--max-failed-jobs", "2",
          "--wait", "--", "sh", "-c", line)
        #expect(submit.code == 0, Comment(rawValue: submit.said))

        let status = try await lab.spool("status", "x")
        #expect(status.output.contains("1 done, 2 failed"))
        #expect(status.output.contains("1 exit1, 1 exit2"))
        let all = try await lab.spool("status")
        #expect(all.output.contains("PILOTS"))
        #expect(all.output.contains("x     done"))
        let json = try JSON.parse(
          Array(try await lab.spool("status", "--format", "json").output.utf8))
        #expect(json.array?.first?["task"]?.string == "x")
        #expect(json.array?.first?["jobs"]?["failed"]?.integer == 2)

        let jobs = try JSON.parse(
          Array(try await lab.spool("jobs", "x", "--format", "json").output.utf8))
        #expect(jobs.array?.count == 3)
        #expect(jobs.array?.compactMap { $0["exit"]?.integer }.sorted() == [0, 1, 2])
        let failed = try await lab.spool("jobs", "x", "--failed")
        #expect(failed.output.contains("err 1") && failed.output.contains("err 2"))
        #expect(!failed.output.contains("x.00000000"))

        let log = try await lab.spool("logs", "x.00000002")
        #expect(log.code == 0)
        #expect(log.output.contains("out 2\n--- standard error\nerr 2\n"))
        #expect(!log.output.contains("out 1"))
        let onlyFailed = try await lab.spool("logs", "x", "--failed")
        #expect(onlyFailed.output.contains("out 1") && !onlyFailed.output.contains("out 0"))
        try await lab.expectClean()
      }
    }

    @Test func aRunningJobCanBeFollowed() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        #expect(
          try await lab.spool(
            "submit", "--name", "x", "--count", "1", "--", "sh", "-c", "echo begun; sleep 60"
          ).code == 0)
        try await lab.waitFor("a log to follow") {
          lab.names("spool/running").contains { pilot in
            lab.names("spool/running/\(pilot)").contains { $0.hasSuffix(".log") }
          }
        }
        let log = try await lab.spool("logs", "x")
        #expect(log.output.contains("running on") && log.output.contains("begun"))
        let jobs = try await lab.spool("jobs", "x")
        #expect(jobs.output.contains("running"))
      }
    }

    @Test func checkFindsWhatWasPlanted() async throws {
      try await Lab.run { lab in
        let watcher = try lab.start("watch")
        try await lab.drop(task("x", input: ["count": 3], ["true"]), as: "x.json")
        try await lab.waitFor("jobs in ready") { lab.visible("spool/ready-cpu").count == 3 }
        try await lab.expectClean()

        let job = lab.visible("spool/ready-cpu")[0]
        let copy = "spool/ready-gpu/\(job)"
        try lab.write(copy, lab.text("spool/ready-cpu/\(job)"))
        let twice = try await lab.spool("check")
        #expect(twice.code == 1, Comment(rawValue: twice.said))
        #expect(twice.output.contains("several places"))
        watcher.signal(SIGTERM)
        #expect(try await lab.end(of: watcher).code == 0)
        try lab.remove(copy)

        try lab.remove("spool/ready-cpu/\(job)")
        let lost = try await lab.spool("check")
        // Without a watcher nothing is lost: the next one issues it anew.
        #expect(lost.code == 0)
        #expect(lost.output.contains("pending"))
        #expect(lost.output.contains("in no directory"))

        _ = try lab.start("watch")
        try await lab.waitFor("another attempt") {
          lab.visible("spool/ready-cpu").contains { $0.contains(".a2.") }
        }
        try await lab.expectClean()
      }
    }

    @Test func checkFindsACutLedgerAndWhatIsNobodys() async throws {
      try await Lab.run { lab in
        try await lab.drop(task("x", input: ["count": 3], ["true"]), as: "x.json")
        #expect(try await lab.spool("up", "--exit-when-idle").code == 0)
        try await lab.expectClean()
        let places = ["ready-cpu/notes.txt", "done/what is this", "stray", "incoming/x.txt"]
        for place in places { try lab.write("spool/\(place)", "?") }
        let foreign = try await lab.spool("check")
        #expect(foreign.code == 0, Comment(rawValue: foreign.said))
        for place in places { #expect(foreign.output.contains(place)) }
        let text = lab.text("spool/ledger/x.jsonl")
        try lab.write("spool/ledger/x.jsonl", String(text.dropLast(20)))
        let cut = try await lab.spool("check", "--format", "json")
        #expect(cut.code == 1)
        #expect(cut.output.contains("ledger/x.jsonl"))
        for place in places { #expect(lab.text("spool/\(place)") == "?") }
      }
    }

    /// A job that is done, or of a task that has ended, has no business in ready.
    @Test func checkFindsAJobThatIsOver() async throws {
      try await Lab.run { lab in
        let watcher = try lab.start("watch")
        try await lab.drop(task("x", input: ["count": 1], ["true"]), as: "x.json")
        try await lab.waitFor("a job in ready") { lab.visible("spool/ready-cpu").count == 1 }
        let job = lab.visible("spool/ready-cpu")[0]
        let contents = lab.text("spool/ready-cpu/\(job)")
        let pilot = try lab.start("pilot")
        try await lab.waitFor("the end") { lab.hasEnded("x") }
        for program in [pilot, watcher] {
          program.signal(SIGTERM)
          #expect(try await lab.end(of: program).code == 0)
        }
        try await lab.expectClean()
        try lab.write("spool/ready-cpu/\(job)", contents)
        let planted = try await lab.spool("check")
        #expect(planted.code == 1, Comment(rawValue: planted.said))
        #expect(planted.output.contains("x.00000000"))
      }
    }
  }
}
