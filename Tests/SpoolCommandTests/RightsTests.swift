import Glibc
import SpoolModel
import SpoolStore
import Testing

/// Users of a test's own: numbers that nobody has.
enum Users {
  static let service = 60_000
  static let submitter = 60_001
  static let other = 60_002
  static let group = 60_010

  /// Whether this process may become them, and they may run the program that is tested.
  static let areThere: Bool = {
    guard geteuid() == 0, access("/usr/bin/setpriv", X_OK) == 0 else { return false }
    var path = ""
    return Lab.products.split(separator: "/").allSatisfy { part in
      path += "/" + part
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & 0o001 != 0
    }
  }()
}

extension Lab {
  /// Starts a program as another user, of the group that submits or of none.
  func launch(as user: Int, in group: Int? = Users.group, _ arguments: String...) throws -> Program
  {
    let groups = group.map { "--groups=\($0)" } ?? "--clear-groups"
    return try launch(
      ["setpriv", "--reuid=\(user)", "--regid=\(user)", groups, "--"] + arguments)
  }

  /// Runs a line in the shell as another user; whether it went well.
  func may(_ user: Int, in group: Int? = Users.group, _ line: String) async throws -> Bool {
    let arguments = ["/bin/sh", "-c", "cd spool && " + line]
    let groups = group.map { "--groups=\($0)" } ?? "--clear-groups"
    let program = try launch(
      ["setpriv", "--reuid=\(user)", "--regid=\(user)", groups, "--"] + arguments)
    return try await end(of: program).code == 0
  }

  func mode(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(absolute(path), &status) == 0 ? status.st_mode & 0o7777 : 0
  }
}

extension CommandTests {
  /// Who may do what.
  @Suite(.serialized) struct Rights {
    @Test func anUnknownGroup() async throws {
      try await Lab.run(nil) { lab in
        let ended = try await lab.spool("init", "--group", "no-such-group", "spool")
        #expect(ended.code == 64)
        #expect(ended.errors == "spool: there is no group \"no-such-group\"\n")
        #expect(!lab.isThere("spool"))
      }
    }

    /// A payload finds its scratch, and nobody else gets into it.
    @Test func scratchIsPrivate() async throws {
      try await Lab.run { lab in
        try lab.makeDirectory("scratch")
        _ = try lab.start("watch")
        _ = try lab.start("pilot", "--scratch", lab.absolute("scratch"))
        try await lab.drop(
          task(
            "t", input: ["count": 1],
            [
              "sh", "-c", #"stat -c %a "$PWD" "$PWD/.." "$PWD/../.." >"$1"; umask >>"$1""#, "sh",
              "{output}",
            ], ["outputs": [["path": "out/{index}"]]]), as: "t.json")
        #expect(try await lab.spool("wait", "t", "--timeout", "30s").code == 0)
        #expect(lab.text("out/0") == "700\n700\n700\n0022\n")
      }
    }

