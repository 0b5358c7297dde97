import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// The environment, sweeps and the time to begin, as options of the command line.
  @Suite(.serialized) struct EnvironmentVerbs {
    @Test func variablesAndASetupReachThePayload() async throws {
      try await Lab.run { lab in
        lab.environment["MINE"] = "{my} own=1"
        lab.environment["PYTHONPATH"] = "/of/the/pilot"
        lab.environment["HOME"] = nil
        try lab.write("set up.sh", "export FROM_SETUP=\"$LEFT+\"\n")
        _ = try lab.start("up", "--env", "LEFT=of {pilot}", "--env", "MINE")
        lab.environment["MINE"] = "{other} own=2"
        let line =
          "printf '%s|' \"$FROM_SETUP\" \"$MINE\" \"$VALUE\" \"$PYTHONPATH\" \"$1\"; echo \"${{HOME:+home}\""
        let run = try await lab.spool(
          "submit", "--name", "t", "--values", "n=7", "--env", "MINE", "--env", "VALUE=v{value.n}",
          "--setup", "set up.sh", "--memory", "50MB", "--wait", "--", "sh", "-c", line, "sh",
          "a  b")
        #expect(run.code == 0, Comment(rawValue: run.said))
        let said = try await lab.spool("logs", "t").output
        #expect(
          said.contains("of {pilot}+|{other} own=2|v7|/of/the/pilot|a  b|home\n"),
          Comment(rawValue: said))
        // Of a file's task they change what it says.
        try lab.write(
          "u.json",
          task(
            "u", input: ["count": 1], ["sh", "-c", "echo $A$B$MINE"],
            ["environment": ["A": "1", "B": "1"]]))
        #expect(try await lab.spool("submit", "u.json", "--env", "B=2", "--wait").code == 0)
        #expect(try await lab.spool("logs", "u").output.contains("12{my} own=1\n"))

        try lab.write("bad.sh", "return 3\n")
        let bad = try await lab.spool(
          "submit", "--name", "bad", "--count", "1", "--attempts", "1", "--setup", "bad.sh",
          "--memory", "50MB", "--wait", "--", "echo", "ran")
        #expect(bad.code == 1)
        let end = try #require(try lab.ledger("bad").last)
        #expect(end["outcome"] == "exit3")
        #expect(
          end["reason"]?.string?.contains(
            "the setup \(lab.path)/bad.sh ended with exit code 3, and the command was not started")
            == true)
        try await lab.expectClean()
      }
    }

    /// A pilot without PATH and HOME still finds programs, and a home for them.
    @Test func anEmptyEnvironment() async throws {
      try await Lab.run { lab in
        let kept = lab.environment
        lab.environment = [:]
        _ = try lab.start("up", "--spool", lab.spool, "--scratch", lab.path + "/scratch")
        lab.environment = kept
        let run = try await lab.spool(
          "submit", "--name", "t", "--count", "1", "--memory", "50MB", "--wait", "--", "sh", "-c",
          "test -d \"$HOME\" && command -v ls")
        #expect(run.code == 0, Comment(rawValue: run.said))
      }
    }

    @Test func whatAPayloadDoesNotGetIsSaid() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        lab.environment["ROOTSYS"] = "/opt/root"
        lab.environment["PYTHONPATH"] = "/mine"
        let line = "echo \"ModuleNotFoundError: No module named 'x'\" >&2; exit 1"
        let arguments = ["submit", "--count", "1", "--attempts", "1", "--memory", "50MB", "--wait"]
        let program = [Lab.products + "/spool"]
        let plain = try await lab.end(
          of: lab.launch(program + arguments + ["--name", "t", "--", "sh", "-c", line]))
        #expect(plain.code == 1)
        #expect(
          plain.errors.contains("payloads do not get your PYTHONPATH, ROOTSYS: --env PYTHONPATH"),
          Comment(rawValue: plain.said))
        for name in ["t", "t.00000000"] {
          let words = try await lab.spool("explain", name)
          #expect(words.output.contains("a payload gets a clean environment"))
          #expect(words.output.contains("--env PYTHONPATH") && words.output.contains("\"setup\""))
        }
        let given = try await lab.end(
          of: lab.launch(
            program + arguments
              + ["--name", "u", "--env", "ROOTSYS", "--env", "PYTHONPATH", "--", "false"]))
        #expect(!given.errors.contains("do not get"), Comment(rawValue: given.said))
        #expect(try await !lab.spool("explain", "u").output.contains("clean environment"))
      }
    }

    @Test func aSweep() async throws {
      try await Lab.run { lab in
        try lab.write("seeds.csv", "seed,label\n1,\"a,b\"\n2,c\n")
        _ = try lab.start("up")
        let run = try await lab.spool(
          "submit", "--name", "t", "--values", "energy=7,13", "--values-from", "seeds.csv",
          "--output", "out/{value.energy}.{value.seed}.txt", "--env", "LABEL={value.label}",
          "--memory", "50MB", "--wait", "--", "sh", "-c", "echo \"$1 $LABEL\" >\"$2\"", "sh",
          "{value.energy}", "{output}")
        #expect(run.code == 0, Comment(rawValue: run.said))
        let texts = ["7.1": "7 a,b", "7.2": "7 c", "13.1": "13 a,b", "13.2": "13 c"]
        for (name, text) in texts { #expect(lab.text("out/\(name).txt") == text + "\n") }
        #expect(lab.names("out").count == 4)
        let collision = try await lab.spool(
          "submit", "--name", "u", "--values", "a=1,2", "--values", "b=1,2", "--output",
          "out/{value.a}", "--", "touch", "{output}")
        #expect(collision.code == 64)
        #expect(
          collision.errors.contains("a=1 b=1 and a=1 b=2 would both write"),
          Comment(rawValue: collision.said))
        try await lab.expectClean()
      }
    }

    @Test func tasksInARow() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let late = try await lab.spool(
          "submit", "--name", "second", "--count", "1", "--after", "first", "--not-before",
          "1ms", "--memory", "50MB", "--", "test", "-e", "made", directory: lab.path)
        #expect(late.code == 0)
        #expect(late.errors.contains("there is no task or chain first (yet)"))
        #expect(
          try await lab.spool(
            "submit", "--name", "first", "--count", "1", "--memory", "50MB", "--wait", "--",
            "touch", "made", directory: lab.path
          ).code == 0)
        #expect(try await lab.spool("wait", "second", "--timeout", "60s").code == 0)
        #expect(lab.text("spool/done/second.json").contains("\"notBefore\": \"20"))

        let held = try await lab.spool(
          "submit", "--name", "later", "--count", "1", "--not-before", "2h", "--memory", "50MB",
          "--", "true")
        #expect(held.code == 0)
        try await lab.waitFor("its page") { lab.text("spool/running/later.json").contains("waits") }
        #expect(lab.visible("spool/ready-cpu").isEmpty)
      }
    }

    /// Of a chain the options hold for every step, and go before what the steps say.
    @Test func optionsForAChain() async throws {
      try await Lab.run { lab in
        try lab.write(
          "c.json",
          """
          {"kind": "chain", "name": "c", "input": "i", "environment": {"A": "chain", "B": "chain"},
           "steps": [{"name": "a", "command": ["true"], "outputs": [{"path": "{stem}"}],
                      "environment": {"A": "step"}, "after": "x", "setup": "/s"},
                     {"name": "b", "command": ["true"], "after": ["x", "y"]}]}
          """)
        let submit = try await lab.end(
          of: lab.launch([
            Lab.products + "/spool", "submit", "c.json", "--env", "A=1", "--after", "y", "--setup",
            "none", "--not-before", "2027-03-01T08:00:00+03:00",
          ]))
        #expect(submit.code == 0, Comment(rawValue: submit.said))
        let name = try #require(lab.names("spool/incoming").first)
        let steps = try JSON.parse(Array(lab.text("spool/incoming/\(name)").utf8))["steps"]?.array
        for step in try #require(steps) {
          #expect(step["after"] == ["x", "y"] && step["setup"] == "none")
          #expect(step["environment"] == ["A": "1"])
          #expect(step["notBefore"] == "2027-03-01T08:00:00+03:00")
        }
        #expect(steps?.count == 2)
      }
    }

    @Test func badOptions() async throws {
      try await Lab.run { lab in
        try lab.write("v.csv", "a,b\n1\n")
        lab.environment["NOT_SET"] = nil
        let faults: [([String], Int32, String)] = [
          (["--env", "NOT_SET"], 64, "--env: NOT_SET is not set here"),
          (["--env", "=1"], 64, "--env: expected NAME or NAME=VALUE, found \"=1\""),
          (["--env", "SPOOL_JOB=1"], 64, "SPOOL_… are the pilot's"),
          (["--env", "A=1", "--env", "A=2"], 64, "--env: A is given twice"),
          (["--env", "A={vlue}"], 64, "--env A: there is no placeholder {vlue}"),
          (["--after", "a b"], 64, "--after: \"a b\" is no name"),
          (["--not-before", "tomorrow"], 64, "--not-before: expected a time with its zone"),
          (["--not-before", "2027-03-01T08:00:00"], 64, "expected a time with its zone"),
          (["--setup", ""], 64, "--setup: expected a script's path, or none"),
          (["--values", "1"], 64, "exactly one of --input, --dataset, --count, --values"),
        ]
        let program = [
          Lab.products + "/spool", "submit", "--name", "t", "--count", "1", "--dry-run",
        ]
        for (options, code, words) in faults {
          let end = try await lab.end(of: lab.launch(program + options + ["--", "true"]))
          #expect(end.code == code && end.errors.contains(words), Comment(rawValue: end.said))
        }
        _ = try lab.start("up")
        let place = try await lab.spool(
          "submit", "--name", "t", "--count", "1", "--setup", "spool", "--", "true")
        #expect(place.code == 64 && place.errors.contains("spool is a directory, not a script"))
        let sweeps: [([String], Int32, String)] = [
          (["--values", "1,,2"], 64, "--values: expected values with commas between"),
          (["--values", "1", "--values", "2"], 64, "--values: several lists of values need names"),
          (["--values-from", "v.csv"], 64, "--values-from v.csv: line 2: expected 2 values"),
          (["--values-from", "none.csv"], 66, "none.csv"),
        ]
        for (options, code, words) in sweeps {
          let end = try await lab.end(
            of: lab.launch(
              [Lab.products + "/spool", "submit", "--name", "t", "--dry-run"] + options
                + ["--", "true"]))
          #expect(end.code == code && end.errors.contains(words), Comment(rawValue: end.said))
        }
        let rows = (0..<100_000).map { "\($0),1,1,1,1,1,1" }.joined(separator: "\n")
        try lab.write("large.csv", "a,b,c,d,e,f,g\n" + rows)
        let large = try await lab.spool(
          "submit", "--name", "t", "--values-from", "large.csv", "--dry-run", "--", "true")
        #expect(
          large.code == 64 && large.errors.contains("more than 600000 values: divide"),
          Comment(rawValue: large.said))
        let pilot = try await lab.spool("pilot", "--env", "NOT_SET")
        #expect(pilot.code == 64 && pilot.errors.contains("NOT_SET is not set here"))
      }
    }
  }
}
