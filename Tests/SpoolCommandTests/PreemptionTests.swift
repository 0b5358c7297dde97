import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Pilots in a queue that takes its nodes back every few seconds.
  @Suite(.serialized) struct Preemption {
    /// The jobs are done wholly by pilots that are told to leave after a while: being given back
    /// costs no attempt, of which each job has but one.
    @Test func aTaskOnPreemptedPilots() async throws {
      let jobs = CommandTests.isLong ? 200 : 12
      try await Lab.run { lab in
        _ = try lab.start("watch")
        // Job 0 waits for the end of all others: every pilot that has it gives it back.
        let line = """
          if [ "$1" = 0 ]; then until [ -e "$3" ]; do sleep 0.05; done; else sleep 0.2; fi
          echo "$1" >"$2"
          """
        try await lab.drop(
          task(
            "t", input: ["count": .integer(jobs)],
            ["sh", "-c", line, "sh", "{index}", "{output}", "\(lab.path)/go"],
            [
              "retry": ["attempts": 1, "backoff": "50ms"],
              "outputs": [["path": "out/{index}.txt"]],
            ]), as: "t.json")
        let done = { (try? lab.ledger("t").filter { $0["outcome"]?.string == "ok" }.count) ?? 0 }
        var lives = 0
        while !lab.hasEnded("t") {
          lives += 1
          try #require(lives < 3 * jobs)
          let pilot = try lab.start("pilot", "--cpus", "2", "--memory", "1GB", "--drain", "0s")
          let before = done()
          try await lab.waitFor("some work by pilot \(lives)") {
            done() >= min(before + 3, jobs - 1) && !lab.allClaims.isEmpty
          }
          if done() == jobs - 1 {
            try lab.write("go", "")
            try await lab.waitFor("the end") { lab.hasEnded("t") }
          }
          pilot.signal(SIGTERM)
          let ended = try await lab.end(of: pilot)
          #expect(ended.code == 0, Comment(rawValue: "\(ended.code): \(ended.said)"))
        }
        #expect(lives >= 3)
        let ledger = try lab.ledger("t")
        let returned = ledger.filter { $0["outcome"]?.string == "returned" }
        #expect(returned.count >= 2)
        #expect(returned.allSatisfy { $0["class"]?.string == "returned" })
        #expect(ledger.count - returned.count == jobs)
        #expect(try lab.summary("t")["jobs"]?["done"]?.integer == jobs)
        #expect(lab.text("out/0.txt") == "0\n")
        try await lab.waitFor("the parts to go") { lab.parts("out").isEmpty }
        try await lab.expectClean()
      }
    }

    /// One that never gets the time it needs ends in the end, and says why.
    @Test func givenBackForEver() async throws {
      var config = SpoolConfig.quick
      config.returns = 3
      try await Lab.run(config) { lab in
        _ = try lab.start("watch")
        let line = "echo begun >>'\(lab.path)/lives'; exec sleep 1000"
        try await lab.drop(task("t", input: ["count": 1], ["sh", "-c", line]), as: "t.json")
        for life in 1...3 {
          let pilot = try lab.start("pilot", "--drain", "0s")
          try await lab.waitFor("the payload on pilot \(life)") {
            lab.text("lives") == String(repeating: "begun\n", count: life)
          }
          pilot.signal(SIGTERM)
          #expect(try await lab.end(of: pilot).code == 0)
        }
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        let summary = try lab.summary("t")
        #expect(summary["state"]?.string == "failed")
        #expect(summary["failures"]?["returned"]?.integer == 1)
        let ledger = try lab.ledger("t")
        #expect(ledger.count == 3)
        #expect(ledger.last?["final"]?.bool == true)
        #expect(
          ledger.last?["reason"]?.string?.contains("told to stop") == true, "\(ledger)")
        try await lab.expectClean()
      }
    }
  }
}
