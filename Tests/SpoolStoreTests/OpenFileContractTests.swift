import Glibc
import SpoolStore
import Testing

/// The promises of every ``OpenFile``.
struct OpenFileContractTests {
  @Test(arguments: Backing.allCases)
  func writesLandAtTheirOffset(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "{\"job\":1}\n")
      let file = try at.fs.open(at("a"), .update)
      try file.write(Array("\n,\"result\":2}\n".utf8), at: 8)
      try file.sync()
      #expect(try at.text("a") == "{\"job\":1\n,\"result\":2}\n")
      #expect(try file.read(at: 1, count: 5) == Array("\"job\"".utf8))
      #expect(try file.read(at: 20, count: 100) == Array("}\n".utf8))
      #expect(try file.read(at: 1_000, count: 1).isEmpty)
      #expect(try file.attributes().size == 22)
      try file.write([], at: 0)
      try file.close()
    }
  }

  @Test(arguments: Backing.allCases)
  func gapsAreZero(_ backing: Backing) throws {
    try backing.with { at in
      let file = try at.fs.open(at("a"), .create)
      try file.write([1], at: 3)
      try file.truncate(to: 6)
      #expect(try file.read(at: 0, count: 9) == [0, 0, 0, 1, 0, 0])
      try file.truncate(to: 2)
      #expect(try file.read(at: 0, count: 9) == [0, 0])
      #expect(code { try file.truncate(to: -1) } == EINVAL)
      #expect(code { try file.write([1], at: -1) } == EINVAL)
      #expect(code { try file.read(at: -1, count: 1) } == EINVAL)
    }
  }

  /// R2: a result goes to the inode that was claimed, wherever its name is by now.
  @Test(arguments: Backing.allCases)
  func openFileSurvivesRename(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "12")
      let file = try at.fs.open(at("a"), .update)
      try at.fs.rename(at("a"), to: at("b"))
      try at.create("a", "another")
      try file.write(Array("345".utf8), at: 2)
      try file.close()
      #expect(try at.text("b") == "12345")
      #expect(try at.text("a") == "another")
    }
  }

  /// R2: a write to a file that was removed or replaced brings nothing back.
  @Test(arguments: Backing.allCases)
  func openFileSurvivesRemoval(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "gone")
      try at.create("b", "old")
      let removed = try at.fs.open(at("a"), .update)
      let replaced = try at.fs.open(at("b"), .update)
      try at.fs.remove(at("a"))
      try at.create("c", "new")
      try at.fs.rename(at("c"), to: at("b"))
      try removed.write([1], at: 0)
      try replaced.write([1], at: 0)
      #expect(try removed.read(at: 1, count: 9) == Array("one".utf8))
      #expect(try at.names() == ["b"])
      #expect(try at.text("b") == "new")
    }
  }

  @Test(arguments: Backing.allCases)
  func readersMayNotWrite(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "text")
      let file = try at.fs.open(at("a"), .read)
      #expect(code { try file.write([1], at: 0) } == EBADF)
      #expect(code { try file.truncate(to: 0) } == EINVAL)
      #expect(code { try file.tryLock() } == EBADF)
      #expect(try file.read(at: 0, count: 9) == Array("text".utf8))
    }
  }

  @Test(arguments: Backing.allCases)
  func lockBelongsToTheOpenFile(_ backing: Backing) throws {
    try backing.with { at in
      let first = try at.fs.open(at("lock"), .create)
      let second = try at.fs.open(at("lock"), .create)
      #expect(try first.tryLock())
      #expect(try first.tryLock())
      #expect(try !second.tryLock())
      try at.fs.open(at("lock"), .update).close()
      #expect(try !second.tryLock())
      try first.close()
      #expect(try second.tryLock())
    }
  }

  @Test(arguments: Backing.allCases)
  func forgottenFileGivesItsLockBack(_ backing: Backing) throws {
    try backing.with { at in
      let second = try at.fs.open(at("lock"), .create)
      do {
        let first = try at.fs.open(at("lock"), .update)
        #expect(try first.tryLock())
        #expect(try !second.tryLock())
      }
      #expect(try second.tryLock())
    }
  }

  @Test(arguments: Backing.allCases)
  func closedFileIsNoMore(_ backing: Backing) throws {
    try backing.with { at in
      let file = try at.fs.open(at("a"), .create)
      try file.close()
      #expect(code { try file.close() } == EBADF)
      #expect(code { try file.attributes() } == EBADF)
      #expect(code { try file.read(at: 0, count: 1) } == EBADF)
      #expect(code { try file.write([1], at: 0) } == EBADF)
      #expect(code { try file.sync() } == EBADF)
      #expect(code { try file.tryLock() } == EBADF)
    }
  }

  @Test(arguments: Backing.allCases)
  func writingMovesModificationTime(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a")
      let before = try at.fs.attributes(of: at("a"))
      let file = try at.fs.open(at("a"), .update)
      // A filesystem's clock may tick as slowly as every 10 ms: written until it does.
      var after = before
      for _ in 0..<1_000_000 where after.modified == before.modified {
        try file.write([1], at: 0)
        after = try file.attributes()
      }
      #expect(after.modified > before.modified)
      #expect(after.inode == before.inode)
      #expect(after.owner == before.owner)
    }
  }
}
