import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Two pilots of two slots, and more jobs than fit into ready.
  @Suite(.serialized) struct ManyJobs {
    @Test(arguments: [[], ["--poll"]]) func noneTwiceAndNoneMissing(_ flags: [String]) async throws
    {
      let count = CommandTests.isLong ? 2000 : 300
      try await Lab.run { lab in
        let spool = Lab.products + "/spool"
        _ = try lab.launch([spool, "watch"] + flags)
        for _ in 0..<2 { _ = try lab.launch([spool, "pilot", "--cpus", "2"] + flags) }
        try lab.makeDirectory("ran")
        // A file that must not be there yet: a job that runs twice fails.
        let line = "set -C; echo $SPOOL_PILOT >\"$1\""
        try await lab.drop(
          task(
            "many", input: ["count": .integer(count)],
            ["sh", "-c", line, "sh", "\(lab.path)/ran/{index}"], ["retry": ["attempts": 1]]),
          as: "many.json")
        let wait = try await lab.spool("wait", "many", "--timeout", "10m")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(lab.names("ran").count == count)
        let ledger = try lab.ledger("many")
        #expect(ledger.count == count)
        #expect(ledger.allSatisfy { $0["outcome"]?.string == "ok" })
        #expect(Set(ledger.compactMap { $0["job"]?.string }).count == count)
        #expect(Set(ledger.compactMap { $0["pilot"]?.string }).count == 2, "both have worked")
        #expect(lab.visible("spool/ready-cpu").isEmpty && lab.allClaims.isEmpty)
        try await lab.expectClean()
      }
    }
  }
}
