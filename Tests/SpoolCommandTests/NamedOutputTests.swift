import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// Outputs that programs name themselves, and directories, with real programs.
  @Suite(.serialized) struct NamedOutputs {
    private func wait(_ lab: Lab, _ name: String) async throws {
      let ended = try await lab.spool("wait", name, "--timeout", "60s")
      #expect(ended.code == 0, Comment(rawValue: ended.said))
    }

    private func lines(_ lab: Lab, _ dataset: String) throws -> [JSON] {
      try lab.lines("spool/datasets/\(dataset).jsonl")
    }

    // MARK: The page

    /// The example of docs/FORMAT.md with this task's name.
    private static func example(_ name: String) throws -> JSON {
      let page = String(
        decoding: try PosixFileSystem().read(Lab.package + "/docs/FORMAT.md", limit: 1 << 20),
        as: UTF8.self)
      for block in page.split(separator: "```json\n").dropFirst() {
        let text = block.prefix { $0 != "`" }
        if let json = try? JSON.parse(Array(text.utf8)), json["name"]?.string == name {
          return json
        }
      }
      throw Missing(name: name)
    }

    struct Missing: Error { var name: String }

    @Test func theExamplesOfThePage() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        for name in ["fit", "store"] {
          try await lab.drop(Self.example(name), as: "\(name).json")
          try await wait(lab, name)
        }
        #expect(lab.names("data/fit").sorted() == ["1.txt", "2.txt", "plots"])
        #expect(lab.text("data/fit/2.txt") == "1\n2\n")
        #expect(
          lab.names("data/fit/plots").sorted() == ["1.a.png", "1.b.png", "2.a.png", "2.b.png"])
        #expect(try lab.catalogue("fit.plots").count == 4)
        #expect(lab.names("data/store").sorted() == ["0", "1"])
        #expect(lab.text("data/store/1/index") == "1\n")
        try await expectTheManifest(lab)
        let verify = try await lab.spool("dataset", "verify", "store")
        #expect(verify.code == 0, Comment(rawValue: verify.said))
        try await lab.expectClean()
      }
    }

    /// The lines of the page make the checksum that the catalogue has.
    private func expectTheManifest(_ lab: Lab) async throws {
      let page = String(
        decoding: try PosixFileSystem().read(Lab.package + "/docs/FORMAT.md", limit: 1 << 20),
        as: UTF8.self
      ).split(separator: "\n", omittingEmptySubsequences: false)
      let begin = try #require(page.firstIndex { $0.hasPrefix("    $ cd data/store/0") })
      let loop = page[begin].dropFirst(6) + "\n" + page[begin + 1]
      let sum = try #require(page[begin...].first { $0.hasPrefix("    python3 -c") })
      let made = try await lab.shell("adler32() {\n\(sum)\n}\n\(loop)")
      let line = try lines(lab, "store").first { $0["path"]?.string?.hasSuffix("/store/0") == true }
      #expect(made.output == (line?["adler32"]?.string ?? "?") + "\n", Comment(rawValue: made.said))
      #expect(line?["files"] == 2)
    }

    // MARK: Without JSON

    @Test func submitting() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        let script = """
          mkdir plots; echo "$1" >result.root; echo a >plots/a.png; echo b >plots/b.png; chmod 750 result.root
          mkdir "$2/deep"; echo "$1" >"$2/deep/f"; ln -s deep/f "$2/link"
          """
        let submit = try await lab.spool(
          "submit", "--name", "sim", "--count", "2", "--memory", "50MB", "--take",
          "result.root=x/../out/{index}.root", "--take", "plots/*.png=out/plots/{index}.{name}",
          "--output-dir", "out/{index}.store/", "--wait", "--", "sh", "-c", script, "sh", "{index}",
          "{output}")
        #expect(submit.code == 0, Comment(rawValue: submit.said))
        #expect(
          lab.names("out").sorted() == ["0.root", "0.store", "1.root", "1.store", "plots"])
        #expect(lab.text("out/1.root") == "1\n")
        #expect(lab.names("out/plots").sorted() == ["0.a.png", "0.b.png", "1.a.png", "1.b.png"])
        #expect(lab.text("out/1.store/deep/f") == "1\n")
        var status = stat()
        #expect(stat(lab.path + "/out/0.root", &status) == 0 && status.st_mode & 0o777 == 0o750)
        let files = try await lab.spool("dataset", "files", "sim")
        #expect(files.output.contains("/out/0.store/\n"), Comment(rawValue: files.output))
        try await lab.expectClean()

        let next = try await lab.spool(
          "submit", "--name", "next", "--dataset", "sim", "--memory", "50MB", "--wait", "--",
          "test",
          "-e", "{input}")
        #expect(next.code == 0, Comment(rawValue: next.said))
        #expect(try lab.ledger("next").count == 8)
      }
    }

    @Test func whatSubmitRefuses() async throws {
      try await Lab.run { lab in
        for (options, words) in [
          (["--take", "result.root"], "--take: expected FROM=PATH"),
          (["--take", "../x=out/{index}"], "key \"outputs[0].from\": \"..\" in \"../x\""),
          (["--take", "/x=out/{index}"], "without a slash in front"),
          (["--take", "*.png=out/{index}"], "use {name}, the name of each, or \"max\": 1"),
          (
            ["--take", "x=out/{index}", "--", "w", "{output}"], "has \"from\": the command writes x"
          ),
          (["--output-dir", "out"], "every job would write it"),
        ] {
          var arguments = ["submit", "--name", "t", "--count", "2"] + options
          if !options.contains("--") { arguments += ["--", "true"] }
          let ended = try await lab.end(of: lab.launch([Lab.products + "/spool"] + arguments))
          #expect(ended.code == 64 && ended.errors.contains(words), Comment(rawValue: ended.said))
        }
        let help = try await lab.spool("submit", "--help")
        #expect(help.output.contains("--take") && help.output.contains("--output-dir"))
      }
    }

    // MARK: What becomes of them

    @Test func whatIsWrong() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        let cases: [(String, String, JSON, String)] = [
          ("none", "true", ["path": "out/a", "from": "a"], "left no file a in its scratch"),
          ("link", "ln -s /etc/passwd a", ["path": "out/a", "from": "a"], "is no regular file"),
          (
            "leads", "ln -s /etc/passwd \"$0/a\"", ["path": "out/a", "kind": "directory"],
            "holds the link a, which is not relative or leads out of it"
          ),
          (
            "fifo", "mkdir t; mkfifo t/f", ["path": "out/a", "from": "t", "kind": "directory"],
            "the output t holds f, which is no file"
          ),
          (
            "many", "touch 1.x 2.x 3.x", ["path": "out/{name}", "from": "*.x", "max": 2],
            "takes 3 files, and 2 are the most"
          ),
        ]
        for (name, line, output, words) in cases {
          let isWritten = output["from"] == nil
          try await lab.drop(
            task(
              name, input: ["count": 1], ["sh", "-c", line] + (isWritten ? ["{output}"] : []),
              ["outputs": [output], "retry": ["attempts": 1]]), as: "\(name).json")
          #expect(try await lab.spool("wait", name, "--timeout", "60s").code == 1)
          let ended = try #require(try lab.ledger(name).last)
          #expect(ended["cause"] == "output", "\(name)")
          #expect(ended["reason"]?.string?.contains(words) == true, "\(name): \(ended)")
        }
        #expect(lab.names("out").isEmpty)
      }
    }

    /// Verification counts what is in a directory, and deletion removes it.
    @Test func verifyingAndDeleting() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        try await lab.drop(
          task(
            "t", input: ["count": 2],
            ["sh", "-c", "cd \"$0\"; mkdir d; echo 1 >d/f; echo 2 >g", "{output}"],
            ["outputs": [["path": "out/{index}", "kind": "directory"]]]), as: "t.json")
        try await wait(lab, "t")
        #expect(try await lab.spool("dataset", "verify", "t").code == 0)
        try lab.write("out/0/g", "3\n")
        try lab.remove("out/1/g")
        try lab.makeDirectory("out/.spool.a1@gone-00112233.7")
        let found = try await lab.spool("dataset", "verify", "t")
        #expect(found.code == 1)
        #expect(found.output.contains("has the adler32"), Comment(rawValue: found.said))
        #expect(found.output.contains("has 1 files, 2 bytes, not 2 files, 4 bytes"))
        #expect(found.output.contains(".spool.a1@gone-00112233.7"))
        #expect(try await lab.shell("rm -r out/1").code == 0)
        #expect(try await lab.spool("dataset", "verify", "t").output.contains("is not there"))
        let deleted = try await lab.spool("dataset", "delete", "t", "--yes")
        #expect(deleted.code == 0, Comment(rawValue: deleted.said))
        try await lab.waitFor("the files to go") { !lab.isThere("out/0") }
        #expect(lab.visible("out").isEmpty)
      }
    }

    /// A pilot that is killed while it copies leaves nothing that stays.
    @Test func aPilotThatDies() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try lab.makeDirectory("out")
        lab.bell.watch(lab.path + "/out")
        let pilot = try lab.start("pilot", "--cpus", "1")
        let line =
          "mkdir t; for n in 1 2 3 4 5 6 7 8; do head -c 20000000 /dev/zero | tr '\\0' x >t/$n; done"
        try await lab.drop(
          task(
            "t", input: ["count": 1], ["sh", "-c", line],
            ["outputs": [["path": "out/{index}", "from": "t", "kind": "directory"]]]), as: "t.json")
        try await lab.waitFor("a part") { !lab.parts("out").isEmpty }
        try await lab.kill(pilot)
        _ = try lab.start("pilot", "--cpus", "1")
        try await wait(lab, "t")
        #expect(lab.names("out/0").count == 8)
        try await lab.waitFor("the part to go") { lab.parts("out").isEmpty }
        try await lab.expectClean()
      }
    }
  }
}
