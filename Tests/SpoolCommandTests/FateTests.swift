import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Exit codes that tell how the work went.
  @Suite(.serialized) struct Fate {
    @Test func aTaskThatSucceedsIsGood() async throws {
      try await Lab.run { lab in
        let submit = try lab.start(
          "submit", "--name", "hello", "--count", "10", "--wait", "--", "echo", "job {index}")
        try await lab.waitFor("the request") { !lab.visible("spool/incoming").isEmpty }
        let up = try lab.start("up", "--exit-when-idle")
        let wait = try await lab.end(of: submit)
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(wait.output.contains("10 done, 0 failed"))
        #expect(try await lab.end(of: up).code == 0)
        #expect(try await lab.spool("wait", "hello").code == 0)
        try await lab.expectClean()
      }
    }

    @Test func aTaskThatFailsSaysWhy() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let wait = try await lab.spool(
          "submit", "--name", "bad", "--count", "2", "--attempts", "1", "--wait", "--",
          "sh", "-c", "echo fine; echo no calibration >&2; exit 3")
        #expect(wait.code == 1)
        #expect(wait.errors.contains("2 failed jobs; maxFailedJobs is 0"))
        #expect(wait.errors.contains("spool jobs bad --failed"))

        let jobs = try await lab.spool("jobs", "bad", "--failed")
        #expect(jobs.code == 0)
        #expect(jobs.output.contains("exit3"))
        #expect(jobs.output.contains("no calibration"))
        #expect(try await lab.spool("wait", "bad").code == 1)
      }
    }

    @Test func aRefusedTaskSaysWhy() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        try lab.write("bad.json", "{\"kind\": \"task\",\n \"name\": \"bad\",\n \"comand\": []\n}\n")
        try await lab.cp("bad.json", as: "bad.json")
        let wait = try await lab.spool("wait", "bad")
        #expect(wait.code == 1, Comment(rawValue: wait.said))
        #expect(wait.errors.contains("refused"))
        #expect(wait.errors.contains("line 3"))
        #expect(wait.errors.contains("did you mean \"command\""))
      }
    }

    /// The request's file need not be named like the task.
    @Test func aRefusedTaskIsFoundByItsName() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        try await lab.drop(task("late", input: ["count": 1], ["true"]), as: "a.json")
        #expect(try await lab.spool("wait", "late").code == 0)
        try await lab.drop(
          task("early", input: ["count": 1], ["true"], ["priority": 11]), as: "b.json")
        let wait = try await lab.spool("wait", "early")
        #expect(wait.code == 1, Comment(rawValue: wait.said))
        #expect(wait.errors.contains("priority"))
      }
    }

    /// A reason of the past must not be taken for the present one.
    @Test func aTaskThatWasRefusedOnceMayBeDroppedAgain() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        for round in 1...3 {
          try lab.write("again.json", "{\"kind\": \"task\", \"name\": \"again\", \"x\": \(round)}")
          try await lab.cp("again.json", as: "again.json")
          try await lab.waitFor("refusal \(round)") {
            lab.names("spool/failed/@refused").filter { $0.hasSuffix(".reason") }.count == round
          }
        }
        let wait = try await lab.spool(
          "submit", "--name", "again", "--count", "3", "--wait", "--", "sleep", "0.2")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
      }
    }

    @Test func theWorstFateDecidesAndAllAreTold() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        for (name, line) in [("good", "true"), ("bad", "false")] {
          try await lab.drop(
            task(name, input: ["count": 1], [line], ["retry": ["attempts": 1]]), as: "\(name).json")
        }
        let wait = try await lab.spool("wait", "nobody.knows", "good", "bad")
        #expect(wait.code == 1, Comment(rawValue: wait.said))
        #expect(wait.errors.contains("no task nobody.knows") && wait.errors.contains("bad failed"))
      }
    }

    @Test func theWatchersEndIsToldToWhoWaits() async throws {
      try await Lab.run { lab in
        let watcher = try lab.start("watch")
        try await lab.drop(task("t", input: ["count": 1], ["true"]), as: "t.json")
        try await lab.waitFor("a job") { !lab.visible("spool/ready-cpu").isEmpty }
        let wait = try lab.start("wait", "t")
        try await lab.waitFor("its progress") { lab.text(wait.errorPath).contains("t: 0/1") }
        try await lab.kill(watcher)
        try await lab.waitFor("the news") {
          lab.text(wait.errorPath).contains("no watcher is alive")
        }
        #expect(wait.code == nil)
      }
    }

    @Test func waitingHasATimeOut() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        #expect(
          try await lab.spool("submit", "--name", "slow", "--count", "1", "--", "sleep", "60").code
            == 0)
        let wait = try await lab.spool("wait", "slow", "--timeout", "300ms")
        #expect(wait.code == 124)
        #expect(wait.errors.contains("300 ms"))
      }
    }

    @Test func interruptedIs130AndGivesBackAtTheSecond() async throws {
      try await Lab.run { lab in
        let up = try lab.start("up")
        #expect(
          try await lab.spool("submit", "--name", "slow", "--count", "1", "--", "sleep", "60").code
            == 0)
        try await lab.waitFor("a running job") {
          lab.names("spool/running").contains { !lab.claims($0).isEmpty }
        }
        up.signal(SIGINT)
        try await lab.waitFor("what it says") { lab.text(up.errorPath).contains("leaving") }
        #expect(up.code == nil)
        up.signal(SIGINT)
        #expect(try await lab.end(of: up, within: 10).code == 130)
        #expect(lab.text(up.errorPath).contains("again"), "how to end at once is told")
      }
    }

    @Test func terminatedIsOrderly() async throws {
      try await Lab.run { lab in
        for verb in ["up", "watch", "pilot"] {
          let program = try lab.start(verb)
          try await lab.waitFor("\(verb) at work") {
            lab.text(program.errorPath).contains(verb == "pilot" ? "cores" : "epoch")
          }
          program.signal(SIGTERM)
          #expect(try await lab.end(of: program).code == 0, "\(verb)")
        }
        #expect(!lab.names("spool/running").contains { !$0.hasSuffix(".json") && $0 != ".gitkeep" })
      }
    }
  }
}

extension Lab {
  /// The jobs that a pilot has claimed.
  func claims(_ pilot: String) -> [String] {
    names("spool/running/\(pilot)").filter { $0.hasPrefix("p") && $0 != "pilot.json" }
      .filter { $0.hasSuffix(".json") }
  }

  /// The jobs that all pilots have claimed.
  var allClaims: [String] { names("spool/running").flatMap(claims) }
}