    @Test func aHardLinkIsNobodys() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try lab.write("t.json", task("t", input: ["count": 1], ["true"]))
        #expect(try await lab.shell("ln t.json spool/incoming/t.json").code == 0)
        try await lab.waitFor("the refusal") { lab.isThere("spool/failed/@refused/t.json.reason") }
        let reason = lab.text("spool/failed/@refused/t.json.reason")
        #expect(reason.contains("it is a hard link (2 names)"), Comment(rawValue: reason))
        #expect(lab.visible("spool/running").isEmpty)
      }
    }
  }

  /// A service and those who submit to it, as real users.
  @Suite(
    .serialized,
    .enabled(if: Users.areThere, "not root, or the program is not theirs to run: not tried"))
  struct Submitters {
    /// Whatever the umask of the service is.
    @Test(arguments: ["000", "077"]) func dropAndNoMore(umask: String) async throws {
      try await Lab.run(nil) { lab in
        try await Self.prepare(lab)
        for verb in ["watch", "pilot"] {
          _ = try lab.launch(
            as: Users.service, "/bin/sh", "-c", "umask \(umask); exec spool \(verb)")
        }
        try lab.write("t.json", task("t", input: ["count": 2], ["echo", "hello"]))
        #expect(try await lab.may(Users.submitter, "cp ../t.json incoming/"))
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        #expect(try lab.summary("t")["owner"]?.integer == Users.submitter)
        #expect(try lab.summary("t")["state"]?.string == "done")
        try await lab.waitFor("the page") { lab.text("spool/STATUS").contains("ENDED") }
        try await Self.expectReadable(lab)
        try await Self.expectUntouchable(lab)
        let line =
          "spool status t >/dev/null && spool jobs t >/dev/null && spool logs t | grep -q hello"
        #expect(try await lab.may(Users.submitter, line))
      }
    }

    /// Members of the group cannot touch what is another's, and others see nothing at all.
    @Test func requestsAreTheirAuthors() async throws {
      try await Lab.run(nil) { lab in
        try await Self.prepare(lab)
        #expect(try await lab.may(Users.other, "echo mine >incoming/note.txt"))
        for line in [
          "rm -f incoming/note.txt", "mv incoming/note.txt incoming/x", "echo >incoming/note.txt",
          "echo x >>incoming/note.txt", "cp /dev/null incoming/note.txt",
        ] {
          #expect(try await !lab.may(Users.submitter, line), Comment(rawValue: line))
        }
        #expect(lab.text("spool/incoming/note.txt") == "mine\n")
        #expect(try await lab.may(Users.other, "rm incoming/note.txt"))
        for line in ["ls", "ls incoming", "cat STATUS", "echo >incoming/x"] {
          #expect(try await !lab.may(Users.submitter, in: nil, line), Comment(rawValue: line))
        }
      }
    }

    /// Given again it sets what is missing.
    @Test func initTwice() async throws {
      try await Lab.run(nil) { lab in
        try await Self.prepare(lab)
        let rights = { (names: [String]) in names.map { lab.mode("spool/" + $0) } }
        let names = ["", "incoming", "journal", "done", "spool.json", "failed/@refused"]
        let before = rights(names)
        #expect(before == [0o2750, 0o3770, 0o2700, 0o2750, 0o640, 0o2750])
        for name in names { chmod(lab.absolute("spool/" + name), 0o777) }
        try await Self.initialise(lab)
        #expect(rights(names) == before)
      }
    }

    private static func prepare(_ lab: Lab) async throws {
      let parent = String(lab.path[..<(lab.path.lastIndex(of: "/") ?? lab.path.startIndex)])
      for path in [parent, lab.path] { chmod(path, 0o711) }
      for path in [lab.path, lab.path + "/tmp"] { chown(path, uid_t(Users.service), 0) }
      lab.environment["SPOOL_DIR"] = lab.spool
      try await initialise(lab)
      lab.watchSpool()
    }

    private static func initialise(_ lab: Lab) async throws {
      let program = try lab.launch(
        as: Users.service, "spool", "init", "--group", "\(Users.group)", lab.spool)
      let ended = try await lab.end(of: program)
      #expect(ended.code == 0, Comment(rawValue: ended.said))
    }

    private static func expectReadable(_ lab: Lab) async throws {
      for line in [
        "cat STATUS README.md spool.json watcher.json", "cat done/t.json ledger/t.jsonl",
        "ls ready-cpu running done failed datasets logs", "cat done/t/*.json", "cat logs/t/*.log",
        "cat running/*/pilot.json",
      ] {
        let isGood = try await lab.may(Users.submitter, line + " >/dev/null")
        #expect(isGood, Comment(rawValue: line))
      }
    }

    private static func expectUntouchable(_ lab: Lab) async throws {
      let rooms = [
        ".", "ready-cpu", "ready-gpu", "running", "running/*/", "done", "done/t", "failed",
        "failed/@refused", "journal", "journal/taken", "journal/catalogues", "datasets", "ledger",
        "logs", "logs/t",
      ]
      for room in rooms {
        let line = "set -- \(room); : >\"$1/x\""
        #expect(try await !lab.may(Users.submitter, line), Comment(rawValue: line))
      }
      for line in [
        "ls journal", "cat journal/*.log", "cat watcher.lock", ": >>watcher.lock",
        ": >>watcher.json", ": >>done/t.json", ": >>STATUS", "rm -f STATUS", "rm -f done/t.json",
        ": >>$(ls -d running/*/pilot.json)", "mv incoming x", "rmdir incoming",
      ] {
        #expect(try await !lab.may(Users.submitter, line), Comment(rawValue: line))
      }
      // That these fail for want of the right, and not of the thing, the owner's trying tells.
      #expect(try await lab.may(Users.service, "cat watcher.lock && ls journal && : >>done/t/x"))
    }
  }
}
