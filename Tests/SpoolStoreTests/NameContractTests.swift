import Glibc
import SpoolStore
import Testing

/// The promises of every ``FileSystem`` about renaming, removing and directories.
struct NameContractTests {
  @Test(arguments: Backing.allCases)
  func renameMovesAndReplaces(_ backing: Backing) throws {
    try backing.with { at in
      try at.fs.createDirectory(at("d"))
      try at.create("a", "new")
      try at.create("d/b", "old")
      let inode = try at.fs.attributes(of: at("a")).inode
      try at.fs.rename(at("a"), to: at("d/b"))
      #expect(try at.text("d/b") == "new")
      #expect(try at.fs.attributes(of: at("d/b")).inode == inode)
      #expect(code { try at.fs.attributes(of: at("a")) } == ENOENT)
      #expect(code { try at.fs.rename(at("a"), to: at("d/b")) } == ENOENT)
      #expect(code { try at.fs.rename(at("d/b"), to: at("missing/b")) } == ENOENT)
      #expect(code { try at.fs.rename(at("d/b"), to: at("d")) } == ENOTEMPTY)
      try at.fs.createDirectory(at("e"))
      #expect(code { try at.fs.rename(at("d/b"), to: at("e")) } == EISDIR)
      #expect(try at.text("d/b") == "new")
    }
  }

  @Test(arguments: Backing.allCases)
  func renameKeepsModificationTime(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a")
      let before = try at.fs.attributes(of: at("a")).modified
      try at.fs.rename(at("a"), to: at("b"))
      #expect(try at.fs.attributes(of: at("b")).modified == before)
    }
  }

  @Test(arguments: Backing.allCases)
  func renameExclusivelyReplacesNothing(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "a")
      try at.create("b", "b")
      try at.plantLink(at("link"))
      #expect(code { try at.fs.renameExclusively(at("a"), to: at("b")) } == EEXIST)
      #expect(code { try at.fs.renameExclusively(at("a"), to: at("link")) } == EEXIST)
      #expect(try at.names() == ["a", "b", "link"])
      try at.fs.renameExclusively(at("a"), to: at("c"))
      #expect(try at.names() == ["b", "c", "link"])
      #expect(try at.text("b") == "b")
    }
  }

  @Test(arguments: Backing.allCases)
  func linkGivesASecondName(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "a")
      try at.create("b", "b")
      try at.fs.createDirectory(at("d"))
      try at.fs.link(at("a"), to: at("c"))
      let (one, other) = (try at.fs.attributes(of: at("a")), try at.fs.attributes(of: at("c")))
      #expect(one == other)
      #expect(one.links == 2)
      #expect(code { try at.fs.link(at("a"), to: at("b")) } == EEXIST)
      #expect(code { try at.fs.link(at("a"), to: at("c")) } == EEXIST)
      #expect(code { try at.fs.link(at("d"), to: at("e")) } == EPERM)
      #expect(code { try at.fs.link(at("missing"), to: at("e")) } == ENOENT)
      #expect(code { try at.fs.link(at("a"), to: at("missing/e")) } == ENOENT)
      // Both names stay.
      try at.fs.rename(at("a"), to: at("c"))
      #expect(try at.names() == ["a", "b", "c", "d"])
      try at.fs.remove(at("a"))
      #expect(try at.fs.attributes(of: at("c")).links == 1)
      #expect(try at.text("c") == "a")
    }
  }

  @Test(arguments: Backing.allCases)
  func directoriesAreRenamedWithTheirEntries(_ backing: Backing) throws {
    try backing.with { at in
      try at.fs.createDirectory(at("d"))
      try at.create("d/x", "x")
      #expect(try at.text("d/x") == "x")
      try at.fs.rename(at("d"), to: at("e"))
      #expect(try at.text("e/x") == "x")
      #expect(code { try at.text("d/x") } == ENOENT)
      #expect(code { try at.fs.rename(at("e"), to: at("e/below")) } == EINVAL)
      try at.fs.createDirectory(at("full"))
      try at.create("full/y")
      #expect(code { try at.fs.rename(at("e"), to: at("full")) } == ENOTEMPTY)
      #expect(code { try at.fs.rename(at("e"), to: at("full/y")) } == ENOTDIR)
    }
  }

  @Test(arguments: Backing.allCases)
  func filesAreRemoved(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a")
      try at.plantLink(at("link"))
      try at.fs.createDirectory(at("d"))
      try at.fs.remove(at("a"))
      try at.fs.remove(at("link"))
      #expect(code { try at.fs.remove(at("a")) } == ENOENT)
      #expect(code { try at.fs.remove(at("d")) } == EISDIR)
      #expect(try at.names() == ["d"])
    }
  }

  @Test(arguments: Backing.allCases)
  func directoriesAreMadeAndRemoved(_ backing: Backing) throws {
    try backing.with { at in
      try at.fs.createDirectory(at("d"))
      try at.create("file")
      #expect(code { try at.fs.createDirectory(at("d")) } == EEXIST)
      #expect(code { try at.fs.createDirectory(at("file")) } == EEXIST)
      #expect(code { try at.fs.createDirectory(at("missing/d")) } == ENOENT)
      #expect(code { try at.fs.createDirectory(at("file/d")) } == ENOTDIR)
      try at.create("d/x")
      #expect(code { try at.fs.removeDirectory(at("d")) } == ENOTEMPTY)
      #expect(code { try at.fs.removeDirectory(at("file")) } == ENOTDIR)
      try at.fs.remove(at("d/x"))
      try at.fs.removeDirectory(at("d"))
      #expect(code { try at.fs.removeDirectory(at("d")) } == ENOENT)
      #expect(code { try at.create("d/x") } == ENOENT)
      try at.fs.createDirectory(at("d"))
      #expect(try at.names("d").isEmpty)
    }
  }

  @Test(arguments: Backing.allCases)
  func listingHasEveryEntryOnce(_ backing: Backing) throws {
    try backing.with { at in
      let names = (0..<2_000).map { "p5.run.reco.\($0).a1.c4.m16384.g0.w600.json" }
      for name in names { try at.create(name, "") }
      for name in names.prefix(500) { try at.fs.remove(at(name)) }
      for name in [".hidden", "..x", "größe"] { try at.create(name) }
      let expected = (names.dropFirst(500) + [".hidden", "..x", "größe"]).sorted()
      for fresh in [true, false] {
        let listing = try at.fs.list(at.root, fresh: fresh)
        #expect(listing.names.sorted() == expected)
        #expect(listing.unreadable == 0)
      }
      #expect(code { try at.fs.list(at(".hidden"), fresh: false) } == ENOTDIR)
    }
  }

  @Test(arguments: Backing.allCases)
  func pathsAreSpelledFreely(_ backing: Backing) throws {
    try backing.with { at in
      try at.fs.createDirectory(at("d/"))
      try at.create("d//./x", "x")
      #expect(try at.text("./d/../d/x") == "x")
      #expect(try at.names("d/") == ["x"])
    }
  }
}
