import Glibc
import SpoolModel
import SpoolTesting
import Testing

extension CommandTests {
  /// What is wrong not with a request but with where it lies, or where its outputs go: rights,
  /// filesystems, what a watcher finds when it starts.
  @Suite(.serialized) struct BadPlaces {
    private static let copy = ["cp", "{input}", "{output}"]

    @Test(.enabled(if: Stranger.isToBeHad, Stranger.comment))
    func whatTheWatcherMayNotReadIsRefused() async throws {
      try await Lab.run { lab in
        try await Stranger.own(lab)
        _ = try Stranger.launch("watch", lab)
        try lab.write("drop/secret.json", "{}", mode: 0o000)
        try #require(
          chown(lab.absolute("drop/secret.json"), Stranger.id, Stranger.id) == 0 || geteuid() != 0)
        try #require(
          rename(lab.absolute("drop/secret.json"), lab.spool + "/incoming/secret.json") == 0)
        let request = "spool/failed/@refused/secret.json"
        try await lab.waitFor("a reason") { lab.isThere(request) }
        let reason = lab.text(request + ".reason")
        #expect(reason.contains("the watcher may not read it") && reason.contains("EACCES"))
      }
    }

    /// In a directory with the sticky bit nobody moves another one's file.
    @Test(.enabled(if: Stranger.isToBeHad && geteuid() == 0, Stranger.comment))
    func whatTheWatcherMayNotTakeIsToldAndHoldsNoOtherUp() async throws {
      try await Lab.run { lab in
        try await Stranger.own(lab)
        try #require(chown(lab.spool + "/incoming", 0, 0) == 0)
        try #require(chmod(lab.spool + "/incoming", 0o1777) == 0)
        _ = try Stranger.launch("up", lab)
        try lab.write("spool/incoming/a.json", plainTask("mine"))
        try lab.write("spool/incoming/lines.jsonl", "no header\n")
        try await lab.waitFor("the page to tell") {
          lab.text("spool/STATUS").contains("a.json: cannot rename")
        }
        #expect(lab.text("spool/STATUS").contains("EPERM"))
        try lab.makeInputs(["a.raw"])
        try Stranger.drop(plainTask("yours"), as: "b.json", lab)
        // A dataset closes only where nothing half-written may concern it.
        try Stranger.drop(manifest("raw", ["raw/a.raw"], closed: true), as: "raw.json", lab)
        try Stranger.drop(task("reader", input: "raw", ["true"]), as: "reader.json", lab)
        try await lab.waitFor("the reader's end") { lab.hasEnded("reader") }
        try await lab.waitFor("the other task's end") { lab.hasEnded("yours") }
        #expect(lab.isThere("spool/incoming/a.json"))
        // It may be taken as soon as it may be moved.
        try #require(chown(lab.spool + "/incoming/a.json", Stranger.id, Stranger.id) == 0)
        try await lab.waitFor("its end") { lab.hasEnded("mine") }
      }
    }

    /// Put in the place of a file just when that was taken.
    @Test func whatWasTakenAndIsNoFileIsRefused() async throws {
      try await Lab.run { lab in
        try lab.write("elsewhere.json", plainTask("linked"))
        let taken = lab.spool + "/journal/taken/"
        try #require(symlink(lab.path + "/elsewhere.json", taken + "1@link.json") == 0)
        try #require(mkdir(taken + "2@directory.json", 0o755) == 0)
        try #require(mkfifo(taken + "3@fifo.jsonl", 0o644) == 0)
        _ = try lab.start("up")
        for name in ["link.json", "directory.json", "fifo.jsonl"] {
          let request = "spool/failed/@refused/" + name
          try await lab.waitFor("a reason for \(name)") { lab.isThere(request) }
          #expect(lab.text(request + ".reason").contains("no file"))
        }
        // With nothing pending a dataset closes.
        try lab.makeInputs(["a.raw"])
        try await lab.drop(manifest("raw", ["raw/a.raw"], closed: true), as: "raw.json")
        try await lab.drop(task("t", input: "raw", ["true"]), as: "t.json")
        try await lab.waitFor("the task's end") { lab.hasEnded("t") }
        #expect(!lab.isThere("spool/running/linked.json"))
      }
    }

    /// A watcher starts, whatever became of the pages that it once wrote.
    @Test func aPageThatIsTooLargeIsWrittenAnew() async throws {
      try await Lab.run { lab in
        let first = try lab.start("up")
        try await lab.drop(plainTask("t"), as: "t.json")
        try await lab.waitFor("its end") { lab.hasEnded("t") }
        first.signal(SIGTERM)
        #expect(try await lab.end(of: first).code == 0)
        try #require(truncate(lab.spool + "/done/t.json", 1 << 30) == 0)
        let second = try lab.start("up")
        try await lab.drop(plainTask("next"), as: "next.json")
        try await lab.waitFor("the next task's end") { lab.hasEnded("next") }
        #expect(second.code == nil)
        #expect(try lab.summary("t")["state"] == "done")
      }
    }

    @Test(.enabled(if: Mount.isAllowed, "mounting a tmpfs needs privileges that are not there"))
    func aFullAndAReadOnlyFilesystemAreNamed() async throws {
      try await Lab.run { lab in
        for name in ["full", "fixed"] { try lab.makeDirectory(name) }
        try Mount.tmpfs(lab.absolute("full"), size: "64k")
        lab.cleanUp { Mount.remove(lab.absolute("full")) }
        try Mount.tmpfs(lab.absolute("fixed"), size: "64k", flags: MS_RDONLY)
        lab.cleanUp { Mount.remove(lab.absolute("fixed")) }
        try lab.makeInputs(["a.raw"])
        _ = try lab.start("up")
        let fill = ["head", "-c", "200000", "/dev/zero"]
        let rows: [(name: String, path: String, command: [String], cause: String, word: String)] = [
          (
            "full", "full/x", ["sh", "-c", fill.joined(separator: " ") + " > \"$0\"", "{output}"],
            "exit1", "No space left on device"
          ),
          ("fixed", "fixed/x", Self.copy, "exit1", "Read-only file system"),
        ]
        for row in rows {
          try await lab.drop(
            task(
              row.name, input: ["files": ["raw/a.raw"]], row.command,
              [
                "outputs": [["path": .string(row.path)]], "retry": ["attempts": 1],
              ]), as: row.name + ".json")
        }
        for row in rows {
          try await lab.waitFor("an attempt of \(row.name)") {
            try lab.isThere("spool/ledger/\(row.name).jsonl") && !lab.ledger(row.name).isEmpty
          }
          let attempt = try #require(try lab.ledger(row.name).first)
          #expect(attempt["outcome"]?.string == row.cause)
          #expect(attempt["reason"]?.string?.contains(row.word) == true)
        }
        #expect(lab.parts("full").isEmpty)
        // A directory that cannot be made is waited for.
        try await lab.drop(
          task(
            "below", input: ["files": ["raw/a.raw"]], Self.copy,
            ["outputs": [["path": "fixed/new/x"]]]), as: "below.json")
        try await lab.waitFor("the page to tell") {
          let page = lab.text("spool/STATUS")
          return page.contains("below.00000000 waits") && page.contains("fixed/new: EROFS")
        }
      }
    }
  }
}

