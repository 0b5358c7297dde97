import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

extension CommandTests {
  /// `spool dataset`.
  @Suite(.serialized) struct Dataset {
    /// A lab in which a task has copied three files of a manifest.
    private static func run(_ body: (Lab) async throws -> Void) async throws {
      try await Lab.run { lab in
        let names = (0..<3).map { "f\($0).raw" }
        try lab.makeInputs(names)
        _ = try lab.start("up", "--cpus", "2")
        try await lab.drop(manifest("raw", names.map { "raw/" + $0 }, closed: true), as: "raw.json")
        try await lab.drop(
          task(
            "t", input: "raw", ["cp", "{input}", "{output}"],
            ["outputs": [["path": "out/{stem}.txt", "dataset": "copies"]]]), as: "t.json")
        #expect(try await lab.spool("wait", "t", "--timeout", "60s").code == 0)
        try await lab.waitFor("the pages") {
          lab.text("spool/datasets/copies.json").contains("\"closed\"")
            && lab.text("spool/datasets/raw.json").contains("\"done\"")
        }
        try await body(lab)
      }
    }

    @Test func listShowAndFiles() async throws {
      try await Self.run { lab in
        let list = try await lab.spool("dataset", "list")
        #expect(list.code == 0)
        let row = list.output.split(separator: "\n").first { $0.hasPrefix("copies") } ?? ""
        #expect(
          row.split(separator: " ") == ["copies", "closed", "3", "21", "B", "t", "(done)"],
          "\(list.output)")
        let all = try JSON.parse(
          Array(try await lab.spool("dataset", "list", "--format", "json").output.utf8))
        #expect(all.array?.compactMap { $0["dataset"]?.string } == ["copies", "raw"])
        #expect(all.array?.first?["bytes"] == 21)

        let show = try await lab.spool("dataset", "show", "raw")
        #expect(show.code == 0 && show.output.contains("read by  t (done)"), "\(show.output)")
        let files = try await lab.spool("dataset", "files", "copies", "--format", "json")
        let lines = try JSON.parse(Array(files.output.utf8)).array ?? []
        #expect(
          Set(lines.compactMap { $0["path"]?.string }) == Set(try lab.catalogue("copies")))
        let table = try await lab.spool("dataset", "files", "copies")
        #expect(table.output.split(separator: "\n").count == 4)
        #expect(table.output.contains("t.00000000") && table.output.contains("/out/f2.txt"))
      }
    }

    @Test func anUnknownDatasetIsToldWithTheNearest() async throws {
      try await Self.run { lab in
        for verb in ["show", "files", "close", "verify", "delete"] {
          let ended = try await lab.spool("dataset", verb, "copis")
          #expect(ended.code == 66, "\(verb)")
          #expect(ended.errors.contains("did you mean \"copies\"?"), "\(verb): \(ended.errors)")
        }
        #expect(try await lab.spool("dataset", "show", "a b").code == 64)
      }
    }

    @Test func closing() async throws {
      try await Lab.run { lab in
        try lab.makeInputs(["a"])
        _ = try lab.start("watch")
        try await lab.drop(manifest("raw", ["raw/a"]), as: "raw.json")
        try await lab.waitFor("its page") { lab.isThere("spool/datasets/raw.json") }
        let closed = try await lab.spool("dataset", "close", "raw")
        #expect(closed.code == 0 && closed.output == "raw is closed, with 1 files\n")
        let again = try await lab.spool("dataset", "close", "raw")
        #expect(again.code == 0 && again.output.contains("is closed already"))
      }
    }

    @Test func deleting() async throws {
      try await Self.run { lab in
        let asked = try await lab.spool("dataset", "delete", "copies")
        #expect(asked.code == 64 && lab.names("out").count == 3)
        #expect(asked.output.contains("deletes 3 files of copies, 21 B"))
        let raw = try await lab.spool("dataset", "delete", "raw", "--yes")
        #expect(raw.output.contains("3 files that no job of this spool made stay"), "\(raw.output)")
        #expect(raw.code == 0 && lab.names("raw").count == 3)
        let deleted = try await lab.spool("dataset", "delete", "copies", "--yes")
        #expect(deleted.code == 0, Comment(rawValue: deleted.said))
        #expect(deleted.output.contains("deleted copies: 3 files, 21 B"))
        #expect(lab.names("out").isEmpty)
        let verified = try await lab.spool("dataset", "verify", "copies")
        #expect(verified.code == 1 && verified.errors.contains("is deleted"))
        let late = try await lab.spool(
          "submit", "--name", "late", "--dataset", "copies", "--wait", "--", "true")
        #expect(late.code == 1 && late.said.contains("the dataset copies is deleted"))
        try await lab.expectClean()
      }
    }

    @Test func aDeletionOfWhatIsInUseIsRefused() async throws {
      try await Self.run { lab in
        try await lab.drop(
          task(
            "u", input: "copies", ["sh", "-c", "until [ -e go ]; do sleep 0.05; done"],
            ["environment": ["PWD": "x"]]), as: "u.json")
        try await lab.waitFor("it to be at work") { lab.isThere("spool/running/u.json") }
        let refused = try await lab.spool("dataset", "delete", "copies", "--yes")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("the task u reads copies"), "\(refused.said)")
        #expect(lab.names("out").count == 3)
        #expect(try await lab.spool("cancel", "u").code == 0)
        #expect(try await lab.spool("dataset", "delete", "copies", "--yes").code == 0)
      }
    }

    // MARK: Verify

    /// A thousand files with their checksums; of all that can be wrong, one each.
    @Test func whatIsWrongAmongAThousandIsFound() async throws {
      try await Lab.run { lab in
        try lab.makeDirectory("raw")
        var lines = ["{\"kind\": \"dataset\", \"name\": \"raw\", \"closed\": true}"]
        for number in 0..<1000 {
          let text = "file \(number), of some bytes\n"
          let sum = MemoryDigester.adler32(Array(text.utf8))
          try lab.files.create(lab.absolute("raw/\(number)"), Array(text.utf8), durable: false)
          lines.append(
            "{\"path\": \"raw/\(number)\", \"size\": \(text.utf8.count), \"adler32\": \"\(sum)\"}")
        }
        try lab.write("drop/raw.jsonl", lines.joined(separator: "\n") + "\n")
        let watcher = try lab.start("watch")
        try await lab.cp("drop/raw.jsonl", as: "raw.jsonl")
        try await lab.waitFor("the dataset") {
          lab.text("spool/datasets/raw.json").contains("\"closed\"")
        }
        let good = try await lab.spool("dataset", "verify", "raw", "--threads", "3")
        #expect(good.code == 0, Comment(rawValue: good.said))
        #expect(good.errors.contains("raw: 1000 files looked at") && good.output.isEmpty)

        let flipped = lab.text("raw/500").replacing("some", with: "sone")
        try lab.write("raw/500", flipped)
        try lab.write("raw/501", "short")
        try lab.remove("raw/7")
        for name in ["dark.raw", ".hidden", ".spool.a1@gone-1.x"] {
          try lab.write("raw/\(name)", "x")
        }
        try lab.makeDirectory("raw/directory")
        let bad = try await lab.spool("dataset", "verify", "raw", "--format", "json")
        #expect(bad.code == 1)
        let found = try JSON.parse(Array(bad.output.utf8)).array ?? []
        let words = found.map {
          "\($0["finding"]?.string ?? "") \(FilePath.base($0["path"]?.string ?? ""))"
        }
        #expect(
          words == [
            "changed 500", "changed 501", "missing 7", "dark .spool.a1@gone-1.x", "dark dark.raw",
          ])
        #expect(found.first?["what"]?.string?.contains("adler32") == true)

        let sizes = try await lab.spool("dataset", "verify", "raw", "--no-checksum")
        #expect(sizes.code == 1 && !sizes.output.contains("/500"))
        #expect(sizes.errors.contains("1 missing, 1 changed, 2 dark"), "\(sizes.errors)")
        #expect(watcher.code == nil)
      }
    }

    /// What runs is not dark: parts that are being written, and files that a watch will take.
    @Test func whatIsOnItsWayIsNotDark() async throws {
      try await Self.run { lab in
        try await lab.drop(
          task(
            "u", input: ["count": 1],
            [
              "sh", "-c", "echo half >$1; until [ -e \"$2\" ]; do sleep 0.05; done", "sh",
              "{output}",
              "\(lab.path)/go",
            ], ["outputs": [["path": "out/late.txt"]]]), as: "u.json")
        try await lab.drop(
          [
            "kind": "dataset", "name": "more",
            "watch": ["directory": "out", "pattern": "*.more", "closeOn": "end", "settle": "1d"],
          ], as: "more.json")
        try await lab.waitFor("its part") { lab.parts("out").count == 1 }
        try await lab.waitFor("the watch") { lab.text("spool/STATUS").contains("for end") }
        try lab.write("out/1.more", "")
        try lab.write("out/dark", "")
        let ended = try await lab.spool("dataset", "verify", "copies")
        #expect(ended.code == 1)
        #expect(ended.errors.contains("1 dark"), "\(ended.said)")
        #expect(ended.output.contains("/out/dark"))
        try lab.write("go", "")
        #expect(try await lab.spool("wait", "u", "--timeout", "30s").code == 0)
      }
    }

    @Test func repairing() async throws {
      try await Self.run { lab in
        try lab.remove("out/f1.txt")
        try lab.remove("raw/f2.raw")
        try lab.write("out/dark", "dark")
        let plan = try await lab.spool("dataset", "verify", "copies", "raw", "--repair")
        #expect(plan.code == 1 && lab.isThere("out/dark"))
        #expect(plan.errors.contains("out/dark: would be moved to"), "\(plan.errors)")
        #expect(plan.errors.contains("no job of this spool made it"))
        #expect(plan.errors.contains("made by t.00000001; to make it again:"))
        let done = try await lab.spool("dataset", "verify", "copies", "--repair", "--yes")
        #expect(done.code == 1 && !lab.isThere("out/dark"))
        #expect(lab.text("out/.spool.dark/dark") == "dark")
        // A second of the name does not replace the first.
        try lab.write("out/dark", "darker")
        _ = try await lab.spool("dataset", "verify", "copies", "--repair", "--yes")
        #expect(lab.text("out/.spool.dark/dark") == "dark")
        #expect(lab.text("out/.spool.dark/dark.2") == "darker")
        // The command that it prints does what it says.
        let command = try #require(
          plan.errors.split(separator: "\n").first { $0.hasPrefix("  spool retry") })
        let again = try await lab.shell("\(command.dropFirst(2)) && spool wait t")
        #expect(again.code == 0, Comment(rawValue: again.said))
        #expect(lab.text("out/f1.txt") == "f1.raw\n")
        #expect(try await lab.spool("dataset", "verify", "copies").code == 0)
      }
    }
  }
}
