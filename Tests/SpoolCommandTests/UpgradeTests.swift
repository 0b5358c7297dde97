import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

extension CommandTests {
  /// Spools that programs of earlier versions wrote, `Fixtures/*.txt`: of `sealed` the journal has
  /// seals, of `ranked` jobs have them as well, and names a rank; of `placed` the journal's segments have
  /// format 3; `single` is of 0.2.0, the last that knew no lanes. In each three jobs of `work` are done
  /// and one of `bad` has failed; three of `rest` lie in ready.
  @Suite struct Upgrades {
    static let earlier = ["sealed", "ranked", "placed", "single"]

    /// The format that a spool had.
    private static func format(of name: String) -> Int { name == "single" ? 2 : 1 }

    /// Makes the lab's spool one that an earlier program wrote.
    private static func plant(_ name: String, _ lab: Lab) throws {
      let path = Lab.package + "/Tests/SpoolCommandTests/Fixtures/\(name).txt"
      let files = try #require(
        RecordedRun.decode(try PosixFileSystem().read(path, limit: 1 << 20)))
      for file in files {
        try lab.write("spool/\(file.path)", String(decoding: file.bytes, as: UTF8.self))
      }
      #expect(lab.text("spool/spool.json").contains("\"format\": \(format(of: name)),"))
    }

    /// Lets watcher and pilot do what is left, and returns what they said.
    @discardableResult
    private static func expectTheWork(_ lab: Lab) async throws -> String {
      let ended = try await lab.spool("up", "--cpus", "1", "--exit-when-idle")
      #expect(ended.code == 0, Comment(rawValue: ended.said))
      #expect(try lab.summary("rest")["jobs"]?["done"]?.integer == 3)
      #expect(try lab.summary("work")["jobs"]?["done"]?.integer == 3)
      #expect(try lab.summary("bad")["jobs"]?["failed"]?.integer == 1)
      #expect(try lab.ledger("work").count == 3)
      try await lab.expectClean()
      return ended.errors
    }

    @Test(arguments: earlier) func aWatcherTakesItOverAndSaysSo(_ name: String) async throws {
      try await Lab.run(nil) { lab in
        try Self.plant(name, lab)
        let said = try await Self.expectTheWork(lab)
        #expect(
          said.contains("the spool had format \(Self.format(of: name)), and has format 3 now"))
        #expect(said.contains("programs before 0.3.0 refuse"))
        #expect(lab.text("spool/spool.json").contains("\"format\": 3,"))
        #expect(try await !lab.spool("up", "--exit-when-idle").errors.contains("format"))
      }
    }

    @Test(arguments: earlier) func theVerbUpgradesIt(_ name: String) async throws {
      try await Lab.run(nil) { lab in
        try Self.plant(name, lab)
        let before = lab.text("spool/spool.json")
        let trial = try await lab.spool("upgrade", "--dry-run")
        #expect(trial.code == 0, Comment(rawValue: trial.said))
        #expect(
          trial.output.contains("has format \(Self.format(of: name)), and its journal reads well"))
        #expect(lab.text("spool/spool.json") == before)
        let segments = lab.names("spool/journal")
        let done = try await lab.spool("upgrade")
        #expect(done.code == 0, Comment(rawValue: done.said))
        #expect(
          done.output.contains(
            "the spool had format \(Self.format(of: name)), and has format 3 now"))
        #expect(
          lab.text("spool/spool.json")
            == before.replacing("\"format\": \(Self.format(of: name)),", with: "\"format\": 3,"))
        #expect(lab.names("spool/journal") != segments)
        #expect(try lab.json("spool/watcher.json")["clean"]?.bool == true)
        let again = try await lab.spool("upgrade")
        #expect(again.code == 0 && again.output.contains("has format 3, that of spool"))
        try await Self.expectTheWork(lab)
      }
    }

    /// A spool.json that the watcher may not write keeps no watcher from its work.
    @Test func aFileThatCannotBeWrittenIsTold() async throws {
      try await Lab.run(nil) { lab in
        try Self.plant("placed", lab)
        try lab.becomeOrdinary()
        try #require(chmod(lab.spool + "/spool.json", 0o444) == 0)
        let ended = try await lab.spool("up", "--cpus", "1", "--exit-when-idle")
        #expect(ended.code == 0, Comment(rawValue: ended.said))
        #expect(ended.errors.contains("the spool keeps its earlier format"))
        #expect(ended.errors.contains("EACCES"))
        #expect(ended.errors.contains("spool upgrade"))
        #expect(try lab.summary("rest")["jobs"]?["done"]?.integer == 3)
      }
    }

    @Test func aDamagedSpoolIsNotUpgraded() async throws {
      try await Lab.run(nil) { lab in
        try Self.plant("placed", lab)
        let name = try #require(lab.names("spool/journal").last { $0.hasSuffix("checkpoint.json") })
        try lab.write("spool/journal/\(name)", "{\"format\":2}\n")
        for arguments in [["--dry-run"], []] {
          let ended = try await lab.end(
            of: lab.launch([Lab.products + "/spool", "upgrade"] + arguments))
          #expect(ended.code == 1)
          #expect(ended.errors.contains("spool recover"), Comment(rawValue: ended.said))
        }
        #expect(lab.text("spool/spool.json").contains("\"format\": 1,"))
      }
    }

    /// Each verb keeps its hands off a spool of a later format, and says which version it needs.
    @Test func aLaterSpoolIsRefused() async throws {
      try await Lab.run(nil) { lab in
        try Self.plant("placed", lab)
        try lab.write("spool/spool.json", "{ \"format\": 4, \"unheardOf\": true }\n")
        try lab.write("spool/watcher.json", "{ \"format\": 8, \"version\": \"9.1.0\" }\n")
        let before = lab.names("spool/journal")
        let task = ["--name", "x", "--count", "1", "--", "true"]
        for words in [
          ["status"], ["watch"], ["pilot"], ["up"], ["init"], ["check"], ["recover", "--apply"],
          ["upgrade"],
          ["submit"] + task,
        ] {
          let ended = try await lab.end(of: lab.launch([Lab.products + "/spool"] + words))
          #expect(ended.code == 69, "\(words): \(ended.said)")
          #expect(ended.errors.contains("has format 4"), "\(words): \(ended.said)")
          #expect(ended.errors.contains("use spool 9.1.0 or later"), "\(words): \(ended.said)")
        }
        #expect(lab.names("spool/journal") == before && lab.names("spool/incoming").isEmpty)
      }
    }

    @Test func noUpgradeBesideAWatcher() async throws {
      try await Lab.run { lab in
        try lab.write(
          "spool/spool.json",
          lab.text("spool/spool.json").replacing("\"format\": 3", with: "\"format\": 1"))
        // A watcher raises the format itself, so this one is stopped from it.
        _ = try lab.start("watch")
        try await lab.waitFor("the watcher") {
          lab.text("spool/spool.json").contains("\"format\": 3,")
        }
        try lab.write(
          "spool/spool.json",
          lab.text("spool/spool.json").replacing("\"format\": 3", with: "\"format\": 1"))
        let ended = try await lab.spool("upgrade")
        #expect(ended.code == 69, Comment(rawValue: ended.said))
        #expect(ended.errors.contains("a watcher is at work: stop it first"))
      }
    }
  }
}
