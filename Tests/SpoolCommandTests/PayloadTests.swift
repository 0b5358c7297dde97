import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// What a payload finds, and what becomes of it.
  @Suite(.serialized) struct Payloads {
    private func run(
      _ lab: Lab, _ name: String, _ line: String, _ more: [String: JSON] = [:]
    ) async throws -> Lab.Ended {
      var more = more
      more["retry"] = more["retry"] ?? ["attempts": 1]
      try await lab.drop(
        task(name, input: ["count": 1], ["sh", "-c", line], more), as: "\(name).json")
      return try await lab.spool("wait", name, "--timeout", "60s")
    }

    private func outcome(_ lab: Lab, _ name: String) throws -> JSON {
      try #require(try lab.ledger(name).last)
    }

    @Test func theEnvironmentIsClean() async throws {
      try await Lab.run { lab in
        lab.environment["SECRET"] = "1"
        lab.environment["SPOOL_DIR"] = lab.spool
        lab.environment["SPOOL_TASK"] = "another's"
        _ = try lab.start("up", "--scratch", "scratch")
        let line = """
          n=3; while [ $n -lt 100 ]; do [ -e /proc/$$/fd/$n ] && echo descriptor $n; n=$((n+1)); done
          env | sort; echo stdin $(readlink /proc/$$/fd/0)
          echo pwd $(pwd); echo mask $(grep SigBlk /proc/$$/status)
          touch in-work; touch "$TMPDIR/in-tmp"
          """
        #expect(
          try await run(
            lab, "t", line, ["environment": ["OWN": "own {index}", "MKL_NUM_THREADS": "7"]]
          ).code == 0)
        let said = try await lab.spool("logs", "t").output
        #expect(
          !said.contains("SECRET") && !said.contains("SPOOL_DIR") && !said.contains("another"))
        for variable in ["SPOOL_TASK=t", "SPOOL_JOB=t.00000000", "SPOOL_ATTEMPT=1", "OWN=own 0"] {
          #expect(said.contains(variable + "\n"))
        }
        #expect(said.contains("OMP_NUM_THREADS=1\n") && said.contains("MKL_NUM_THREADS=7\n"))
        #expect(said.contains("stdin /dev/null"))
        #expect(!said.contains("descriptor "), Comment(rawValue: said))
        #expect(said.contains("0000000000000000"), "no signal is blocked")
        let scratch = "\(lab.path)/scratch/"
        #expect(said.contains("TMPDIR=\(scratch)") && said.contains("pwd \(scratch)"))
        try await lab.waitFor("its scratch to be empty") {
          lab.names("scratch").allSatisfy { lab.names("scratch/\($0)/slot0/work").isEmpty }
        }
      }
    }

    /// As root and as an ordinary user: root may remove what users may not.
    @Test(arguments: [false, true]) func scratchIsRemovedWithThePilot(
      isOrdinary: Bool
    ) async throws {
      try await Lab.run { lab in
        if isOrdinary { try lab.becomeOrdinary() }
        let line = "mkdir -p a/b; touch a/b/c; chmod 500 a/b a; ln -s / link"
        try await lab.drop(task("t", input: ["count": 3], ["sh", "-c", line]), as: "t.json")
        let up = try await lab.spool("up", "--exit-when-idle", "--scratch", "scratch")
        #expect(up.code == 0, Comment(rawValue: up.said))
        #expect(!up.errors.contains("not used again"))
        #expect(lab.names("scratch").isEmpty)
        #expect(lab.names("tmp").isEmpty)
      }
    }

    /// A program that clears temporary files removes the scratch directory of a pilot that is idle.
    @Test func scratchThatWasRemovedIsMadeAgain() async throws {
      try await Lab.run { lab in
        let up = try lab.start("up", "--cpus", "2", "--scratch", "scratch")
        #expect(try await run(lab, "before", "touch f").code == 0)
        #expect(try await lab.shell("rm -r scratch/spool-*").code == 0)
        for name in ["a", "b", "c", "d"] {
          #expect(try await run(lab, name, "touch f; pwd").code == 0)
        }
        #expect(lab.text(up.errorPath).contains("made anew"))
        #expect(!lab.text(up.errorPath).contains("quarantine"))
      }
    }

    /// The last result is not left to the next watcher.
    @Test(arguments: 1...3) func theLastResultCounts(round: Int) async throws {
      try await Lab.run { lab in
        let up = try lab.start("up", "--poll", "--drain", "20s")
        try await lab.drop(
          task(
            "t", input: ["count": 1],
            ["sh", "-c", "kill -TERM $PPID; echo x >\"$1\"", "sh", "{output}"],
            ["outputs": [["path": "out/{index}"]]]), as: "t.json")
        #expect(try await lab.end(of: up).code == 0)
        #expect(lab.isThere("spool/done/t.json"), Comment(rawValue: lab.text(up.errorPath)))
        #expect(lab.text("out/0") == "x\n")
      }
    }

    @Test func scratchOfAKilledPilotIsRemovedByTheNext() async throws {
      try await Lab.run { lab in
        let scratch = { lab.names("scratch").filter { $0.hasPrefix("spool-") } }
        _ = try lab.start("watch")
        let alive = try lab.start("pilot", "--scratch", "scratch")
        try await lab.waitFor("scratch") { scratch().count == 1 }
        let kept = scratch()
        let killed = try lab.start("pilot", "--scratch", "scratch")
        try await lab.waitFor("its name") { lab.text(killed.errorPath).contains("cores") }
        try await lab.kill(killed)
        #expect(scratch().count == 2)
        let next = try lab.start("pilot", "--scratch", "scratch")
        try await lab.waitFor("its name") { lab.text(next.errorPath).contains("cores") }
        #expect(scratch().count == 2)
        #expect(scratch().contains(kept[0]), "a living pilot's scratch stays")
        #expect(alive.code == nil)
      }
    }

    @Test func exitCodesAndSignalsAreRecorded() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        #expect(try await run(lab, "code", "exit 7").code == 1)
        #expect(try outcome(lab, "code")["outcome"]?.string == "exit7")
        #expect(try outcome(lab, "code")["exit"]?.integer == 7)
        #expect(try await run(lab, "term", "kill -TERM $$").code == 1)
        #expect(try outcome(lab, "term")["outcome"]?.string == "signal15")
        #expect(try outcome(lab, "term")["signal"]?.integer == 15)
        #expect(try await run(lab, "none", "exec /no/such/program").code == 1)
        #expect(try outcome(lab, "none")["outcome"]?.string == "exit127")
        #expect(lab.names("spool/failed/code").contains { $0.hasSuffix(".exit7.json") })
      }
    }

    @Test func limitsHoldForAllProcessesOfAPayload() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        let mark = "LIMIT_MARK=\(lab.path)"
        let marked: JSON = ["LIMIT_MARK": .string(lab.path)]
        let wall = try await run(
          lab, "wall", "trap '' TERM; (setsid sleep 1000 &); sleep 1000; sleep 1000",
          ["resources": ["wall": "1s", "memory": "50MB"], "environment": marked])
        #expect(wall.code == 1)
        #expect(try outcome(lab, "wall")["outcome"]?.string == "wall")
        #expect(try outcome(lab, "wall")["reason"]?.string?.contains("1.0 s") == true)
        #expect(lab.processes(marked: mark).isEmpty)

        // Two children, each below the limit, both together above.
        let eat = "(head -c 60000000 /dev/zero; sleep 1000) | tail -n 1"
        let memory = try await run(
          lab, "memory", "\(eat) & \(eat)",
          ["resources": ["wall": "20s", "memory": "100MB"], "environment": marked])
        #expect(memory.code == 1)
        #expect(try outcome(lab, "memory")["outcome"]?.string == "memory")
        #expect(lab.processes(marked: mark).isEmpty)
      }
    }

    @Test func aSecondSignalGivesBackAtOnce() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let first = try lab.start("pilot", "--cpus", "2")
        let mark = "BACK_MARK=\(lab.path)"
        let line =
          "printf half >\"$1\"; until [ -e \"$2\" ]; do sleep 0.05; done; echo whole >\"$1\""
        try await lab.drop(
          task(
            "t", input: ["count": 2], ["sh", "-c", line, "sh", "{output}", "\(lab.path)/go"],
            [
              "outputs": [["path": "out/{index}.txt"]], "retry": ["attempts": 1],
              "environment": ["BACK_MARK": .string(lab.path)],
            ]), as: "t.json")
        try await lab.waitFor("payloads at work") { lab.parts("out").count == 2 }
        first.signal(SIGTERM)
        try await lab.waitFor("what it says") { lab.text(first.errorPath).contains("leaving") }
        first.signal(SIGTERM)
        #expect(try await lab.end(of: first, within: 10).code == 0)
        #expect(lab.processes(marked: mark).isEmpty)
        #expect(lab.parts("out").isEmpty)
        _ = try lab.start("pilot", "--cpus", "2")
        try lab.write("go", "")
        let wait = try await lab.spool("wait", "t", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        let ledger = try lab.ledger("t")
        #expect(ledger.filter { $0["outcome"]?.string == "returned" }.count == 2)
        #expect(ledger.filter { $0["outcome"]?.string == "ok" }.count == 2)
        for index in 0..<2 { #expect(lab.text("out/\(index).txt") == "whole\n") }
        try await lab.expectClean()
      }
    }

    @Test func aFirstSignalLetsJobsEnd() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let pilot = try lab.start("pilot", "--cpus", "1")
        try await lab.drop(
          task(
            "t", input: ["count": 2],
            [
              "sh", "-c", "touch \"$1/at-work\"; until [ -e \"$1/go\" ]; do sleep 0.05; done", "sh",
              .path(lab),
            ]),
          as: "t.json")
        try await lab.waitFor("a payload at work") { lab.isThere("at-work") }
        pilot.signal(SIGTERM)
        try await lab.waitFor("what it says") { lab.text(pilot.errorPath).contains("leaving") }
        try lab.write("go", "")
        #expect(try await lab.end(of: pilot).code == 0)
        try await lab.waitFor("the result") { try lab.ledger("t").count == 1 }
        #expect(try lab.ledger("t")[0]["outcome"]?.string == "ok")
        #expect(lab.visible("spool/ready-cpu").count == 1)
      }
    }
  }
}

extension String {
  fileprivate static func path(_ lab: Lab) -> String { lab.path }
}
