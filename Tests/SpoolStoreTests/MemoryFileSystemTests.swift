import Glibc
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// The uses of ``MemoryFileSystem`` in tests, beyond the contract that it shares with the real one.
struct MemoryFileSystemTests {
  let fs = MemoryFileSystem()

  @Test func callsFailBeforeTheyAreDone() throws {
    fs.onCall = { $0.operation == .create && $0.path == "/a" ? .fails(ENOSPC) : nil }
    #expect(throws: FileError("create", "/a", ENOSPC)) {
      try fs.create("/a", [1], durable: false)
    }
    try fs.create("/b", [1], durable: false)
    #expect(fs.paths() == ["/b"])
    fs.onCall = nil
    try fs.create("/a", [1], durable: false)
  }

  /// R1: the rename is done, and reported as failed.
  @Test func repliesGetLost() throws {
    try fs.create("/a", [1], durable: false)
    fs.afterCall = { $0.operation == .rename && $0.destination == "/b" ? ENOENT : nil }
    #expect(throws: FileError("rename", "/a to /b", ENOENT)) { try fs.rename("/a", to: "/b") }
    #expect(fs.paths() == ["/b"])
  }

  @Test func lostOpenLeavesNothingOpen() throws {
    fs.afterCall = { _ in EIO }
    #expect(code { try fs.open("/a", .create) } == EIO)
    #expect(fs.openFiles == 0)
    #expect(fs.paths() == ["/a"])
  }

  @Test func writesAreTorn() throws {
    try fs.create("/a", [1, 2, 3], durable: false)
    let file = try fs.open("/a", .update)
    fs.onCall = { _ in .torn(after: 1, EIO) }
    #expect(code { try file.write([7, 8], at: 2) } == EIO)
    #expect(code { try fs.create("/b", [4, 5], durable: true) } == EIO)
    #expect(code { try fs.rename("/a", to: "/c") } == EIO)
    #expect(fs.peek("/a") == [1, 2, 7])
    #expect(fs.peek("/b") == [4])
    #expect(fs.peek("/c") == nil)
  }

  @Test func hooksMayChangeThingsInBetween() throws {
    try fs.create("/ready", [1], durable: false)
    fs.onCall = { [fs] call in
      if call.operation == .rename, call.path == "/ready" { fs.onCall = nil }
      if call.operation == .rename { try? fs.rename("/ready", to: "/taken") }
      return nil
    }
    #expect(code { try fs.rename("/ready", to: "/mine") } == ENOENT)
    #expect(fs.paths() == ["/taken"])
  }

  @Test func everyNthCallCanFail() throws {
    for failing in 1...3 {
      let fs = MemoryFileSystem()
      let seen = Mutex<[Int]>([])
      fs.onCall = { call in
        seen.withLock { $0.append(call.number) }
        return call.number == failing ? .fails(EIO) : nil
      }
      let codes = (0..<3).map { name in code { try fs.createDirectory("/\(name)") } }
      #expect(codes.enumerated().allSatisfy { ($0.element == EIO) == ($0.offset + 1 == failing) })
      #expect(seen.withLock { $0 } == [1, 2, 3])
    }
  }

  @Test func callsAreCounted() throws {
    try fs.createDirectory("/d")
    let before = fs.counts
    try fs.create("/d/a", [1], durable: false)
    try fs.rename("/d/a", to: "/d/b")
    let file = try fs.open("/d/b", .update)
    try file.write([1], at: 1)
    try file.close()
    #expect(code { try fs.remove("/missing") } == ENOENT)
    let cost = fs.counts - before
    #expect(cost[.create] == 1)
    #expect(cost[.rename] == 1)
    #expect(cost[.remove] == 1)
    #expect(cost[.createDirectory] == 0)
    #expect(cost.onNames == 4)
    #expect(cost.total == 6)
    fs.resetCounts()
    #expect(fs.counts == CallCounts())
  }

  @Test func listingsAreBent() throws {
    for name in ["b", "a", "c"] { try fs.create("/\(name)", [], durable: false) }
    #expect(try fs.list("/", fresh: true).names == ["b", "a", "c"])
    fs.onListing = { _, listing in
      Listing(names: listing.names.filter { $0 != "a" } + ["b"], unreadable: 0)
    }
    #expect(try fs.list("/", fresh: true).names == ["b", "c", "b"])
  }

  @Test func oddEntriesArePlanted() throws {
    try fs.plantDirectories("/x/y")
    try fs.plantDirectories("/x/y/z")
    try fs.plant([1, 2], at: "/x/f")
    try fs.plant([3], at: "/x/f")
    try fs.plantUnreadable(2, in: "/x/y/z")
    #expect(try fs.list("/x/y/z", fresh: false) == Listing(names: [], unreadable: 2))
    #expect(code { try fs.removeDirectory("/x/y/z") } == ENOTEMPTY)
    #expect(fs.peek("/x/f") == [3])
    #expect(fs.paths(below: "/x") == ["/x/f", "/x/y/", "/x/y/z/"])
    #expect(fs.counts.total == 2)
  }

  @Test func timesAndOwnersAreSet() throws {
    (fs.time, fs.owner) = (5_000, 7)
    try fs.create("/a", [], durable: false)
    try fs.create("/b", [], durable: false)
    let (a, b) = (try fs.attributes(of: "/a"), try fs.attributes(of: "/b"))
    #expect(a.modified == 5_000 && b.modified == 5_001 && a.owner == 7)
    #expect(fs.time == 5_002)
  }

  @Test func powerCutLeavesWhatWasSynced() throws {
    try fs.create("/durable", [1], durable: true)
    try fs.create("/lost", [1], durable: false)
    let file = try fs.open("/journal", .create)
    try file.write([1, 2], at: 0)
    try file.sync()
    try file.write([3], at: 2)
    #expect(try file.tryLock())
    fs.crash()
    #expect(fs.peek("/durable") == [1])
    #expect(fs.peek("/lost") == [])
    #expect(fs.peek("/journal") == [1, 2])
    #expect(code { try file.write([4], at: 0) } == EBADF)
    #expect(try fs.open("/journal", .update).tryLock())
  }
}
