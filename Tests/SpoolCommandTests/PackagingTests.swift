import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// What packages hold beside the program: manual pages and completions, made of its definitions, and
  /// systemd units.
  @Suite(.serialized) struct Packaging {
    /// A verb as the program defines it, with its subcommands.
    struct Verb {
      var name: String
      var abstract: String
      var options: [String]
      var subcommands: [Verb]

      init(_ json: JSON) {
        name = json["commandName"]?.string ?? ""
        abstract = json["abstract"]?.string ?? ""
        let shown = (json["arguments"]?.array ?? []).filter { $0["shouldDisplay"]?.bool != false }
        options = shown.flatMap { $0["names"]?.array ?? [] }
          .filter { $0["kind"]?.string == "long" }.compactMap { $0["name"]?.string }
        subcommands = (json["subcommands"]?.array ?? []).map(Verb.init).filter {
          $0.name != "help"
        }
      }

      /// Its options and its subcommands', without those that every verb has.
      var allOptions: Set<String> {
        subcommands.reduce(into: Set(options)) { $0.formUnion($1.allOptions) }
          .subtracting(["help", "version"])
      }
    }

    static func root(_ lab: Lab) async throws -> Verb {
      let dump = try await lab.spool("--experimental-dump-help")
      return Verb(try #require(try JSON.parse(Array(dump.output.utf8))["command"]))
    }

    private static func has(_ program: String, _ lab: Lab) async throws -> Bool {
      try await lab.shell("command -v \(program)").code == 0
    }

    @Test func manualPagesSayWhatHelpSays() async throws {
      try await Lab.run(nil) { lab in
        let script = Lab.package + "/packaging/man/manpages.py"
        let made = try await lab.end(
          of: lab.launch(["python3", script, Lab.products + "/spool", "man"]))
        try #require(made.code == 0, Comment(rawValue: made.said))
        let root = try await Self.root(lab)
        try #require(root.subcommands.count > 20)
        #expect(
          lab.names("man")
            == (["spool.1"] + root.subcommands.map { "spool-\($0.name).1" }).sorted())
        for verb in root.subcommands {
          let name = "spool-\(verb.name).1"
          let page = lab.text("man/\(name)").replacing("\\-", with: "-")
          for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS", "SEE ALSO"]
          {
            #expect(page.contains("\n.SH \(section)\n"), "\(name) has no \(section)")
          }
          let words = verb.abstract.dropFirst().prefix { $0 != "." && $0 != "`" }
          #expect(page.contains(words), "\(name)")
          for option in verb.allOptions {
            #expect(page.contains("\\fB--\(option)\\fR"), "\(name) lacks --\(option)")
          }
          let help = try await lab.spool("help", verb.name).output
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
          #expect(help.contains(words), "\(verb.name)")
        }
        let first = lab.text("man/spool.1").replacing("\\-", with: "-")
        for verb in root.subcommands { #expect(first.contains("spool-\(verb.name)\\fR(1)")) }
        // Pages that the tools for them find fault with are badly shown.
        if try await Self.has("man", lab) {
          let ended = try await lab.shell(
            "for page in man/*.1; do man --warnings=w -E UTF-8 -l \"$page\" >/dev/null; done")
          #expect(ended.errors.isEmpty, Comment(rawValue: ended.errors))
        }
        if try await Self.has("mandoc", lab) {
          let ended = try await lab.shell("mandoc -T lint -W warning man/*.1")
          #expect(ended.said.isEmpty, Comment(rawValue: ended.said))
        }
      }
    }

    /// The examples of a page are those of `--help`.
    @Test func manualPagesHaveTheExamples() async throws {
      try await Lab.run(nil) { lab in
        let script = Lab.package + "/packaging/man/manpages.py"
        _ = try await lab.end(
          of: lab.launch(["python3", script, Lab.products + "/spool", "man"]))
        for verb in try await Self.root(lab).subcommands where verb.subcommands.isEmpty {
          // The help is broken into lines of the terminal's width.
          let help = try await lab.spool("help", verb.name).output
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
          let lines = Self.examples(lab.text("man/spool-\(verb.name).1"))
          #expect(!lines.isEmpty, "\(verb.name)")
          for line in lines {
            let words = line.split(separator: " ").joined(separator: " ")
            #expect(help.contains(words), "\(verb.name): \(line)")
          }
        }
      }
    }

    /// Each example is typed where there is no spool: it is understood, and told that there is none, or
    /// that a file is not there.
    @Test func everyExampleIsUnderstood() async throws {
      try await Lab.run(nil) { lab in
        let script = Lab.package + "/packaging/man/manpages.py"
        _ = try await lab.end(
          of: lab.launch(["python3", script, Lab.products + "/spool", "man"]))
        var count = 0
        // These two make a spool.
        for verb in try await Self.root(lab).subcommands where !["init", "up"].contains(verb.name) {
          let examples = Self.examples(lab.text("man/spool-\(verb.name).1"))
          #expect(!examples.isEmpty, "\(verb.name)")
          for line in examples.joined(separator: "\n").replacing("\\\n", with: " ").split(
            separator: "\n")
          {
            let ended = try await lab.shell("exec \(line)")
            #expect([66, 69].contains(ended.code), "\(line): \(ended.said)")
            count += 1
          }
        }
        #expect(count > 40)
      }
    }

    /// The lines of a page's examples, as they are typed.
    private static func examples(_ page: String) -> [String] {
      guard let section = page.split(separator: ".SH EXAMPLES\n").dropFirst().first else {
        return []
      }
      let lines =
        section.split(separator: ".nf\n").dropFirst().first?
        .split(separator: "\n.fi").first ?? ""
      return lines.split(separator: "\n").map {
        String($0).replacing("\\-", with: "-").replacing("\\(ti", with: "~").replacing(
          "\\e", with: "\\")
      }
    }

    @Test func completionsKnowAllVerbsAndOptions() async throws {
      try await Lab.run(nil) { lab in
        let root = try await Self.root(lab)
        for shell in ["bash", "zsh", "fish"] {
          let script = try await lab.spool("--generate-completion-script", shell).output
          for verb in root.subcommands {
            #expect(script.contains(verb.name), "\(shell): \(verb.name)")
            for option in verb.allOptions {
              let word = shell == "fish" ? "-l '\(option)'" : "--\(option)"
              #expect(script.contains(word), "\(shell): \(verb.name) --\(option)")
            }
          }
          try lab.write("completion.\(shell)", script)
          if try await Self.has(shell, lab) {
            let ended = try await lab.shell("\(shell) -n completion.\(shell)")
            #expect(ended.code == 0, Comment(rawValue: ended.said))
          }
        }
      }
    }

    // MARK: Units

    /// The units whose verbs this program has, as they are installed.
    private static func units(_ lab: Lab) async throws -> [(verb: String, text: String)] {
      let verbs = try await root(lab).subcommands.map(\.name)
      return verbs.compactMap { verb in
        let text = lab.text(Lab.package + "/packaging/systemd/spool-\(verb)@.service")
        return text.isEmpty ? nil : (verb, text)
      }
    }

    /// A unit calls its verb with options that the verb has.
    @Test func unitsCallTheirVerbs() async throws {
      try await Lab.run(nil) { lab in
        let units = try await Self.units(lab)
        #expect(units.map(\.verb).starts(with: ["watch", "pilot"]))
        for (verb, text) in units {
          let lines = text.split(separator: "\n").map(String.init)
          let variable = "$SPOOL_\(verb.uppercased())_OPTIONS"
          #expect(lines.contains("ExecStart=/usr/bin/spool \(verb) --spool %f \(variable)"))
          for line in ["Type=notify", "NotifyAccess=main", "User=spool", "RequiresMountsFor=%f"] {
            #expect(lines.contains(line), "\(verb): \(line)")
          }
          #expect(lines.contains { $0.hasPrefix("WatchdogSec=") }, "\(verb)")
          #expect(lines.contains { $0.hasPrefix("KillMode=") }, "\(verb)")
        }
      }
    }

    /// systemd itself finds no fault, also with the drop-in that takes more away.
    @Test func systemdTakesTheUnits() async throws {
      try await Lab.run(nil) { lab in
        guard try await Self.has("systemd-analyze", lab) else { return }
        for (verb, text) in try await Self.units(lab) {
          let name = "spool-\(verb)@srv-run42-spool.service"
          // The manual is not installed here, and the program is elsewhere.
          let here = text.replacing("/usr/bin/spool", with: "/bin/true")
            .split(separator: "\n").filter { !$0.hasPrefix("Documentation=") }
          try lab.write("units/\(name)", here.joined(separator: "\n") + "\n")
          let hardened = lab.text(Lab.package + "/packaging/systemd/hardened.conf")
          if verb == "watch" { try lab.write("units/\(name).d/hardened.conf", hardened) }
          let ended = try await lab.shell(
            "SYSTEMD_UNIT_PATH=\"$PWD/units:\" systemd-analyze verify \"$PWD/units/\(name)\" 2>&1")
          let faults = ended.said.split(separator: "\n").filter { $0.contains("spool-") }
          #expect(faults.isEmpty, Comment(rawValue: ended.said))
          #expect(ended.code == 0, Comment(rawValue: ended.said))
        }
      }
    }
  }
}
