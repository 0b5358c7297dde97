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
          "SPOOL_DIR=\(lab.spool)\nSPOOL_EVENT=task-ended\nSPOOL_OWNER=\(getuid())\nSPOOL_TASK=t\n"
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

    /// The site's example of a command, with a sendmail that keeps what it gets.
    private static func withExample(_ config: SpoolConfig, _ body: (Lab) async throws -> Void)
      async throws
    {
      try await Lab.run(config) { lab in
        try lab.makeDirectory("bin")
        let sendmail = "#!/bin/sh\n{ echo \"args $*\"; cat; } >>\"$HOME/mails\"\n"
        try lab.write("bin/sendmail", sendmail, mode: 0o755)
        lab.environment["PATH"] = "\(lab.path)/bin:\(lab.environment["PATH"] ?? "")"
        try await body(lab)
      }
    }

    /// A mail and a command, once for a task and once for a chain, with several watchers.
    @Test func whoeverWantsToBeTold() async throws {
      var config = Self.config(Lab.package + "/examples/notify/on-end")
      config.onEnd?.isAtLeastOnce = true
      try await Self.withExample(config) { lab in
        let watcher = try lab.start("watch")
        _ = try lab.start("pilot")
        let chain: JSON = [
          "kind": "chain", "name": "c", "input": ["count": 1],
          "steps": [
            ["name": "a", "command": ["true"]],
            ["name": "b", "input": ["count": 1], "command": ["true"]],
          ],
        ]
        try lab.write("c.json", chain)
        try await lab.waitFor("the watcher") {
          lab.text("spool/watcher.json").contains("\"clean\":false")
        }
        let submitted = try await lab.spool("submit", "c.json", "--notify", "mail:ada@example.org")
        #expect(submitted.code == 0 && submitted.errors.isEmpty, Comment(rawValue: submitted.said))
        let command = #"cat >"$HOME/notice"; echo "$SPOOL_TASK $SPOOL_STATE" >>"$HOME/ends""#
        _ = try await lab.spool(
          "submit", "--name", "t", "--count", "1", "--attempts", "1", "--notify", command, "--",
          "false")
        try await lab.waitFor("the ends") { lab.hasEnded("t") && lab.hasEnded("c") }
        try await lab.waitFor("the mail") {
          !lab.text("mails").isEmpty && !lab.text("ends").isEmpty
        }
        watcher.signal(SIGTERM)
        #expect(try await lab.end(of: watcher).code == 0)
        let second = try lab.start("watch", "--exit-when-idle")
        #expect(try await lab.end(of: second).code == 0)
        let mails = lab.text("mails")
        #expect(mails.hasPrefix("args -i -- ada@example.org\nTo: ada@example.org\n"))
        #expect(mails.contains("Subject: spool: c is done\n"))
        #expect(
          mails.split(separator: "\n").count { $0.hasPrefix("args") } == 1, Comment(rawValue: mails)
        )
        #expect(lab.text("ends") == "t failed\n")
        #expect(try lab.json("notice")["owner"]?.integer == Int(getuid()))
      }
    }

    /// What is no address does not reach sendmail. A command of another's runs as that one, or not at all.
    @Test func whatTheExampleRefuses() async throws {
      try await Self.withExample(.quick) { lab in
        let call = { (notify: String, owner: String) in
          lab.environment.merge([
            "SPOOL_NOTIFY": notify, "SPOOL_OWNER": owner, "SPOOL_TASK": "t", "SPOOL_DIR": lab.spool,
          ]) { $1 }
          return try await lab.shell("echo '{}' | '\(Lab.package)/examples/notify/on-end'")
        }
        for address in ["mail:-oQ/tmp", "mail:a b", "mail:$(id)", "mail:"] {
          #expect(try await call(address, "\(getuid())").code == 1)
        }
        #expect(!lab.isThere("mails"))
        try lab.becomeOrdinary()
        let other = try await call("touch '\(lab.path)/run'", "12345")
        #expect(other.code == 1 && other.errors.contains("only root can become uid 12345"))
        #expect(!lab.isThere("run"))
      }
    }

    /// Where the site tells nobody, that is said at once.
    @Test func nobodyIsTold() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let ended = try await lab.spool(
          "submit", "--name", "t", "--count", "1", "--notify", "mail:a@b.org", "--", "true")
        #expect(ended.code == 0)
        #expect(ended.errors.contains("nobody will be told"))
        #expect(ended.errors.contains("examples/notify/on-end"))
        let bad = try await lab.spool(
          "submit", "--name", "u", "--count", "1", "--notify", "mail:", "--", "true")
        #expect(bad.code == 64 && bad.errors.contains("--notify: expected an address"))
      }
    }
  }
}
