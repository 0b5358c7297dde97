import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// What users stumble over at the command line.
  @Suite(.serialized) struct Stumbles {
    // MARK: Paths

    @Test func pathsMeanWhatTheyMeanToTheShell() async throws {
      try await Lab.run { lab in
        for path in ["real/x/f", "real/f", "f", "phys/g"] { try lab.write(path, path) }
        try #require(symlink("real/x", lab.path + "/k") == 0)
        try #require(symlink("phys", lab.path + "/log") == 0)
        let up = try await lab.spool(
          "submit", "--name", "t", "--input", "k/../f", "--dry-run", "--", "cat", "{input}")
        #expect(up.output.contains("/real/f\""), Comment(rawValue: up.said))
        // The directory is spelled as the shell's user knows it, or as the system does.
        for (shown, path) in [("/log", "/log"), ("", "/phys"), ("/real", "/phys")] {
          lab.environment["PWD"] = lab.path + shown
          let preview = try await lab.spool(
            "submit", "--name", "t", "--input", "g", "--dry-run", "--spool", lab.spool, "--", "cat",
            directory: lab.path + "/log")
          #expect(preview.output.contains("\(path)/g\""), Comment(rawValue: preview.said))
          #expect(preview.output.contains("\"directory\": \"\(lab.path)\(path)\""))
        }
        let bytes = "raw/l".utf8CString.dropLast() + [-28, 46, 114, 97, 119, 0]
        try lab.makeDirectory("raw")
        let root = "\(lab.path)/".utf8CString.dropLast()
        let descriptor = open(Array(root + bytes), O_WRONLY | O_CREAT, 0o644)
        try #require(descriptor >= 0)
        close(descriptor)
        let latin = try await lab.spool("submit", "--name", "t", "--input", "raw/*", "--", "cat")
        #expect(latin.code == 64 && latin.errors.contains("\"raw/l\\xE4.raw\" is not UTF-8"))
        let wrong = try await lab.spool("submit", "--name", "t", "--input", "real", "--", "cat")
        #expect(wrong.code == 64 && wrong.errors.contains("real is a directory"))
      }
    }

    /// Words of a command stay as they were typed, and mean what they mean here.
    @Test func commandsRunWhereTheUserIs() async throws {
      try await Lab.run { lab in
        for name in ["here/all", "here/5", "here/conf"] { try lab.write(name, "\(name)\n") }
        let here = lab.path + "/here"
        for command in [["make", "all"], ["head", "-n", "5", "/etc/passwd"]] {
          let preview = try await lab.end(
            of: lab.launch(
              [
                Lab.products + "/spool", "submit", "--spool", lab.spool, "--name", "t", "--count",
                "1",
              ]
                + ["--dry-run", "--"] + command, directory: here))
          let words = command.map { "\"\($0)\"" }.joined(separator: ",")
          #expect(preview.output.contains("[\(words)]"), Comment(rawValue: preview.said))
        }
        _ = try lab.start("up", "--scratch", "scratch")
        let line = "cat conf; echo made >made; pwd; echo $SPOOL_SCRATCH"
        let run = try await lab.spool(
          "submit", "--spool", lab.spool, "--name", "t", "--count", "1", "--wait", "--", "sh", "-c",
          line, directory: here)
        #expect(run.code == 0, Comment(rawValue: run.said))
        #expect(lab.text("here/made") == "made\n")
        let said = try await lab.spool("logs", "t").output
        #expect(
          said.contains("\nhere/conf\n\(here)\n\(lab.path)/scratch/"), Comment(rawValue: said))

        let scratch = try await lab.spool(
          "submit", "--spool", lab.spool, "--name", "s", "--count", "1", "--chdir", "{scratch}",
          "--wait", "--", "sh", "-c", "echo more >>made; test \"$PWD\" = \"$SPOOL_SCRATCH\"",
          directory: here)
        #expect(scratch.code == 0, Comment(rawValue: scratch.said))
        #expect(lab.text("here/made") == "made\n")
      }
    }

    /// The command of a file runs in a scratch directory: what it names from here is told.
    @Test func aFileSaysWhereItRuns() async throws {
      try await Lab.run { lab in
        try lab.write("reco.py", "print()")
        for word in ["reco.py", "--config=reco.py", "./reco.py"] {
          try lab.write("t.json", task("t", input: ["count": 1], ["python3", word]))
          let told = try await lab.spool("submit", "t.json", "--dry-run")
          #expect(told.code == 0)
          #expect(told.errors.contains("reco.py is relative"), Comment(rawValue: told.said))
          let moved = try await lab.spool("submit", "t.json", "--dry-run", "--chdir", ".")
          #expect(moved.errors.isEmpty, Comment(rawValue: moved.said))
          #expect(moved.output.contains("\"directory\": \"\(lab.path)\""))
          #expect(moved.output.contains("\"\(word)\""))
        }
      }
    }

    @Test func aDirectoryThatIsNotThere() async throws {
      var config = SpoolConfig.quick
      config.infrastructureAttempts = 1
      try await Lab.run(config) { lab in
        _ = try lab.start("up")
        let ended = try await lab.spool(
          "submit", "--name", "t", "--count", "1", "--chdir", "/no/such", "--wait", "--", "true")
        #expect(ended.code == 1)
        let words = try await lab.spool("explain", "t").output
        #expect(
          words.contains("cannot enter the directory /no/such: ENOENT"), Comment(rawValue: words))
        #expect(words.contains("--chdir"))
      }
    }

    /// Who waits for a dataset is told that its manifest was not good.
    @Test func aRefusedManifest() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let submitted = try await lab.spool(
          "submit", "--name", "t", "--dataset", "raw", "--", "true")
        #expect(submitted.code == 0, Comment(rawValue: submitted.said))
        try lab.write("spool/incoming/raw.json", ["kind": "dataset", "name": "raw", "file": []])
        try await lab.waitFor("the refusal") {
          lab.names("spool/failed/@refused").contains { $0.hasSuffix(".reason") }
        }
        let words = try await lab.spool("explain", "t").output
        #expect(words.contains("the dataset raw is not there"), Comment(rawValue: words))
        #expect(words.contains("a request of that name was refused: "))
        #expect(words.contains("files"), "the reason names the key that was meant")
      }
    }

    // MARK: Standard output, and the descriptors

    @Test(arguments: [
      "status", "pilots", "jobs t", "jobs t --format json", "check", "dataset list", "logs t",
    ])
    func whatCannotBePrintedIsTold(_ verb: String) async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        #expect(
          try await lab.spool("submit", "--name", "t", "--count", "3", "--wait", "--", "true").code
            == 0)
        let ended = try await lab.shell("spool \(verb) >/dev/full")
        #expect(ended.code == 74, Comment(rawValue: ended.said))
        #expect(ended.errors.contains("cannot write standard output: ENOSPC"))
        let closed = try await lab.shell(
          "trap '' PIPE; { spool \(verb) 2>errors; echo $? >code; } | exec sh -c 'exec <&-; while ! test -s code; do :; done'"
        )
        #expect(closed.code == 0)
        #expect(["0\n", "141\n"].contains(lab.text("code")), "\(lab.text("code"))")
        #expect(!lab.text("errors").contains("EPIPE"))
      }
    }

    @Test(arguments: ["watch", "pilot --scratch scratch", "up --scratch scratch"])
    func descriptorsThatAreClosed(_ verb: String) async throws {
      try await Lab.run { lab in
        let program = try lab.launch(["/bin/sh", "-c", "exec spool \(verb) 0<&- 1>&- 2>&-"])
        try await lab.waitFor("three descriptors") {
          (0...2).allSatisfy { number in
            var target = [CChar](repeating: 0, count: 100)
            let length = readlink("/proc/\(program.pid)/fd/\(number)", &target, 100)
            return length > 0
              && String(
                decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                == "/dev/null"
          }
        }
      }
    }

    // MARK: The watcher

    @Test func aWatcherThatIsStopped() async throws {
      var config = SpoolConfig.quick
      config.deadAfter = .seconds(1)
      try await Lab.run(config) { lab in
        let watch = try lab.start("watch")
        try await lab.waitFor("the watcher") { lab.isThere("spool/STATUS") }
        #expect(
          try await lab.spool("submit", "--name", "t", "--count", "1", "--", "true").code == 0)
        try await lab.waitFor("the task") { lab.isThere("spool/running/t.json") }
        watch.signal(SIGSTOP)
        let record = lab.spool + "/watcher.json"
        try await lab.waitFor("silence") {
          let beat = try lab.files.attributes(of: record).modifiedAt
          return SystemTime().timestamp - beat > .milliseconds(1500)
        }
        for verb in ["status", "jobs t", "submit --name u --count 1 -- true"] {
          let told = try await lab.shell("spool \(verb)")
          #expect(told.code == 0 && told.errors.contains("it is stopped or hangs"), "\(told.said)")
        }
        let order = try await lab.spool("cancel", "t")
        #expect(order.code == 69, Comment(rawValue: order.said))
        #expect(order.errors.contains("cancel t: not done yet"))
        watch.signal(SIGCONT)
      }
    }

    /// A verb sees what the one before it did.
    @Test func verbsSeeTheirOwnWrites() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        for number in 0..<4 {
          let name = "t\(number)"
          let line = """
            spool submit --name \(name) --count 1 --output out/\(name).txt -- true && spool hold \(name) \
            && spool status \(name) && spool dataset show \(name)
            """
          let ended = try await lab.shell(line)
          #expect(ended.code == 0, Comment(rawValue: ended.said))
          #expect(ended.output.contains("held"))
        }
        let missing = try await lab.spool("status", "nothing")
        #expect(missing.code == 66)
      }
    }

    @Test func aNameOfATaskAndOfAJob() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        for name in ["t", "t.00000000"] {
          #expect(
            try await lab.spool(
              "submit", "--name", name, "--count", "1", "--wait", "--", "echo", name
            ).code == 0)
        }
        for verb in ["logs", "explain"] {
          let told = try await lab.spool(verb, "t.00000000")
          #expect(told.errors.contains("it is also the job 0 of the task t"), "\(told.said)")
          #expect(try await !lab.spool(verb, "t").errors.contains("also"))
        }
      }
    }

    @Test func ctrlCOnAWait() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let submit = try lab.start(
          "submit", "--name", "t", "--count", "1", "--wait", "--", "sleep", "600")
        try await lab.waitFor("the task") { lab.isThere("spool/running/t.json") }
        submit.signal(SIGINT)
        let ended = try await lab.end(of: submit)
        #expect(ended.code == 130)
        #expect(ended.errors.contains("t goes on without this wait"), Comment(rawValue: ended.said))
        #expect(try await lab.spool("cancel", "t").code == 0)
      }
    }

    // MARK: Pilots

    @Test func pilotsBesideEachOther() async throws {
      try await Lab.run { lab in
        let first = try lab.start("pilot", "--cpus", "2", "--scratch", "scratch")
        try await lab.waitFor("the first") { lab.text(first.errorPath).contains("cores") }
        let second = try lab.start("pilot", "--cpus", "3", "--scratch", "scratch")
        try await lab.waitFor("the word") {
          lab.text(second.errorPath).contains("runs on this host; all count on 5 cores")
        }
        #expect(!lab.text(first.errorPath).contains("another pilot"))
        let inside = try await lab.spool("pilot", "--scratch", "spool/here")
        #expect(inside.code == 64 && inside.errors.contains("is in the spool"), "\(inside.said)")
        try #require(symlink("spool", lab.path + "/link") == 0)
        #expect(try await lab.spool("up", "--scratch", "link/a/b").code == 64)
      }
    }

    // MARK: Tasks that cannot run

    @Test func programsThatCannotRun() async throws {
      try await Lab.run { lab in
        try lab.write("mode.sh", "#!/bin/sh\n")
        let no = try await lab.spool("submit", "--name", "a", "--count", "1", "--", "./mode.sh")
        #expect(no.code == 64 && no.errors.contains("is not executable"), "\(no.said)")
        #expect(lab.visible("spool/incoming").isEmpty)
        let typo = try await lab.spool("submit", "--name", "b", "--count", "1", "--", "pyton3")
        #expect(typo.code == 0 && typo.errors.contains("there is no program pyton3 in PATH here"))
        #expect(lab.visible("spool/incoming").count == 1)
        let good = try await lab.spool("submit", "--name", "c", "--count", "1", "--", "true")
        #expect(!good.errors.contains("program"))
      }
    }

    @Test func aSecondRun() async throws {
      try await Lab.run { lab in
        try lab.makeInputs(["a", "b"])
        let submit = { (name: String, more: String) in
          try await lab.shell(
            "spool submit --name \(name) --input 'raw/*' --output 'out/{stem}' --wait \(more) -- "
              + "sh -c 'echo \(name) >\"$0\"' {output}")
        }
        _ = try lab.start("up")
        #expect(try await submit("one", "").code == 0)
        let second = try await submit("two", "--attempts 1")
        #expect(second.code == 1)
        #expect(second.errors.contains("2 outputs are there already"), "\(second.said)")
        #expect(try await lab.spool("explain", "two").output.contains("--overwrite"))
        #expect(lab.text("out/a") == "one\n")
        let third = try await submit("three", "--overwrite")
        #expect(third.code == 0 && !third.errors.contains("there already"), "\(third.said)")
        #expect(lab.text("out/a") == "three\n")
        try lab.write("other/a", "x")
        let both = try await lab.shell(
          "spool submit --name four --input raw/a other/a --output 'new/{stem}' -- true")
        #expect(both.code == 64 && both.errors.contains("would both write"), "\(both.said)")
      }
    }
  }
}
