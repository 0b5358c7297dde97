import Glibc
import SpoolPilot
import Testing

extension ProcessTests {
  /// The script that is sourced before a payload, by bash and by another shell.
  @Suite(.serialized) struct Setup {
    private let fixture: RunnerFixture
    private var setup: String { fixture.scratch.path + "/set up.sh" }

    init() throws {
      fixture = try RunnerFixture()
      // A PATH in which there is no bash.
      try #require(symlink("/bin/dash", fixture.scratch.path + "/sh") == 0)
    }

    private func run(
      _ script: String, _ command: [String], path: String
    ) throws -> PayloadEnd.Status {
      try fixture.scratch.write("set up.sh", Array(script.utf8))
      let path = path.isEmpty ? fixture.scratch.path : path
      var payload = fixture.payload(command, environment: ["PATH": path, "OWN": "given"])
      payload.setup = setup
      fixture.runner.start(payload)
      return try fixture.next().status
    }

    /// Arguments pass unchanged, the setup has none, and the exit code is the payload's.
    @Test(arguments: ["/usr/bin:/bin", ""]) func isSourced(_ path: String) throws {
      let script = """
        export SEEN="$# $OWN ${0##*/}" PATH="/usr/bin:/bin"
        set -- not these; set -u; cd /
        """
      let line = "printf '<%s>' \"$SEEN\" \"$PWD\" \"$@\"; exit 7"
      let words = ["a b", "", "$x", "'\"", "-n", "*", "ü\n", "--"]
      let status = try run(script, ["sh", "-c", line, "sh"] + words, path: path)
      #expect(status == .exited(7))
      let expected = (["0 given set up.sh", "/"] + words).map { "<\($0)>" }.joined()
      #expect(fixture.scratch.text("out") == expected)
      #expect(fixture.scratch.text("err") == "")
    }

    @Test func bashIsPreferred() throws {
      let script = "declare -x SEEN=\"$BASH_VERSION\"; [[ -n $SEEN ]]"
      #expect(try run(script, ["sh", "-c", "echo \"$SEEN\""], path: "/usr/bin:/bin") == .exited(0))
      #expect(fixture.scratch.text("out").count > 2)
    }

    /// Its failure is no success of the payload, whatever its exit code, and names it.
    @Test(arguments: ["/usr/bin:/bin", ""]) func itsFailure(_ path: String) throws {
      let scripts: [(String, Int32, Int32)] = [
        ("return 3", 3, 3), ("exit 4", 4, 4), ("exit 0", 0, 1), ("set -e\nfalse\ntrue", 1, 1),
        ("if then", 2, 2), ("no_such_command", 127, 127),
      ]
      for (script, told, code) in scripts {
        let status = try run(script, ["/bin/sh", "-c", "echo ran"], path: path)
        #expect(status == .exited(code), "\(script)")
        #expect(fixture.scratch.text("out") == "")
        let last = fixture.scratch.text("err").split(separator: "\n").last
        #expect(
          last
            == "spool: the setup \(setup) ended with exit code \(told), and the command was not started"
        )
      }
    }

    @Test func aProgramThatIsNotThere() throws {
      #expect(try run("true", ["no-such-program"], path: "/usr/bin:/bin") == .exited(127))
      #expect(fixture.scratch.text("err").contains("no-such-program: not found"))
      #expect(!fixture.scratch.text("err").contains("was not started"))
    }

    @Test func whatIsNoScript() throws {
      for (path, code) in [("/no/such/setup.sh", ENOENT), ("/usr", EISDIR)] {
        var payload = fixture.payload(["true"])
        payload.setup = path
        #expect(throws: SpawnError(program: "the setup \(path)", code: code)) {
          try fixture.launch(payload)
        }
      }
    }
  }
}
