import SpoolModel
import Testing

extension CommandTests {
  /// What is said to someone who types something wrong.
  @Suite(.serialized) struct Usage {
    static let verbs = [
      "init", "up", "watch", "pilot", "pilots", "submit", "wait", "status", "jobs", "logs", "check",
      "web",
    ]

    @Test func helpNamesEveryVerb() async throws {
      try await Lab.run(nil) { lab in
        let help = try await lab.spool("--help")
        #expect(help.code == 0)
        #expect(help.output.contains("First steps"))
        for verb in Self.verbs { #expect(help.output.contains("\n  \(verb) ")) }
      }
    }

    @Test func everyVerbHasAnExample() async throws {
      try await Lab.run(nil) { lab in
        for verb in Self.verbs {
          let help = try await lab.spool(verb, "--help")
          #expect(help.code == 0)
          #expect(help.output.contains("Example"), "\(verb) --help has no example")
          #expect(help.output.contains("spool \(verb)"))
        }
      }
    }

    @Test func webTellsHowToGetTheGateway() async throws {
      try await Lab.run(nil) { lab in
        let web = try await lab.shell(
          "\(Lab.products)/spool init w && PATH=/nowhere \(Lab.products)/spool web --spool w --port 0"
        )
        #expect(web.code == 69)
        #expect(web.errors.contains("make gateway"))
      }
    }

    /// Arguments, and a word of what is to be typed instead.
    static let wrong: [([String], String)] = [
      (["frobnicate"], "spool --help"),
      (["statsu"], "did you mean \"status\""),
      (["status", "--frmat", "json"], "--format"),
      (["status", "--format", "xml"], "'table' and 'json'"),
      (["wait"], "<tasks>"),
      (["jobs"], "<task>"),
      (["wait", "x", "--timeout", "soon"], "as 10m"),
      (["up", "--memory", "lots"], "as \"2GB\""),
      (["up", "--memory", "0"], "from 1MiB"),
      (["up", "--cpus", "0"], "from 1 to"),
      (["pilot", "--drain", "soon"], "as 30s"),
      (["pilot", "--lifetime", "soon"], "as 2h"),
      (["pilot", "--lifetime", "999ms"], "from 1s"),
      (["pilots", "--format", "xml"], "'table' and 'json'"),
      (["pilots", "drain"], "<names>"),
      (["pilots", "release"], "<names>"),
      (["pilot", "--queue", "tpu"], "cpu or gpu"),
      (["pilot", "--tags", "a b"], "no tag"),
      (["submit"], "spool submit task.json"),
      (["submit", "--name", "x", "--count", "3"], "command after --"),
      (["submit", "--name", "x", "--", "true"], "--count"),
      (["submit", "x.json", "--name", "x", "--count", "3"], "leave --name away"),
      (["submit", "--count", "3", "--", "true"], "--name"),
      (["submit", "--name", "x y", "--count", "3", "--", "true"], "A-Z a-z"),
      (["submit", "--name", "x", "--count", "3", "--memory", "1XB", "--", "true"], "2GB"),
      (["submit", "--name", "x", "--count", "3", "--wall", "soon", "--", "true"], "10m"),
      (["submit", "--name", "x", "--count", "3", "--", "echo", "{indx}"], "{index}"),
      (["submit", "--name", "x", "--count", "3", "--", "echo", "{output}"], "outputs"),
    ]

    @Test(arguments: wrong) func wrongUsageIsToldWhatToType(
      _ arguments: [String], _ advice: String
    ) async throws {
      try await Lab.run { lab in
        let ended = try await lab.end(of: lab.launch([Lab.products + "/spool"] + arguments))
        #expect(ended.code == 64, Comment(rawValue: ended.said))
        #expect(ended.errors.contains(advice), Comment(rawValue: ended.errors))
        #expect(ended.output.isEmpty)
      }
    }

    @Test(arguments: Self.verbs.filter { $0 != "init" && $0 != "up" })
    func aMissingSpoolIsToldWhatToDo(_ verb: String) async throws {
      try await Lab.run(nil) { lab in
        let more = ["wait": ["x"], "jobs": ["x"], "logs": ["x"]][verb] ?? []
        let task = verb == "submit" ? ["--name", "x", "--count", "1", "--", "true"] : []
        let ended = try await lab.end(
          of: lab.launch([Lab.products + "/spool", verb] + more + task))
        #expect(ended.code == 69, Comment(rawValue: ended.said))
        #expect(ended.errors.contains("spool init"))
        #expect(ended.errors.contains(lab.spool))
        #expect(ended.errors.contains("--spool"))
      }
    }

    @Test(arguments: ["status", "jobs", "logs", "wait"])
    func anUnknownTaskIsMissing(_ verb: String) async throws {
      try await Lab.run { lab in
        let ended = try await lab.spool(verb, "nobody.knows")
        #expect(ended.code == 66, Comment(rawValue: ended.said))
        #expect(ended.errors.contains("nobody.knows"))
        #expect(ended.errors.contains("spool status"))
      }
    }

    @Test func everyVerbSaysFirstThatNoWatcherIsAlive() async throws {
      try await Lab.run { lab in
        for arguments in [["status"], ["pilots"], ["jobs", "x"], ["logs", "x"], ["wait", "x"]] {
          let ended = try await lab.end(of: lab.launch([Lab.products + "/spool"] + arguments))
          #expect(ended.errors.hasPrefix("spool: no watcher is alive"), "\(arguments)")
        }
        let watcher = try lab.start("watch")
        try await lab.waitFor("the watcher") { lab.isThere("spool/watcher.json") }
        #expect(try await lab.spool("status").errors.isEmpty)
        try await lab.kill(watcher)
        #expect(try await lab.spool("status").errors.contains("it died on"))
      }
    }

    @Test func aBadSpoolFileIsNamed() async throws {
      try await Lab.run { lab in
        try lab.write("spool/spool.json", "{\n \"format\": 1,\n \"hartbeat\": \"5s\"\n}\n")
        let ended = try await lab.spool("status")
        #expect(ended.code == 64)
        #expect(ended.errors.contains("spool.json"))
        #expect(ended.errors.contains("line 3"))
        #expect(ended.errors.contains("\"heartbeat\""))
      }
    }
  }
}
