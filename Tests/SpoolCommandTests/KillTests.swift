import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// kill -9, at any time.
  @Suite(.serialized) struct Kill {
    /// Writes its output in two halves, the second only when it may go on; its children sleep.
    private static let slowly = """
      printf half >"$1"; sleep 1000 & (sleep 1000; true) &
      until [ -e "$2" ]; do sleep 0.05; done
      printf ' whole' >>"$1"
      """

    @Test func aKilledPilotsJobsRunElsewhere() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let first = try lab.start("pilot", "--cpus", "2")
        let mark = "SLOW_MARK=\(lab.path)"
        try await lab.drop(
          task(
            "slow", input: ["count": 4],
            ["sh", "-c", Self.slowly, "sh", "{output}", "\(lab.path)/go"],
            [
              "outputs": [["path": "out/{index}.txt"]],
              "environment": ["SLOW_MARK": .string(lab.path)],
            ]), as: "slow.json")
        try await lab.waitFor("two half-written outputs") {
          lab.parts("out").count == 2
            && lab.parts("out").allSatisfy { lab.text("out/\($0)") == "half" }
        }
        #expect(lab.processes(marked: mark).count >= 4)
        #expect(lab.visible("out").isEmpty)
        try await lab.kill(first)
        try await lab.waitFor("the end of its payloads") { lab.processes(marked: mark).isEmpty }

        let second = try lab.start("pilot", "--cpus", "2")
        try await lab.waitFor("the jobs on the second") { lab.allClaims.count == 2 }
        #expect(lab.visible("out").isEmpty)
        try lab.write("go", "")
        let wait = try await lab.spool("wait", "slow", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        for index in 0..<4 { #expect(lab.text("out/\(index).txt") == "half whole") }
        let ledger = try lab.ledger("slow")
        #expect(ledger.filter { $0["outcome"]?.string == "ok" }.count == 4)
        #expect(ledger.filter { $0["outcome"]?.string == "lost" }.count == 2)
        #expect(
          Set(ledger.map { "\($0["job"]?.string ?? "") \($0["attempt"]?.integer ?? 0)" }).count == 6
        )
        #expect(try lab.catalogue("slow").count == 4)
        try await lab.waitFor("the parts to go") { lab.parts("out").isEmpty }
        #expect(lab.processes(marked: mark).isEmpty)
        #expect(second.code == nil)
        try await lab.expectClean()
      }
    }

    /// A pilot that stands still for long is given up; when it goes on, it begins anew, and what it
    /// held counts once.
    @Test func aStoppedPilotIsGivenUpAndComesBack() async throws {
      var config = SpoolConfig.quick
      config.heartbeat = .milliseconds(200)
      config.deadAfter = .milliseconds(1500)
      try await Lab.run(config) { lab in
        _ = try lab.start("watch")
        let first = try lab.start("pilot", "--cpus", "1")
        try await lab.drop(
          task(
            "slow", input: ["count": 1],
            ["sh", "-c", Self.slowly, "sh", "{output}", "\(lab.path)/go"],
            [
              "outputs": [["path": "out/{index}.txt"]],
              "environment": ["SLOW_MARK": .string(lab.path)],
            ]), as: "slow.json")
        try await lab.waitFor("a half-written output") { lab.parts("out").count == 1 }
        first.signal(SIGSTOP)
        try await lab.waitFor("its burial") { lab.allClaims.isEmpty }
        let second = try lab.start("pilot", "--cpus", "1")
        try await lab.waitFor("the job on the second") { lab.allClaims.count == 1 }
        first.signal(SIGCONT)
        try await lab.waitFor("a new registration") {
          lab.text(first.errorPath).contains("registering anew")
        }
        try lab.write("go", "")
        let wait = try await lab.spool("wait", "slow", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(lab.text("out/0.txt") == "half whole")
        #expect(try lab.ledger("slow").filter { $0["outcome"]?.string == "ok" }.count == 1)
        try await lab.waitFor("the parts to go") { lab.parts("out").isEmpty }
        // The first runs jobs again, under its new name.
        second.signal(SIGTERM)
        #expect(try await lab.end(of: second).code == 0)
        try await lab.drop(task("next", input: ["count": 1], ["true"]), as: "next.json")
        #expect(try await lab.spool("wait", "next", "--timeout", "30s").code == 0)
        try await lab.waitFor("no payload") {
          lab.processes(marked: "SLOW_MARK=\(lab.path)").isEmpty
        }
      }
    }

    @Test func aKilledWatcherLosesNothing() async throws {
      let rounds = CommandTests.isLong ? 20 : 5
      let perRound = 8
      try await Lab.run { lab in
        _ = try lab.start("pilot", "--cpus", "2")
        var watcher = try lab.start("watch")
        try await lab.drop(
          task(
            "t", input: "raw", ["cp", "{input}", "{output}"],
            ["outputs": [["path": "out/{stem}.txt", "dataset": "copies"]]]), as: "t.json")
        var random = SystemRandomNumberGenerator()
        for round in 0..<rounds {
          let names = (0..<perRound).map { "f\(round)-\($0).raw" }
          try lab.makeInputs(names)
          let last = Int.random(in: 0..<perRound, using: &random)
          for (index, name) in names.enumerated() {
            let isLast = round == rounds - 1 && name == names.last
            try await lab.drop(
              manifest("raw", ["raw/" + name], closed: isLast), as: "raw.\(name).json")
            guard index == last else { continue }
            // At a moment of its work: so many files have come, gone or changed since.
            for _ in 0..<Int.random(in: 0..<40, using: &random) { await lab.bell.next() }
            try await lab.kill(watcher)
            watcher = try lab.start("watch")
          }
        }
        let wait = try await lab.spool("wait", "t", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        let expected = (0..<rounds).flatMap { round in
          (0..<perRound).map { "\(lab.path)/out/f\(round)-\($0).txt" }
        }.sorted()
        #expect(try lab.catalogue("copies").sorted() == expected)
        #expect(try lab.catalogue("raw").count == expected.count)
        #expect(lab.visible("out").count == expected.count)
        let ok = try lab.ledger("t").filter { $0["outcome"]?.string == "ok" }
        #expect(ok.count == expected.count)
        try await lab.waitFor("the parts to go") { lab.parts("out").isEmpty }
        try await lab.expectClean()
      }
    }

    @Test func aSecondWatcherStandsBy() async throws {
      try await Lab.run { lab in
        let first = try lab.start("watch")
        try await lab.waitFor("the first") { lab.text(first.errorPath).contains("epoch 1") }
        let second = try lab.start("watch")
        try await lab.waitFor("the second") { lab.text(second.errorPath).contains("standing by") }
        try await lab.kill(first)
        try await lab.waitFor("its turn") { lab.text(second.errorPath).contains("epoch 2") }
        _ = try lab.start("pilot")
        try await lab.drop(task("t", input: ["count": 1], ["true"]), as: "t.json")
        #expect(try await lab.spool("wait", "t").code == 0)
      }
    }
  }
}
