import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// `spool submit`, and what becomes of what was submitted.
  @Suite(.serialized) struct Submit {
    @Test func initMakesASpoolAndLeavesOneAlone() async throws {
      try await Lab.run(nil) { lab in
        let made = try await lab.spool("init")
        #expect(made.code == 0)
        #expect(made.output.contains("spool up"))
        for name in ["incoming", "ready-cpu", "running", "done", "failed", "journal", "spool.json"]
        {
          #expect(lab.isThere("spool/\(name)"))
        }
        try lab.write("spool/spool.json", "{\"format\": 1, \"heartbeat\": \"1s\"}")
        #expect(try await lab.spool("init").code == 0)
        #expect(lab.text("spool/spool.json") == "{\"format\": 1, \"heartbeat\": \"1s\"}")
        #expect(try await lab.spool("init", "other/place").code == 0)
        #expect(lab.isThere("other/place/incoming"))
      }
    }

    @Test func filesFromWhereItIsCalled() async throws {
      try await Lab.run { lab in
        try lab.makeInputs(["a.raw", "b.raw"], in: "here/raw")
        try lab.write("here/reco.sh", "tr a-z A-Z <\"$1\" >\"$2\"\n")
        try lab.write(
          "here/task.json",
          task(
            "reco", input: "runs", ["sh", "reco.sh", "{input}", "{output}"],
            ["directory": ".", "outputs": [["path": "out/{stem}.txt", "dataset": "recos"]]]))
        try lab.write("here/runs.json", manifest("runs", ["raw/a.raw", "raw/b.raw"], closed: true))
        _ = try lab.start("up")
        let submit = try await lab.spool(
          "submit", "task.json", "runs.json", "--wait", "--spool", "../spool",
          directory: lab.path + "/here")
        #expect(submit.code == 0, Comment(rawValue: submit.said))
        #expect(lab.text("here/out/a.txt") == "A.RAW\n")
        #expect(lab.text("here/out/b.txt") == "B.RAW\n")
        #expect(
          try lab.catalogue("recos").sorted()
            == ["a", "b"].map { "\(lab.path)/here/out/\($0).txt" })
        #expect(lab.parts("here/out").isEmpty)
        try await lab.expectClean()
      }
    }

    @Test func withoutJSON() async throws {
      try await Lab.run { lab in
        // Names that a shell, a pattern or a template could stumble over.
        let names = ["a b.raw", "ü{x}.raw", "c'd.raw", "e[1].raw", "-f.raw"]
        try lab.makeInputs(names)
        try lab.write("cat.sh", "cat \"$1\" >\"$2\"; echo \"$3\" >>\"$2\"\n")
        _ = try lab.start("up")
        let submit = try await lab.spool(
          "submit", "--name", "copy", "--input", "raw/*.raw", "--output", "out/{stem}.txt",
          "--cpus", "1", "--memory", "50MB", "--wait", "--",
          "sh", "./cat.sh", "{input}", "{output}", "$HOME; {{index}")
        #expect(submit.code == 0, Comment(rawValue: submit.said))
        for name in names {
          let text = lab.text("out/\(name.dropLast(4)).txt")
          #expect(text == "\(name)\n$HOME; {index}\n")
        }
        #expect(lab.names("out").count == names.count)

        // A file is a file, whatever its name would match as a pattern.
        let one = try await lab.spool(
          "submit", "--name", "one", "--input", "raw/e[1].raw", "--memory", "50MB", "--wait", "--",
          "cat", "{input}")
        #expect(one.code == 0, Comment(rawValue: one.said))
        #expect(try await lab.spool("logs", "one").output.contains("e[1].raw"))
      }
    }

    /// A program without a slash is looked up in PATH, whatever lies around here.
    @Test func aBareProgramIsNotTheFileOfThatName() async throws {
      try await Lab.run { lab in
        try lab.write("echo", "not a program")
        let preview = try await lab.spool(
          "submit", "--name", "x", "--count", "1", "--dry-run", "--", "echo", "hello")
        #expect(preview.output.contains("[\"echo\",\"hello\"]"), Comment(rawValue: preview.said))
      }
    }

    @Test func dryRunShowsTheFirstJobAndDropsNothing() async throws {
      try await Lab.run { lab in
        try lab.makeInputs(["a.raw"])
        let preview = try await lab.spool(
          "submit", "--name", "x", "--input", "tmp/../raw/*.raw", "--output",
          "said/../out/{stem}.txt", "--priority", "2", "--memory", "1GiB", "--dry-run", "--", "cp",
          "{input}", "{output}")
        #expect(preview.code == 0)
        #expect(preview.output.hasPrefix("p2-0000000000000.x.00000000.a1.c1.m1024.g0.w3600.json\n"))
        #expect(preview.output.contains(lab.path + "/raw/a.raw"))
        #expect(preview.output.contains(lab.path + "/out/a.txt"))
        #expect(lab.names("spool/incoming").isEmpty)
        #expect(try await lab.spool("wait", "x").code == 66)
      }
    }

    @Test func plainLinesWhereThereIsNoTerminal() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let submit = try await lab.spool(
          "submit", "--name", "x", "--count", "8", "--memory", "50MB", "--wait", "--",
          "sleep", "0.5")
        #expect(submit.code == 0)
        #expect(!submit.said.contains("\u{1B}") && !submit.said.contains("\r"))
        #expect(submit.errors.contains("x: "), "at least one line of progress")
      }
    }

    @Test func aNameIsTakenOnce() async throws {
      try await Lab.run { lab in
        let arguments = ["submit", "--name", "x", "--count", "1", "--", "true"]
        let program = [Lab.products + "/spool"]
        #expect(try await lab.end(of: lab.launch(program + arguments)).code == 0)
        let second = try await lab.end(of: lab.launch(program + arguments))
        #expect(second.code == 0)
        #expect(second.output.contains("x is dropped already, with the same content"))
        let other = ["submit", "--name", "x", "--count", "2", "--", "true"]
        let clash = try await lab.end(of: lab.launch(program + other))
        #expect(clash.code == 64 && clash.errors.contains("dropped already"))
        _ = try lab.start("up", "--exit-when-idle")
        try await lab.waitFor("its end") { lab.hasEnded("x") }
        let again = try await lab.end(of: lab.launch(program + arguments))
        #expect(again.code == 0)
        let words = "the task x is there already, with the same content (done: 1 of 1 done)"
        #expect(again.output.contains(words))
        let third = try await lab.end(of: lab.launch(program + other))
        #expect(third.code == 64)
        #expect(third.errors.contains("spool forget x"))
        #expect(third.errors.contains("choose another name, as x-2 (--name)"))
      }
    }

    @Test func manifestsInLines() async throws {
      try await Lab.run { lab in
        try lab.makeInputs(["a", "b", "c"])
        try lab.write(
          "runs.jsonl",
          """
          {"kind": "dataset", "name": "runs", "closed": true, "expected": 3}
          "raw/a"

          {"path": "raw/b", "size": 2, "meta": {"run": 7}}
          "raw/c"

          """)
        _ = try lab.start("up")
        #expect(try await lab.spool("submit", "runs.jsonl").code == 0)
        let submit = try await lab.spool(
          "submit", "--name", "x", "--dataset", "runs", "--memory", "50MB", "--wait", "--",
          "cat", "{input}")
        #expect(submit.code == 0, Comment(rawValue: submit.said))
        #expect(submit.output.contains("3 done"))
        #expect(lab.text("spool/datasets/runs.jsonl").contains("\"run\":7"))
        try lab.write(
          "more.jsonl", "{\"kind\": \"dataset\", \"name\": \"more\"}\n\"a\"\n{\"pth\": 1}\n")
        let wrong = try await lab.spool("submit", "more.jsonl")
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("line 3"))
        #expect(wrong.errors.contains("\"path\""))
      }
    }
  }
}
