import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Two watchers and a task that runs (R7): whatever becomes of the first, the sum of everything is
  /// that of an undisturbed run.
  @Suite(.serialized) struct TwoWatchers {
    private static let rounds = CommandTests.isLong ? 10 : 2
    private static let jobs = 30

    private static var config: SpoolConfig {
      var config = SpoolConfig.quick
      config.heartbeat = .milliseconds(100)
      config.deadAfter = .milliseconds(1000)
      config.checkpointEvery = 100
      return config
    }

    /// Every third job fails at its first attempt; all of them read and write.
    private static let work = """
      [ "$3" = 1 ] && [ $(("$2" % 3)) = 0 ] && exit 7
      sleep 0.1
      echo "made by $2" >"$1"
      """

    @Test func aStoppedOneIsReplaced() async throws {
      for _ in 0..<Self.rounds {
        try await Lab.run(Self.config) { lab in
          let first = try await Self.begin(lab)
          let second = try lab.start("watch")
          try await Self.someDone(lab)
          first.signal(SIGSTOP)
          try await lab.waitFor("the second's turn") {
            lab.text(second.errorPath).contains("epoch 2")
          }
          try await Self.someDone(lab, more: 5)
          first.signal(SIGCONT)
          // By itself, and it says why.
          let ended = try await lab.end(of: first, within: 20)
          #expect(ended.code == 69)
          #expect(ended.errors.contains("another watcher has taken over (epoch 2"))
          try await Self.expectWhole(lab)
          #expect(second.code == nil)
        }
      }
    }

    @Test func aKilledOneIsReplacedAtOnce() async throws {
      for _ in 0..<Self.rounds {
        var config = Self.config
        // So long that it is certain that nobody waited for it.
        config.deadAfter = .milliseconds(600_000)
        try await Lab.run(config) { lab in
          let first = try await Self.begin(lab)
          let second = try lab.start("watch")
          try await lab.waitFor("the second") {
            lab.text(second.errorPath).contains("standing by")
          }
          try await Self.someDone(lab)
          try await lab.kill(first)
          try await lab.waitFor("the second's turn") {
            lab.text(second.errorPath).contains("epoch 2")
          }
          try await Self.expectWhole(lab)
        }
      }
    }

    /// Two stand by, and one only takes the place of a stopped one.
    @Test func twoStandBy() async throws {
      try await Lab.run(Self.config) { lab in
        let first = try await Self.begin(lab)
        let others = [try lab.start("watch"), try lab.start("watch")]
        try await lab.waitFor("both") {
          others.allSatisfy { lab.text($0.errorPath).contains("standing by") }
        }
        first.signal(SIGSTOP)
        try await Self.someDone(lab)
        try await lab.waitFor("the turn of one") {
          others.contains { lab.text($0.errorPath).contains("epoch 2") }
        }
        try await Self.expectWhole(lab)
        #expect(others.count { lab.text($0.errorPath).contains("watching") } == 1)
        #expect(others.allSatisfy { $0.code == nil })
        first.signal(SIGCONT)
        #expect(try await lab.end(of: first, within: 20).code == 69)
      }
    }

    /// A watcher, two pilots, and a task that runs.
    private static func begin(_ lab: Lab) async throws -> Program {
      let first = try lab.start("watch")
      try await lab.waitFor("the first") { lab.text(first.errorPath).contains("epoch 1") }
      _ = try lab.start("pilot", "--cpus", "1")
      _ = try lab.start("pilot", "--cpus", "1")
      try await lab.drop(
        task(
          "t", input: ["count": .integer(jobs)],
          ["sh", "-c", work, "sh", "{output}", "{index}", "{attempt}"],
          ["outputs": [["path": "out/{index}.txt"]], "stopAfter": .integer(jobs)]), as: "t.json")
      return first
    }

    private static func someDone(_ lab: Lab, more: Int = 3) async throws {
      let before = lab.visible("out").count
      let wanted = min(jobs, before + more)
      try await lab.waitFor("some outputs") { lab.visible("out").count >= wanted }
    }

    private static func checksum(_ text: String) -> String {
      var sum = Adler32()
      Array(text.utf8).withUnsafeBytes { sum.update($0) }
      return sum.hex
    }

    private static func expectWhole(_ lab: Lab) async throws {
      let wait = try await lab.spool("wait", "t", "--timeout", "60s")
      #expect(wait.code == 0, Comment(rawValue: wait.said))
      #expect(try lab.summary("t")["jobs"]?["done"]?.integer == jobs)
      let catalogue = try lab.lines("spool/datasets/t.jsonl")
      #expect(catalogue.count == jobs)
      #expect(Set(catalogue.compactMap { $0["path"]?.string }).count == jobs)
      for index in 0..<jobs {
        let text = lab.text("out/\(index).txt")
        #expect(text == "made by \(index)\n")
        let line = catalogue.first { $0["path"]?.string?.hasSuffix("/\(index).txt") == true }
        #expect(line?["adler32"]?.string == Self.checksum(text))
      }
      let ledger = try lab.ledger("t")
      #expect(ledger.filter { $0["outcome"]?.string == "ok" }.count == jobs)
      let attempts = ledger.map { "\($0["job"]?.string ?? "") \($0["attempt"]?.integer ?? 0)" }
      #expect(Set(attempts).count == attempts.count)
      try await lab.waitFor("the parts to go") { lab.parts("out").isEmpty }
      try await lab.expectClean()
    }
  }
}
