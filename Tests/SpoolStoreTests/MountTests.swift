import Glibc
import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolStore

/// What is read of a mount, tried on it, and said about it.
struct MountTests {
  static let table = """
    22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
    30 22 0:40 / /data rw,nosuid,relatime shared:5 master:2 - nfs4 srv:/x rw,vers=4.1,hard,local_lock=none
    31 30 0:41 / /data/own\\040disk rw - xfs /dev/sdb rw,attr2
    32 22 0:42 / /jfs rw,nosuid,nodev - fuse.juicefs JuiceFS:jfs rw,allow_other
    33 22 0:43 / /jfs rw - fuse.glusterfs srv:/vol rw
    34 22 torn

    """

  static func facts(_ path: String) -> MountFacts {
    MountFacts(mountinfo: Array(table.utf8), path: path)
  }

  @Test(arguments: [
    ("/", "ext4"), ("/home/x", "ext4"), ("/data", "nfs4"), ("/data/spool", "nfs4"),
    ("/database", "ext4"), ("/data/own disk/spool", "xfs"), ("/jfs/spool", "fuse.glusterfs"),
  ])
  func theNearestMountCounts(path: String, type: String) {
    let facts = Self.facts(path)
    #expect(facts.type == type)
    #expect(facts.isShared == ["nfs4", "fuse.glusterfs"].contains(type))
  }

  @Test func optionsOfMountAndFilesystemAreRead() {
    let options = Self.facts("/data").options
    #expect(options["vers"] == "4.1" && options["hard"] == "" && options["nosuid"] == "")
    #expect(MountFacts(mountinfo: [], path: "/data").type == "")
  }

  // MARK: Advice

  private func advice(
    _ type: String, _ options: [String: String] = [:], deadAfter: Int = 300,
    _ change: (inout MountFacts) -> Void = { _ in }
  ) -> [String] {
    var config = SpoolConfig()
    config.deadAfter = .seconds(deadAfter)
    var facts = MountFacts(type: type, options: options)
    change(&facts)
    return facts.advice(config)
  }

  static let good = [
    "vers": "4.1", "hard": "", "lookupcache": "pos", "local_lock": "none",
  ]

  @Test func aGoodMountNeedsNoAdvice() {
    #expect(advice("nfs4", Self.good) == [])
    #expect(advice("nfs4", Self.good.merging(["vers": "4.2"]) { $1 }) == [])
    for type in ["ext4", "xfs", "tmpfs", ""] { #expect(advice(type, deadAfter: 3) == []) }
    #expect(advice("fuse.glusterfs", deadAfter: 60) { $0.hasExclusiveRename = false } == [])
    #expect(advice("fuse.juicefs", deadAfter: 20) == [])
    #expect(advice("lustre", ["flock": ""]) == [])
  }

  @Test(
    arguments: [
      (["lookupcache": nil], "lookupcache=positive"),
      (["hard": nil, "soft": ""], "mount with hard"),
      (["hard": nil, "softerr": ""], "mount with hard"),
      (["vers": "3"], "vers=4.1"),
      (["vers": "4.0"], "vers=4.1"),
      (["local_lock": "all"], "local_lock"),
      (["nolock": ""], "nolock"),
    ] as [([String: String?], String)])
  func eachBadOptionOfNFSIsTold(change: [String: String?], remedy: String) {
    var options = Self.good
    for (key, value) in change { options[key] = value }
    let lines = advice("nfs4", options)
    #expect(lines.count == 1 && lines[0].contains(remedy), "\(lines)")
    #expect(lines.allSatisfy { $0.hasPrefix("nfs4: ") })
  }

  @Test func withoutAttributeCacheNothingIsCachedAsMissing() {
    for option in [["noac": ""], ["acdirmax": "0"]] {
      var options = Self.good.merging(option) { $1 }
      options["lookupcache"] = nil
      #expect(advice("nfs4", options) == [])
    }
  }

  @Test(arguments: [
    ("nfs4", 119, "120s"), ("nfs", 60, "120s"), ("fuse.glusterfs", 59, "60s"),
    ("fuse.juicefs", 19, "20s"),
  ])
  func aShortDeadAfterIsTold(type: String, seconds: Int, least: String) {
    let lines = advice(type, type == "nfs" || type == "nfs4" ? Self.good : [:], deadAfter: seconds)
    #expect(lines.count == 1 && lines[0].contains("set it to \"\(least)\" or more"), "\(lines)")
  }

  @Test func whatWasTriedIsTold() {
    let plain = advice("fuse.s3") {
      $0.hasExclusiveRename = false
      $0.hasHardLinks = false
    }
    #expect(plain.count == 1 && plain[0].contains("is replaced"), "\(plain)")
    let lustre = advice("lustre") { $0.hasLocks = false }
    #expect(lustre.count == 1 && lustre[0].contains("mount with flock"), "\(lustre)")
    let local = advice("lustre", ["localflock": ""])
    #expect(local.count == 1 && local[0].contains("mount with flock"), "\(local)")
  }

  // MARK: Trying

  @Test func whatAFilesystemLacksIsFoundOut() throws {
    for lacking in ExclusiveMoveTests.lacking {
      let files = MemoryFileSystem()
      try Spool.create("/spool", files: files)
      files.remove(lacking)
      let spool = try Spool.open("/spool", files: files)
      let before = files.paths()
      let facts = spool.mount(probedBy: "1")
      #expect(facts.hasLocks == true)
      #expect(facts.hasExclusiveRename == !lacking.contains(.exclusiveRename))
      #expect(facts.hasHardLinks == !lacking.contains(.hardLinks))
      #expect(files.paths() == before)
    }
  }

  /// An error that may pass says nothing about the filesystem.
  @Test func whatCannotBeTriedIsUnknown() throws {
    let files = MemoryFileSystem()
    try Spool.create("/spool", files: files)
    let spool = try Spool.open("/spool", files: files)
    files.onCall = { $0.operation.changes ? .fails(EIO) : nil }
    #expect(spool.mount(probedBy: "1") == MountFacts(type: ""))
  }

  @Test func theDiskHasAll() throws {
    try TemporaryDirectory.with { root in
      try Spool.create("\(root)/spool", files: PosixFileSystem())
      let spool = try Spool.open("\(root)/spool", files: PosixFileSystem())
      let facts = spool.mount(probedBy: "1")
      #expect(!facts.type.isEmpty)
      #expect(facts.hasLocks == true && facts.hasHardLinks == true)
      #expect(try !spool.names(in: .root, fresh: true).contains { $0.hasPrefix(".watcher.probe") })
    }
  }
}
