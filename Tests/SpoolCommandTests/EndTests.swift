import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Payloads that are warned of their end, and go on later.
  @Suite(.serialized) struct Ends {
    /// Counts in its checkpoint, which it writes when it is told to; done at the third beginning.
    private static let counting = """
      state=0; if [ -e state.bin ]; then state=$(cat state.bin); fi
      echo "$SPOOL_RESUMED $state $(($SPOOL_ENDS - $(date +%s)))" >>"$2"
      if [ "$state" -ge 2 ]; then echo "$state" >"$1"; exit 0; fi
      trap 'echo $((state + 1)) >state.bin; exit 85' USR1
      while :; do sleep 1000 & wait $!; done
      """

    private static func counter(_ lab: Lab, _ more: [String: JSON]) -> JSON {
      let own: [String: JSON] = [
        "outputs": [["path": "out/{index}.txt"]], "retry": ["attempts": 1],
        "checkpoint": ["file": "state.bin"],
      ]
      return task(
        "t", input: ["count": 1],
        ["sh", "-c", counting, "sh", "{output}", "\(lab.path)/begun"],
        own.merging(more) { $1 })
    }

    private func begun(_ lab: Lab) -> [[Int]] {
      lab.text("begun").split(separator: "\n").map {
        $0.split(separator: " ").compactMap { Int($0) }
      }
    }

    /// Pilots that are told to leave let their payload write its checkpoint; the next one goes on.
    @Test func pilotsThatLeave() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try await lab.drop(
          Self.counter(
            lab, ["stop": ["signal": "USR1", "grace": "60s"], "resources": ["wall": "10m"]]),
          as: "t.json")
        for life in 1...2 {
          let pilot = try lab.start("pilot", "--drain", "0s")
          try await lab.waitFor("the payload of pilot \(life)") { begun(lab).count == life }
          // The shell has set its trap when it sleeps.
          try await lab.waitFor("its sleep") {
            lab.processes(marked: "SPOOL_RESUMED=\(life - 1)").count >= 2
          }
          pilot.signal(SIGTERM)
          #expect(try await lab.end(of: pilot).code == 0)
        }
        _ = try lab.start("pilot")
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        #expect(begun(lab).map { Array($0.prefix(2)) } == [[0, 0], [1, 1], [2, 2]])
        #expect(begun(lab).allSatisfy { $0.count == 3 && (590...600).contains($0[2]) })
        #expect(
          try lab.ledger("t").map { $0["outcome"]?.string } == ["unfinished", "unfinished", "ok"])
        #expect(lab.text("out/0.txt") == "2\n")
        try await lab.waitFor("the checkpoints to go") { lab.names("spool/checkpoints").isEmpty }
        try await lab.expectClean()
      }
    }

    /// The example: pilots come and go, and the sum is right.
    @Test func theExample() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let script = "\(Lab.package)/examples/going-on/sum.sh"
        let submitted = try await lab.spool(
          "submit", "--name", "squares", "--count", "1", "--wall", "10m", "--memory", "50MB",
          "--output", "squares/{index}.txt", "--stop-signal", "USR1", "--stop-before", "1m",
          "--stop-grace", "30s", "--checkpoint", "state", "--", "sh", script, "{output}", "50")
        #expect(submitted.code == 0, Comment(rawValue: submitted.said))
        for life in 1...2 {
          let pilot = try lab.start("pilot", "--drain", "0s")
          let mark = "SPOOL_RESUMED=\(life - 1)"
          // It has set its trap when it sleeps.
          try await lab.waitFor("its sleep") { lab.processes(marked: mark).count >= 2 }
          pilot.signal(SIGTERM)
          #expect(try await lab.end(of: pilot).code == 0)
        }
        _ = try lab.start("pilot")
        try await lab.waitFor("the end") { lab.hasEnded("squares") }
        #expect(lab.text("squares/0.txt") == "\(50 * 51 * 101 / 6)\n")
        let outcomes = try lab.ledger("squares").map { $0["outcome"]?.string }
        #expect(outcomes == ["unfinished", "unfinished", "ok"])
        try await lab.waitFor("the checkpoints to go") { lab.names("spool/checkpoints").isEmpty }
        try await lab.expectClean()
      }
    }

    /// The signal comes before the wall time ends: long work is done in short jobs.
    @Test func beforeTheWallTimeEnds() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        _ = try lab.start("pilot")
        try await lab.drop(
          Self.counter(
            lab, ["stop": ["signal": "SIGUSR1", "before": "59s"], "resources": ["wall": "1m"]]),
          as: "t.json")
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        #expect(begun(lab).map { Array($0.prefix(2)) } == [[0, 0], [1, 1], [2, 2]])
        #expect(try lab.summary("t")["state"]?.string == "done")
        try await lab.waitFor("the checkpoints to go") { lab.names("spool/checkpoints").isEmpty }
        try await lab.expectClean()
      }
    }

    /// The life of a pilot ends before the wall time would: payloads are told of that.
    @Test func theLifeOfAPilot() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let pilot = try lab.start("pilot", "--lifetime", "100s")
        try await lab.drop(
          task(
            "t", input: ["count": 1], ["sh", "-c", "echo $(($SPOOL_ENDS - $(date +%s)))"],
            ["resources": ["wall": "50s"]]), as: "t.json")
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        let log = try await lab.spool("logs", "t.00000000").said
        #expect((45...50).contains { log.contains("\n\($0)\n") }, Comment(rawValue: log))
        pilot.signal(SIGTERM)
        #expect(try await lab.end(of: pilot).code == 0)
      }
    }

    /// A pilot that leaves waits for the grace; a second signal does not.
    @Test func aSecondSignalHurries() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let pilot = try lab.start("pilot", "--drain", "0s")
        let line =
          "trap 'echo told >>\"$1\"' USR1; trap '' TERM; while :; do sleep 1000 & wait $!; done"
        try await lab.drop(
          task(
            "t", input: ["count": 1], ["sh", "-c", line, "sh", "\(lab.path)/told"],
            ["stop": ["signal": "USR1", "grace": "1h"], "resources": ["wall": "2h"]]), as: "t.json")
        try await lab.waitFor("its sleep") {
          lab.processes(marked: "SPOOL_TASK=t").count >= 2
        }
        pilot.signal(SIGTERM)
        try await lab.waitFor("the signal") { lab.text("told") == "told\n" }
        #expect(pilot.code == nil)
        pilot.signal(SIGTERM)
        #expect(try await lab.end(of: pilot, within: 20).code == 0)
        #expect(lab.text("told") == "told\n")
        try await lab.waitFor("the return") { try lab.ledger("t").count == 1 }
        #expect(try lab.ledger("t").first?["outcome"]?.string == "returned")
        #expect(try await lab.spool("cancel", "t").code == 0)
      }
    }

    /// The options of `spool submit` mean the same as the keys, and change a file's.
    @Test func options() async throws {
      try await Lab.run { lab in
        let flags = ["--stop-signal", "USR1", "--stop-before", "5m", "--stop-grace", "30s"]
        let submit = [Lab.products + "/spool", "submit", "--name", "t", "--count", "1"]
        let first = try await lab.end(
          of: lab.launch(submit + ["--dry-run", "--checkpoint", "s"] + flags + ["--", "true"]))
        #expect(first.code == 0, Comment(rawValue: first.said))
        let text = first.output.drop { $0 != "{" }
        let job = try JSON.parse(Array(text.utf8))
        #expect(job["stop"] == ["signal": "USR1", "before": 300, "grace": 30])
        #expect(job["checkpoint"]?["file"] == "s")
        // It is looked for in the scratch directory: so the command runs there.
        #expect(job["directory"] == nil)
        let chain: JSON = [
          "kind": "chain", "name": "c", "input": ["count": 1], "stop": ["grace": "9s"],
          "steps": [["name": "a", "command": ["true"]]],
        ]
        try lab.write("c.json", chain)
        let second = try await lab.spool("submit", "--dry-run", "c.json", "--stop-signal", "HUP")
        let step = try JSON.parse(Array(second.output.drop { $0 != "{" }.utf8))
        #expect(step["stop"] == ["signal": "HUP", "grace": 9])
        for (flag, value) in [
          ("--stop-signal", "KILL"), ("--stop-before", "soon"), ("--stop-grace", "5"),
        ] {
          let bad = try await lab.end(of: lab.launch(submit + [flag, value, "--", "true"]))
          #expect(bad.code == 64 && bad.said.contains("\(flag): expected"))
        }
      }
    }
  }
}
