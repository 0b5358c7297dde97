import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// A buffer directory that is being filled, and what becomes of its files.
  @Suite(.serialized) struct Buffer {
    private static func watch(_ settle: String) -> JSON {
      [
        "kind": "dataset", "name": "raw",
        "watch": [
          "directory": "buffer", "pattern": "*.raw", "closeOn": "run.end",
          "settle": .string(settle),
        ],
      ]
    }

    private static let copy = task(
      "t", input: "raw", ["cp", "{input}", "{output}"],
      ["outputs": [["path": "out/{stem}.txt", "dataset": "copies"]]])

    private static func page(_ lab: Lab, _ dataset: String = "raw") -> JSON? {
      try? lab.json("spool/datasets/\(dataset).json")
    }

    /// 200 files moved in while jobs run: by events alone, as no file could stand still for so long;
    /// and by looking alone.
    @Test(arguments: [["up"], ["up", "--poll"]])
    func filesThatAreMovedIn(_ flags: [String]) async throws {
      try await Lab.run { lab in
        let isPolling = flags.contains("--poll")
        try lab.makeDirectory("buffer")
        _ = try lab.launch([Lab.products + "/spool"] + flags)
        try await lab.drop(Self.watch(isPolling ? "200ms" : "1h"), as: "raw.json")
        try await lab.drop(Self.copy, as: "t.json")
        try await lab.waitFor("the directory to be watched") {
          lab.text("spool/STATUS").contains("for run.end")
        }
        let names = (0..<200).map { "f\($0).raw" }
        for (index, name) in names.enumerated() {
          try lab.write("elsewhere/\(name)", name)
          try lab.files.rename(
            lab.absolute("elsewhere/\(name)"), to: lab.absolute("buffer/\(name)"))
          guard index == 0 else { continue }
          try await lab.waitFor("the first to be processed") {
            lab.isThere("out/f0.txt")
          }
        }
        try lab.write("buffer/run.end", "")
        let wait = try await lab.spool("wait", "t", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(lab.names("out").count == 200)
        #expect(
          try lab.catalogue("raw").sorted() == names.map { lab.absolute("buffer/\($0)") }.sorted())
        try await lab.waitFor("the page") {
          Self.page(lab)?["watches"]?.array?.first?["files"] == 200
        }
        try await lab.expectClean()
      }
    }

    /// Written in place, with the file held open for long: it joins when it is closed, by the event;
    /// without events the kernel is asked.
    @Test(arguments: [["watch"], ["watch", "--poll"]])
    func aWriterThatKeepsItsFileOpen(_ flags: [String]) async throws {
      try await Lab.run { lab in
        try lab.makeDirectory("buffer")
        _ = try lab.launch([Lab.products + "/spool"] + flags)
        try await lab.drop(Self.watch("100ms"), as: "raw.json")
        try await lab.waitFor("the directory to be watched") {
          lab.text("spool/STATUS").contains("for run.end")
        }
        let writer = open(
          lab.absolute("buffer/slow.raw"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        try #require(writer >= 0)
        #expect(write(writer, "half", 4) == 4)
        // What comes later, and stands still for as long, shows that there was time enough.
        for number in 0..<4 {
          try lab.write("buffer/f\(number).raw", "x")
          try await lab.waitFor("file \(number)") {
            try lab.catalogue("raw").contains(lab.absolute("buffer/f\(number).raw"))
          }
        }
        try lab.write("buffer/run.end", "")
        try await lab.waitFor("the marker to be seen") {
          Self.page(lab)?["watches"]?.array?.first?["marked"] != nil
        }
        #expect(try lab.catalogue("raw").count == 4)
        #expect(Self.page(lab)?["state"] == "open")
        #expect(write(writer, " whole", 6) == 6)
        #expect(close(writer) == 0)
        try await lab.waitFor("the dataset to close") { Self.page(lab)?["state"] == "closed" }
        let line = try lab.lines("spool/datasets/raw.jsonl").first {
          $0["path"]?.string?.hasSuffix("slow.raw") ?? false
        }
        #expect(line?["size"] == 10)
        #expect(try lab.catalogue("raw").count == 5)
      }
    }

    /// A directory that comes after its manifest, and after the watcher was killed.
    @Test func aKilledWatcherMissesNothing() async throws {
      try await Lab.run { lab in
        var watcher = try lab.start("watch")
        try await lab.drop(Self.watch("100ms"), as: "raw.json")
        try await lab.waitFor("it to be told") {
          lab.text("spool/STATUS").contains("buffer is not there yet")
        }
        try lab.makeDirectory("buffer")
        for round in 0..<4 {
          for number in 0..<25 { try lab.write("buffer/\(round).\(number).raw", "x") }
          try await lab.waitFor("some of them") {
            try lab.catalogue("raw").count > round * 25
          }
          try await lab.kill(watcher)
          try lab.write("buffer/between\(round).raw", "x")
          watcher = try lab.start("watch")
        }
        try lab.write("buffer/run.end", "")
        try await lab.waitFor("the dataset to close") { Self.page(lab)?["state"] == "closed" }
        let paths = try lab.catalogue("raw")
        #expect(paths.count == 104 && Set(paths).count == 104)
        try await lab.expectClean()
      }
    }

    /// The watcher is killed again and again while it deletes: all goes that was made, no more.
    @Test func aDeletionThatIsKilled() async throws {
      try await Lab.run { lab in
        let count = 3000
        for name in ["a", "b"] { try lab.makeDirectory(name) }
        let lines = ["a", "b"].map { name in
          (0..<count).map { "\"\(name)/\($0)\"" }.joined(separator: "\n")
        }
        let made = try await lab.shell(
          "for d in a b; do (cd $d; seq 0 \(count - 1) | xargs touch); done")
        #expect(made.code == 0)
        var watcher = try lab.start("watch")
        for (name, lines) in zip(["a", "b"], lines) {
          try lab.write(
            "drop/\(name).jsonl",
            "{\"kind\": \"dataset\", \"name\": \"\(name)\", \"closed\": true}\n\(lines)\n")
          try await lab.cp("drop/\(name).jsonl", as: "\(name).jsonl")
        }
        try await lab.waitFor("both datasets") {
          ["a", "b"].allSatisfy { Self.page(lab, $0)?["state"] == "closed" }
        }
        try await lab.drop(
          ["kind": "delete", "dataset": "a", "inputs": true], as: "delete.json")
        var kills = 0
        var left = count
        while left > 0, kills < 4 {
          let before = left
          try await lab.waitFor("some to go") {
            left = lab.names("a").count
            return left < before
          }
          try await lab.kill(watcher)
          kills += 1
          watcher = try lab.start("watch")
        }
        #expect(kills > 0)
        try await lab.waitFor("the end") { Self.page(lab, "a")?["state"] == "deleted" }
        #expect(lab.names("a").isEmpty && lab.names("b").count == count)
        #expect(try lab.catalogue("a").count == count)
        try await lab.expectClean()
      }
    }
  }
}
