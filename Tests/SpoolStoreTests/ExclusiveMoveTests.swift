import Glibc
import SpoolTesting
import Testing

@testable import SpoolStore

/// Moving a file to a name that must be free, on filesystems with and without `RENAME_NOREPLACE` and
/// hard links.
struct ExclusiveMoveTests {
  static let lacking: [Set<MemoryFileSystem.Feature>] = [
    [], [.exclusiveRename], [.exclusiveRename, .hardLinks],
  ]

  static func files(_ lacking: Set<MemoryFileSystem.Feature>) throws -> MemoryFileSystem {
    let files = MemoryFileSystem()
    files.remove(lacking)
    try files.create("/part", Array("ours".utf8), durable: true)
    return files
  }

  private func text(_ files: any FileSystem, _ path: String) -> String? {
    (try? files.read(path, limit: 100)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: lacking)
  func movesToAFreeNameAlone(_ lacking: Set<MemoryFileSystem.Feature>) throws {
    let files = try Self.files(lacking)
    try files.create("/taken", Array("theirs".utf8), durable: true)
    #expect(code { try files.moveExclusively("/part", to: "/taken") } == EEXIST)
    #expect(text(files, "/part") == "ours" && text(files, "/taken") == "theirs")
    // One name, spelled twice, is no second name.
    #expect(code { try files.moveExclusively("/part", to: "/./part") } == EEXIST)
    try files.moveExclusively("/part", to: "/free")
    #expect(files.paths() == ["/free", "/taken"])
    #expect(try files.attributes(of: "/free").links == 1)
    #expect(code { try files.moveExclusively("/part", to: "/other") } == ENOENT)
  }

  /// A name that this host has cached as missing is not free.
  @Test(arguments: lacking)
  func aCacheIsNotBelieved(_ lacking: Set<MemoryFileSystem.Feature>) throws {
    let files = try Self.files(lacking)
    files.missing.cache(for: 30_000, now: { 0 }, host: { "a" })
    #expect(code { try files.attributes(of: "/taken") } == ENOENT)
    try files.plant(Array("theirs".utf8), at: "/taken")
    #expect(code { try files.attributes(of: "/taken") } == ENOENT)
    #expect(code { try files.moveExclusively("/part", to: "/taken") } == EEXIST)
    #expect(files.peek("/taken") == Array("theirs".utf8))
    #expect(files.peek("/part") == Array("ours".utf8))
  }

  /// Whoever dies between link and removal leaves two names. Done again, by whatever way, the old one
  /// goes; and the way back does the same.
  @Test(arguments: lacking)
  func aDeathInBetweenIsMended(_ lacking: Set<MemoryFileSystem.Feature>) throws {
    for (from, to) in [("/part", "/final"), ("/final", "/part")] {
      let files = try Self.files([.exclusiveRename])
      files.onCall = { $0.operation == .remove ? .fails(EIO) : nil }
      #expect(code { try files.moveExclusively("/part", to: "/final") } == EIO)
      #expect(files.paths() == ["/final", "/part"])
      files.onCall = nil
      files.remove(lacking)
      try files.moveExclusively(from, to: to)
      #expect(files.paths() == [to])
      #expect(text(files, to) == "ours")
    }
  }

  /// A client that repeats a call whose reply was lost is told that the name is taken, or gone.
  @Test(arguments: [(FileOperation.link, EEXIST), (.remove, ENOENT)])
  func aLostReplyIsSeenThrough(_ operation: FileOperation, _ code: Int32) throws {
    let files = try Self.files([.exclusiveRename])
    files.afterCall = { $0.operation == operation ? code : nil }
    try files.moveExclusively("/part", to: "/final")
    files.afterCall = nil
    #expect(files.paths() == ["/final"])
  }

  /// On the real filesystem: two names of one file, and the others' file.
  @Test func onTheDisk() throws {
    try TemporaryDirectory.with { root in
      let files = PosixFileSystem()
      try files.create("\(root)/part", [1], durable: false)
      try files.link("\(root)/part", to: "\(root)/final")
      try files.moveExclusively("\(root)/part", to: "\(root)/final")
      #expect(try files.list(root, fresh: true).names == ["final"])
      try files.create("\(root)/part", [2], durable: false)
      #expect(code { try files.moveExclusively("\(root)/part", to: "\(root)/final") } == EEXIST)
      #expect(code { try files.moveExclusively("\(root)/final", to: "\(root)/./final") } == EEXIST)
      #expect(try files.read("\(root)/final", limit: 9) == [1])
      #expect(try files.read("\(root)/part", limit: 9) == [2])
    }
  }

  /// A request never has two names, not even for a moment: the watcher would refuse it.
  @Test(arguments: lacking)
  func aDroppedRequestHasOneName(_ lacking: Set<MemoryFileSystem.Feature>) throws {
    let files = MemoryFileSystem()
    files.remove(lacking)
    try Spool.create("/spool", files: files)
    let spool = try Spool.open("/spool", files: files)
    try spool.drop([1], as: "a.json", by: "1")
    #expect(files.counts[.link] == 0)
    #expect(code { try spool.drop([2], as: "a.json", by: "2") } == EEXIST)
    #expect(files.peek("/spool/incoming/a.json") == [1])
  }
}
