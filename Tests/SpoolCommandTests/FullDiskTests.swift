import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// A small filesystem in memory of a test's own, which can be filled.
enum SmallDisk {
  /// Whether this process may mount one: root, where nothing forbids it.
  static let isAllowed: Bool = {
    guard let directory = try? TemporaryDirectory(), mount(directory.path, size: "1m") else {
      return false
    }
    unmount(directory.path)
    return true
  }()

  static func mount(_ path: String, size: String) -> Bool {
    Glibc.mount("none", path, "tmpfs", 0, "size=" + size) == 0
  }

  static func unmount(_ path: String) { umount2(path, Int32(MNT_DETACH)) }

  /// Writes a file until not one byte more finds room.
  static func fill(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let block = [UInt8](repeating: 0, count: 4096)
    while block.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) > 0 {}
    #expect(errno == ENOSPC)
  }
}

extension CommandTests {
  /// A disk that fills up while a task runs, with the spool and the outputs on it.
  @Suite(
    .serialized,
    .enabled(if: SmallDisk.isAllowed, "no small filesystem can be mounted here: not tried"))
  struct FullDisk {
    private static let jobs = 60

    /// All of them wait until they may; most write an output without a byte, the last write theirs
    /// until there is room.
    private static let work = """
      until [ -e "$3" ]; do sleep 0.05; done
      : >"$1"
      if [ "$2" -ge 55 ]; then
        until head -c 20000 /dev/zero >"$1" 2>/dev/null; do sleep 0.1; done
      fi
      """

    @Test func isWaitedFor() async throws {
      try await Lab.run(nil) { lab in
        try Self.prepare(lab)
        let watcher = try lab.start("watch")
        let pilot = try lab.start("pilot", "--cpus", "2")
        try await lab.drop(
          task(
            "t", input: ["count": .integer(Self.jobs)],
            ["sh", "-c", Self.work, "sh", "{output}", "{index}", "\(lab.path)/go"],
            ["outputs": [["path": "disk/out/{index}.txt"]]]), as: "t.json")
        // Where STATUS was never written before, a full disk has no room for it.
        try await lab.waitFor("the first jobs, and STATUS") {
          lab.allClaims.count == 2 && lab.isThere("spool/STATUS")
        }
        try SmallDisk.fill(lab.absolute("disk/filler"))
        try lab.write("go", "")
        try await lab.waitFor("the watcher's word") {
          lab.text(watcher.errorPath).contains("ENOSPC (no space left on device)")
        }
        try await lab.waitFor("the reason in STATUS") {
          lab.text("spool/STATUS").contains("ENOSPC (no space left on device)")
        }
        // Whatever can go on without room has done so.
        try await lab.waitFor("the pilot to wait", within: 60) {
          lab.text("spool/STATUS").contains("TROUBLE") && lab.allClaims.count == 2
        }
        #expect(!lab.hasEnded("t"))
        try lab.remove("disk/filler")
        let wait = try await lab.spool("wait", "t", "--timeout", "60s")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        try Self.expectAll(lab)
        try await lab.waitFor("the end of the trouble") {
          lab.text(watcher.errorPath).contains("passed: ENOSPC")
            && !lab.text("spool/STATUS").contains("TROUBLE")
        }
        #expect(lab.text(watcher.errorPath).matches(of: /ENOSPC/).count <= 4)
        #expect(watcher.code == nil && pilot.code == nil)
        try await lab.expectClean()
        for program in [pilot, watcher] {
          program.signal(SIGTERM)
          #expect(try await lab.end(of: program).code == 0)
        }
      }
    }

    private static func prepare(_ lab: Lab) throws {
      try lab.makeDirectory("disk")
      let disk = lab.absolute("disk")
      try #require(SmallDisk.mount(disk, size: "2m"))
      lab.cleanUp { SmallDisk.unmount(disk) }
      try #require(symlink("disk/spool", lab.spool) == 0)
      try lab.makeDirectory("disk/spool")
      try Spool.create(lab.spool, files: lab.files, config: .quick)
      try lab.makeDirectory("disk/out")
      lab.watchSpool()
      lab.bell.watch(lab.absolute("disk/out"))
    }

    private static func expectAll(_ lab: Lab) throws {
      #expect(try lab.summary("t")["jobs"]?["done"]?.integer == jobs)
      #expect(try lab.catalogue("t").count == jobs)
      #expect(lab.visible("disk/out").count == jobs)
      #expect(try lab.ledger("t").count == jobs, "an attempt was lost")
      for index in 55..<jobs {
        let attributes = try lab.files.attributes(of: lab.absolute("disk/out/\(index).txt"))
        #expect(attributes.size == 20_000)
      }
    }
  }
}