/// Someone who may do less than root: the watcher runs as such a user.
private enum Stranger {
  static let id: uid_t = 65_534
  private static let words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

  static let comment: Comment =
    "root may read everything, and setpriv is not there or the program not open to others"

  /// Whether there is one: oneself, or a user whom root can become and who may run the program.
  static let isToBeHad: Bool = {
    let line = (words + ["'\(Lab.products)/spool'", "--help", ">/dev/null", "2>&1"])
    return geteuid() != 0 || system(line.joined(separator: " ")) == 0
  }()

  /// Makes the lab the stranger's.
  static func own(_ lab: Lab) async throws {
    guard geteuid() == 0 else { return }
    let ended = try await lab.shell(
      "chmod 755 \"$(dirname '\(lab.path)')\" && chown -R \(id):\(id) '\(lab.path)'")
    try #require(ended.code == 0, Comment(rawValue: ended.said))
  }

  static func drop(_ json: JSON, as name: String, _ lab: Lab) throws {
    try lab.write("drop/\(name)", json)
    try #require(chown(lab.absolute("drop/\(name)"), id, id) == 0)
    try #require(rename(lab.absolute("drop/\(name)"), "\(lab.spool)/incoming/\(name)") == 0)
  }

  static func launch(_ verb: String, _ lab: Lab) throws -> Program {
    try lab.launch((geteuid() == 0 ? words : []) + [Lab.products + "/spool", verb])
  }
}

/// Small filesystems in memory.
private enum Mount {
  static let isAllowed: Bool = {
    guard let directory = try? TemporaryDirectory(),
      (try? tmpfs(directory.path, size: "4k")) != nil
    else { return false }
    remove(directory.path)
    return true
  }()

  static func tmpfs(_ path: String, size: String, flags: Int = 0) throws {
    guard mount("tmpfs", path, "tmpfs", UInt(flags), "size=\(size)") == 0 else { throw Errno() }
  }

  static func remove(_ path: String) { umount2(path, Int32(MNT_DETACH)) }
}
