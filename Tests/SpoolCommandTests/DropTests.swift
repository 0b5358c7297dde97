import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// Requests that are dropped into `incoming/` with plain `cp`, and what else lies there.
  @Suite(.serialized) struct Drop {
    private static let names = (0..<6).map { "f\($0).raw" }

    private static func copy(_ name: String, of dataset: String) -> JSON {
      task(
        name, input: .string(dataset), ["cp", "{input}", "{output}"],
        ["outputs": [["path": .string("\(name)/{stem}.txt"), "dataset": .string(name + ".out")]]])
    }

    /// That each input became exactly one output, and each was counted once.
    private static func expectAll(_ names: [String], of task: String, _ lab: Lab) async throws {
      let wait = try await lab.spool("wait", task, "--timeout", "60s")
      #expect(wait.code == 0, Comment(rawValue: wait.said))
      let files = names.map { $0.replacing(".raw", with: ".txt") }.sorted()
      #expect(lab.names(task) == files)
      for name in files { #expect(lab.text("\(task)/\(name)").hasPrefix(String(name.dropLast(4)))) }
      let catalogue = try lab.catalogue(task + ".out")
      #expect(catalogue.sorted() == files.map { "\(lab.path)/\(task)/\($0)" })
      let ok = try lab.ledger(task).filter { $0["outcome"]?.string == "ok" }
      #expect(Set(ok.compactMap { $0["job"]?.string }).count == names.count)
      #expect(ok.count == names.count)
      try await lab.expectClean()
    }

    @Test(arguments: [true, false], [[], ["--poll"]])
    func taskAndManifestInEitherOrder(_ isTaskFirst: Bool, _ flags: [String]) async throws {
      try await Lab.run { lab in
        try lab.makeInputs(Self.names)
        _ = try lab.launch([Lab.products + "/spool", "up"] + flags)
        let manifest = manifest("raw", Self.names.map { "raw/" + $0 }, closed: true)
        if isTaskFirst { try await lab.drop(Self.copy("t", of: "raw"), as: "t.json") }
        try await lab.drop(manifest, as: "raw.json")
        if !isTaskFirst { try await lab.drop(Self.copy("t", of: "raw"), as: "t.json") }
        try await Self.expectAll(Self.names, of: "t", lab)
      }
    }

    @Test func severalManifestsWhileJobsRun() async throws {
      try await Lab.run { lab in
        let names = (0..<30).map { "f\($0).raw" }
        try lab.makeInputs(names)
        _ = try lab.start("up")
        try await lab.drop(Self.copy("t", of: "raw"), as: "t.json")
        for first in stride(from: 0, to: 30, by: 5) {
          let files = names[first..<first + 5].map { "raw/" + $0 }
          let isLast = first == 25
          if first % 2 == 0 {
            try await lab.drop(manifest("raw", files, closed: isLast), as: "raw.\(first).json")
          } else {
            let header = "{\"kind\": \"dataset\", \"name\": \"raw\", \"closed\": \(isLast)}"
            let lines = [header] + files.map { "\"\($0)\"" }
            try lab.write("drop/m.jsonl", lines.joined(separator: "\n") + "\n")
            try await lab.cp("drop/m.jsonl", as: "raw.\(first).jsonl")
          }
          // Jobs of this manifest are under way before the next one comes.
          try await lab.waitFor("jobs of manifest \(first)") {
            !lab.visible("t").isEmpty
          }
        }
        try await Self.expectAll(names, of: "t", lab)
      }
    }

    @Test(arguments: [[], ["--poll"]]) func aHalfWrittenFileIsTakenWhole(
      _ flags: [String]
    ) async throws {
      try await Lab.run { lab in
        try lab.makeInputs(Self.names)
        _ = try lab.launch([Lab.products + "/spool", "up"] + flags)
        try await lab.drop(Self.copy("t", of: "raw"), as: "t.json")
        let bytes = manifest("raw", Self.names.map { "raw/" + $0 }, closed: true).pretty
        let half = bytes.count / 2
        let writer = open("\(lab.spool)/incoming/raw.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        try #require(writer >= 0)
        #expect(write(writer, Array(bytes[..<half]), half) == half)
        // The watcher has looked when it has answered what was dropped later.
        try await lab.drop(task("probe", input: ["count": 1], ["true"]), as: "probe.json")
        #expect(try await lab.spool("wait", "probe").code == 0)
        #expect(lab.isThere("spool/incoming/raw.json"))
        #expect(lab.names("spool/failed/@refused").allSatisfy { $0.hasPrefix(".") })
        let rest = Array(bytes[half...])
        #expect(write(writer, rest, rest.count) == rest.count)
        #expect(close(writer) == 0)
        try await Self.expectAll(Self.names, of: "t", lab)
      }
    }

    /// What is dropped, and what its reason must say.
    static let bad: [(String, [String])] = [
      ("{\"kind\": \"task\",\n \"name\": \"x\",\n \"comand\": []}\n", ["line 3", "\"command\""]),
      ("{\"kind\": \"task\",\n \"name\": \"x\"\n \"command\": []}\n", ["line 3"]),
      ("{\"kind\": \"tusk\"}\n", ["line 1", "kind", "\"task\""]),
      ("[1, 2]\n", ["an object"]),
      (
        "{\"kind\": \"task\", \"name\": \"x\", \"input\": {\"count\": 1},\n"
          + "\"command\": [\"echo\", \"{inptu}\"]}", ["line 2", "command[1]", "{input}"]
      ),
      (
        "{\"kind\": \"task\", \"name\": \"x\", \"input\": {\"count\": 1}, \"command\": [\"true\"],\n"
          + "\n\"resources\": {\"memory\": \"2 gigs\"}}", ["line 3", "resources.memory", "2GB"]
      ),
      (
        "{\"kind\": \"dataset\", \"name\": \"d\",\n \"files\": [\"a\", \"a\"]}",
        ["files[1]", "twice"]
      ),
      ("not json\n", ["line 1", "not JSON"]),
    ]

    @Test(arguments: bad) func badRequestsAreRefusedWithLineAndKey(
      _ text: String, _ words: [String]
    ) async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try lab.write("drop/x.json", text)
        try await lab.cp("drop/x.json", as: "x.json")
        let reason = "spool/failed/@refused/x.json.reason"
        try await lab.waitFor("a reason") { lab.isThere(reason) }
        for word in words { #expect(lab.text(reason).contains(word)) }
        try await lab.waitFor("the request") { lab.isThere("spool/failed/@refused/x.json") }
        #expect(lab.text("spool/failed/@refused/x.json") == text, "unchanged")
      }
    }

    @Test func whatIsNoRequestIsLeftAlone() async throws {
      try await Lab.run { lab in
        let incoming = lab.spool + "/incoming"
        try lab.write("elsewhere.json", task("linked", input: ["count": 1], ["true"]))
        try #require(mkfifo(incoming + "/fifo.json", 0o644) == 0)
        try #require(symlink(lab.path + "/elsewhere.json", incoming + "/link.json") == 0)
        try #require(symlink("loop.json", incoming + "/loop.json") == 0)
        try #require(mkdir(incoming + "/dir.json", 0o755) == 0)
        for name in ["new\nline.json", ".hidden.json", "notes.txt", "README"] {
          try lab.write("spool/incoming/\(name)", "{}")
        }
        let before = lab.names("spool/incoming")
        let watcher = try lab.start("up")
        try await lab.drop(task("t", input: ["count": 1], ["true"]), as: "t.json")
        #expect(try await lab.spool("wait", "t").code == 0)
        #expect(lab.names("spool/incoming") == before)
        #expect(lab.names("spool/failed/@refused").isEmpty)
        #expect(watcher.code == nil)
        let check = try await lab.spool("check")
        #expect(check.code == 0, Comment(rawValue: check.said))
        for name in ["fifo.json", "link.json", "loop.json", "dir.json", "notes.txt", "README"] {
          #expect(check.output.contains("incoming/\(name)"))
        }
        #expect(check.output.contains("line.json"))
        try await lab.waitFor("the page to tell") { lab.text("spool/STATUS").contains("fifo.json") }
        #expect(try await lab.spool("wait", "linked").code == 66)
      }
    }
  }
}
