import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Nodes and data that are bad, beside good ones.
  @Suite(.serialized) struct BadNodes {
    private static let good = "#!/bin/sh\nsleep 0.1\ncp \"$1\" \"$2\"\n"

    /// A pilot whose PATH finds `convert` in a directory of its own.
    private func pilot(_ lab: Lab, _ directory: String, _ script: String) throws -> Program {
      try lab.write("\(directory)/convert", script, mode: 0o755)
      let usual = lab.environment["PATH"]
      lab.environment["PATH"] = "\(lab.path)/\(directory):/usr/bin:/bin"
      defer { lab.environment["PATH"] = usual }
      return try lab.start("pilot", "--cpus", "1", "--memory", "1GB")
    }

    private func drop(_ lab: Lab, _ name: String, inputs: Int, _ more: [String: JSON]) async throws
    {
      let files = (0..<inputs).map { "\(name)\($0).raw" }
      try lab.makeInputs(files)
      var members: [String: JSON] = [
        "outputs": [["path": "out/{stem}.txt"]], "retry": ["attempts": 3, "backoff": "2s"],
      ]
      for (key, value) in more { members[key] = value }
      try await lab.drop(
        task(
          name, input: ["files": .array(files.map { .string("raw/" + $0) })],
          ["convert", "{input}", "{output}"], members), as: "\(name).json")
    }

    /// The good one does the work; the other is set aside after some jobs, is named, and comes back
    /// when it is mended.
    @Test func aBadNodeBesideAGoodOne() async throws {
      let jobs = CommandTests.isLong ? 400 : 60
      try await Lab.run { lab in
        let watcher = try lab.start("watch")
        let good = try pilot(lab, "goodbin", Self.good)
        let bad = try pilot(lab, "badbin", "#!/bin/sh\necho no library >&2\nexit 1\n")
        try await lab.waitFor("two pilots") { lab.visible("spool/running").count == 2 }
        try await lab.waitFor("its name") { lab.pilotName(of: bad) != nil }
        let name = try #require(lab.pilotName(of: bad))
        try await drop(lab, "t", inputs: jobs, [:])
        try await lab.waitFor("quarantine") {
          lab.text("spool/STATUS").contains("QUARANTINED") && !lab.hasEnded("t")
        }
        let status = lab.text("spool/STATUS").split(separator: "\n")
        let line = status.first { $0.contains("failed here in a row") }
        #expect(line?.contains(name) == true, Comment(rawValue: lab.text("spool/STATUS")))
        #expect(lab.text(watcher.errorPath).contains("pilot \(name) is quarantined"))
        try await lab.waitFor("the end", within: 120) { lab.hasEnded("t") }
        #expect(try lab.summary("t")["jobs"]?["done"]?.integer == jobs)
        let failed = try lab.ledger("t").filter { $0["outcome"]?.string != "ok" }
        #expect(failed.allSatisfy { $0["pilot"]?.string == name })
        #expect((3...45).contains(failed.count), "\(failed.count)")
        #expect(bad.code == nil && good.code == nil)
        #expect(try await lab.spool("pilots").output.contains("quarantined"))

        try lab.write("badbin/convert", Self.good, mode: 0o755)
        let release = try await lab.spool("pilots", "release", name)
        #expect(release.code == 0 && release.output.contains("works again"))
        try await lab.waitFor("its notice") {
          lab.text(bad.errorPath).contains("released from quarantine")
        }
        try await drop(lab, "u", inputs: 20, [:])
        try await lab.waitFor("the end of the second") { lab.hasEnded("u") }
        #expect(try lab.ledger("u").contains { $0["pilot"]?.string == name })
        #expect(try lab.summary("u")["jobs"]?["done"]?.integer == 20)
        #expect(!lab.isThere("spool/running/\(name)/quarantine"))
        try await lab.waitFor("the parts to go") { lab.parts("out").isEmpty }
        try await lab.expectClean()
      }
    }

    /// One file that no pilot can convert: it alone fails, and nobody is to blame.
    @Test func aBadFileBesideGoodOnes() async throws {
      try await Lab.run { lab in
        let watcher = try lab.start("watch")
        let script = "#!/bin/sh\ngrep -q t7.raw \"$1\" && exit 3\nexec cp \"$1\" \"$2\"\n"
        _ = try pilot(lab, "onebin", script)
        _ = try pilot(lab, "twobin", script)
        try await lab.waitFor("two pilots") { lab.visible("spool/running").count == 2 }
        try await drop(
          lab, "t", inputs: 60, ["retry": ["attempts": 3, "backoff": "50ms"], "maxFailedJobs": 1])
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        let summary = try lab.summary("t")
        #expect(summary["state"]?.string == "done")
        #expect(summary["jobs"]?["done"]?.integer == 59)
        #expect(summary["failedJobs"]?.array == ["t.00000007"])
        #expect(summary["failures"]?["exit3"]?.integer == 1)
        #expect(!lab.text(watcher.errorPath).contains("quarantined"))
        #expect(!lab.text("spool/STATUS").contains("QUARANTINED"))
        try await lab.expectClean()
      }
    }
  }
}

extension Lab {
  /// A pilot's name, as it says it when it begins: the time, `pilot:`, the name and a colon.
  func pilotName(of program: Program) -> String? {
    for line in text(program.errorPath).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count > 2, words[1] == "pilot:" { return String(words[2].dropLast()) }
    }
    return nil
  }
}
