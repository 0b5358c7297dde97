import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// `onEnd`: the site's own command is told.
  @Suite(.serialized) struct Notices {
    private static func config(_ command: String..., timeout: Int = 60_000) -> SpoolConfig {
      var config = SpoolConfig.quick
      config.onEnd = NoticeCommand(command: command)
      config.onEnd?.timeout = .milliseconds(timeout)
      return config
    }

    /// Appends what it is given to a file, and its variables to another.
    private static let append = """
      cat >>"$HOME/told"; env | grep SPOOL_ | sort >>"$HOME/variables"; echo "heard $SPOOL_TASK"
      """

    /// What runs of the command: payloads have no such variable.
    private static func told(_ lab: Lab) -> [pid_t] {
      lab.processes(marked: "SPOOL_DIR=\(lab.spool)")
    }

    @Test func aTasksEndAndALostPilot() async throws {
      try await Lab.run(Self.config("sh", "-c", Self.append)) { lab in
        lab.environment["SPOOL_SECRET"] = "x"
        let watcher = try lab.start("watch")
        let pilot = try lab.start("pilot")
        try await lab.drop(task("t", input: ["count": 2], ["true"]), as: "t.json")
        try await lab.waitFor("its end told") {
          lab.text(watcher.errorPath).contains("onEnd: heard t")
        }
        try await lab.kill(pilot)
        try await lab.waitFor("the loss told") { lab.text("told").contains("pilot-lost") }
        watcher.signal(SIGTERM)
        #expect(try await lab.end(of: watcher).code == 0)
        let told = try lab.text("told").split(separator: "\n").map {
          try JSON.parse(Array($0.utf8))
        }
        #expect(told.map { $0["event"]?.string } == ["task-ended", "pilot-lost"])
        #expect(told[0]["summary"]?["jobs"]?["done"]?.integer == 2)
        #expect(told[1]["jobs"]?.integer == 0)
        let lost = told[1]["pilot"]?.string ?? "?"
        let expected =
          "SPOOL_DIR=\(lab.spool)\nSPOOL_EVENT=task-ended\nSPOOL_TASK=t\n"
          + "SPOOL_DIR=\(lab.spool)\nSPOOL_EVENT=pilot-lost\nSPOOL_PILOT=\(lost)\n"
        #expect(lab.text("variables") == expected)
        // Nothing is told again.
        let second = try lab.start("watch", "--exit-when-idle")
        #expect(try await lab.end(of: second).code == 0)
        #expect(lab.text("told").split(separator: "\n").count == 2)
      }
    }

    /// One that hangs, with children, is killed at its time; meanwhile another task runs.
    @Test func oneThatHangs() async throws {
      let hang = #"echo "begun $SPOOL_TASK"; sleep 1000 & sleep 1000"#
      try await Lab.run(Self.config("sh", "-c", hang, timeout: 3000)) { lab in
        let watcher = try lab.start("watch")
        _ = try lab.start("pilot")
        try await lab.drop(task("a", input: ["count": 1], ["true"]), as: "a.json")
        try await lab.waitFor("the command to hang") {
          Self.told(lab).count >= 2
        }
        try await lab.drop(task("b", input: ["count": 20], ["true"]), as: "b.json")
        #expect(try await lab.spool("wait", "b", "--timeout", "30s").code == 0)
        #expect(!lab.text(watcher.errorPath).contains("onEnd: killed"), "b was too slow to tell")
        try await lab.waitFor("its end") {
          lab.text(watcher.errorPath).contains("onEnd: killed, over its time of 3.0 s")
        }
        try await lab.waitFor("its children's end") {
          Self.told(lab).isEmpty
        }
        #expect(lab.text(watcher.errorPath).contains("onEnd: begun a"))
      }
    }

    /// The watcher's end waits for what is being told, and not for ever.
    @Test(arguments: [true, false]) func anOrderlyEnd(hangs: Bool) async throws {
      let line = hangs ? "sleep 1000" : #"sleep 1; echo told >"$HOME/told""#
      try await Lab.run(Self.config("sh", "-c", line)) { lab in
        let watcher = try lab.start("watch")
        _ = try lab.start("pilot")
        try await lab.drop(task("t", input: ["count": 1], ["true"]), as: "t.json")
        try await lab.waitFor("the command") {
          !Self.told(lab).isEmpty && lab.hasEnded("t")
        }
        watcher.signal(SIGTERM)
        #expect(try await lab.end(of: watcher, within: 15).code == 0)
        #expect(lab.text("told") == (hangs ? "" : "told\n"))
        try await lab.waitFor("nobody left") { Self.told(lab).isEmpty }
      }
    }

    /// A command that is not there, or fails, or talks much: said, and nothing else happens.
    @Test func oneThatFails() async throws {
      let chatter = "seq 100; head -c 3000 /dev/zero | tr '\\0' x; exit 3"
      for command in [["no-such-command"], ["sh", "-c", chatter]] {
        var config = SpoolConfig.quick
        config.onEnd = NoticeCommand(command: command)
        try await Lab.run(config) { lab in
          let watcher = try lab.start("watch")
          _ = try lab.start("pilot")
          for name in ["a", "b"] {
            try await lab.drop(task(name, input: ["count": 1], ["true"]), as: "\(name).json")
            #expect(try await lab.spool("wait", name, "--timeout", "30s").code == 0)
          }
          let word = command.count == 1 ? "cannot start no-such-command: ENOENT" : "exit code 3"
          try await lab.waitFor("the words") {
            lab.text(watcher.errorPath).matches(of: try Regex("onEnd: " + word)).count == 2
          }
          let lines = lab.text(watcher.errorPath).split(separator: "\n")
            .filter { $0.contains("onEnd") }
          #expect(lines.count == (command.count == 1 ? 2 : 2 * 22))
          #expect(lines.allSatisfy { $0.utf8.count < 600 })
          #expect(watcher.code == nil)
        }
      }
    }
  }
}
