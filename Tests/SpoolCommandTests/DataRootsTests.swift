import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// Outputs lie in the data roots of `spool.json`, or nowhere.
  @Suite(.serialized) struct Roots {
    private static func config(_ roots: String...) -> SpoolConfig {
      var config = SpoolConfig.quick
      config.dataRoots = roots
      return config
    }

    private static let write = ["sh", "-c", #"echo x >"$1""#, "sh", "{output}"]

    @Test func aTaskOutsideIsRefused() async throws {
      try await Lab.run(Self.config("good", "/data/other")) { lab in
        _ = try lab.start("watch")
        let words = "is in none of this spool's data roots: \(lab.path)/good, /data/other"
        try await lab.drop(
          task(
            "bad", input: ["count": 1], Self.write,
            ["outputs": [["path": "goodness/{index}.txt"]]]), as: "bad.json")
        try await lab.waitFor("the refusal") {
          lab.text("spool/failed/@refused/bad.json.reason").contains(
            "the output \(lab.path)/goodness/{index}.txt \(words)")
        }
        let submitted = try await lab.spool(
          "submit", "--name", "t", "--count", "1", "--output", "elsewhere/{index}", "--", "true",
          "{output}")
        #expect(submitted.code == 64)
        #expect(submitted.errors.contains(words), Comment(rawValue: submitted.errors))
      }
    }

    /// A link that leads out of the roots is found before anything gets its final name.
    @Test func aLinkThatLeadsOut() async throws {
      try await Lab.run(Self.config("good")) { lab in
        for name in ["good", "outside", "good/inside"] { try lab.makeDirectory(name) }
        try #require(symlink("../outside", lab.absolute("good/link")) == 0)
        try #require(symlink("inside", lab.absolute("good/same")) == 0)
        _ = try lab.start("watch")
        _ = try lab.start("pilot")
        for (name, directory) in [("out", "link"), ("in", "same")] {
          try await lab.drop(
            task(
              name, input: ["count": 1], Self.write,
              ["outputs": [["path": .string("good/\(directory)/{index}.txt")]]]),
            as: "\(name).json")
        }
        #expect(try await lab.spool("wait", "in", "--timeout", "30s").code == 0)
        #expect(lab.text("good/inside/0.txt") == "x\n")
        #expect(try await lab.spool("wait", "out", "--timeout", "30s").code == 1)
        let attempt = try #require(try lab.ledger("out").first)
        #expect(attempt["cause"]?.string == "refused" || attempt["outcome"]?.string == "refused")
        let reason = attempt["reason"]?.string ?? ""
        #expect(reason.contains("good/link leads to \(lab.path)/outside"), "\(reason)")
        try await lab.waitFor("the parts to go") { lab.names("outside").isEmpty }
        #expect(try lab.ledger("out").count == 1)
      }
    }

    /// The roots were narrowed after a task was accepted: its further jobs are not formed.
    @Test func narrowedRoots() async throws {
      try await Lab.run(Self.config("good", "old")) { lab in
        try lab.makeInputs(["a", "b"])
        let first = try lab.start("watch")
        _ = try lab.start("pilot")
        try await lab.drop(
          task(
            "t", input: "raw", ["cp", "{input}", "{output}"],
            ["outputs": [["path": "old/{stem}"]]]), as: "t.json")
        try await lab.drop(manifest("raw", ["raw/a"]), as: "1.json")
        try await lab.waitFor("the first job") { lab.isThere("old/a") }
        first.signal(SIGTERM)
        #expect(try await lab.end(of: first).code == 0)
        try lab.write("spool/spool.json", Self.config("good").json)
        _ = try lab.start("watch")
        try await lab.drop(manifest("raw", ["raw/b"], closed: true), as: "2.json")
        #expect(try await lab.spool("wait", "t", "--timeout", "30s").code == 1)
        #expect(lab.visible("old") == ["a"])
        let last = try #require(try lab.ledger("t").last)
        #expect(last["reason"]?.string?.contains("in none of this spool's data roots") == true)
      }
    }
  }
}
