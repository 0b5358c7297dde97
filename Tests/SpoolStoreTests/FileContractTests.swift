import Glibc
import SpoolStore
import Testing

/// The promises of every ``FileSystem`` about files by name.
@Suite(.timeLimit(.minutes(1)))
struct FileContractTests {
  @Test(arguments: Backing.allCases)
  func createdFileIsReadBack(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "hello")
      #expect(try at.text("a") == "hello")
      let attributes = try at.fs.attributes(of: at("a"))
      #expect(attributes.kind == .file)
      #expect(attributes.size == 5)
      #expect(attributes.modified > 0)
    }
  }

  @Test(arguments: Backing.allCases)
  func createIsExclusive(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a", "first")
      #expect(code { try at.create("a", "second") } == EEXIST)
      #expect(try at.text("a") == "first")
      try at.plantLink(at("link"))
      #expect(code { try at.create("link") } == EEXIST)
      try at.fs.createDirectory(at("d"))
      #expect(code { try at.create("d") } == EEXIST)
      #expect(code { try at.create("missing/a") } == ENOENT)
      #expect(code { try at.create("a/b") } == ENOTDIR)
    }
  }

  @Test(arguments: Backing.allCases)
  func durableAndEmptyFilesAreCreated(_ backing: Backing) throws {
    try backing.with { at in
      try at.fs.create(at("durable"), [1, 2], durable: true)
      try at.fs.create(at("empty"), [], durable: true)
      #expect(try at.fs.read(at("durable"), limit: 2) == [1, 2])
      #expect(try at.fs.read(at("empty"), limit: 0).isEmpty)
      try at.fs.syncDirectory(at.root)
      #expect(code { try at.fs.syncDirectory(at("missing")) } == ENOENT)
      #expect(code { try at.fs.syncDirectory(at("empty")) } == ENOTDIR)
    }
  }

  @Test(arguments: Backing.allCases)
  func readKeepsToItsLimit(_ backing: Backing) throws {
    try backing.with { at in
      try at.fs.create(at("a"), [UInt8](repeating: 7, count: 100_000), durable: false)
      #expect(try at.fs.read(at("a"), limit: 100_000).count == 100_000)
      #expect(throws: FileError("read", at("a"), .overLimit)) {
        try at.fs.read(at("a"), limit: 99_999)
      }
      #expect(code { try at.fs.read(at("missing"), limit: 9) } == ENOENT)
    }
  }

  @Test(arguments: Backing.allCases)
  func nothingButFilesIsOpened(_ backing: Backing) throws {
    try backing.with { at in
      try at.plantLink(at("link"))
      try at.plantFIFO(at("fifo"))
      try at.fs.createDirectory(at("d"))
      #expect(try at.fs.attributes(of: at("link")).kind == .link)
      #expect(try at.fs.attributes(of: at("fifo")).kind == .other)
      #expect(try at.fs.attributes(of: at("d")).kind == .directory)

      #expect(code { try at.fs.read(at("link"), limit: 9) } == ELOOP)
      #expect(code { try at.fs.read(at("fifo"), limit: 9) } == EINVAL)
      #expect(code { try at.fs.read(at("d"), limit: 9) } == EINVAL)
      for mode in [OpenMode.read, .update, .create] {
        #expect(code { try at.fs.open(at("link"), mode) } == ELOOP)
        #expect(code { try at.fs.open(at("fifo"), mode) } == EINVAL)
        #expect(code { try at.fs.open(at("d"), mode) } == (mode == .read ? EINVAL : EISDIR))
      }
    }
  }

  @Test(arguments: Backing.allCases)
  func onlyCreateModeCreates(_ backing: Backing) throws {
    try backing.with { at in
      #expect(code { try at.fs.open(at("a"), .read) } == ENOENT)
      #expect(code { try at.fs.open(at("a"), .update) } == ENOENT)
      #expect(try at.names().isEmpty)
      let new = try at.fs.open(at("a"), .create)
      try new.write([1], at: 0)
      try new.close()
      let old = try at.fs.open(at("a"), .create)
      #expect(try old.read(at: 0, count: 9) == [1])
    }
  }

  @Test(arguments: Backing.allCases)
  func failuresNameCallAndPath(_ backing: Backing) throws {
    try backing.with { at in
      let (a, b) = (at("a"), at("b"))
      #expect(throws: FileError("read", a, ENOENT)) { try at.fs.read(a, limit: 1) }
      #expect(throws: FileError("open", a, ENOENT)) { try at.fs.open(a, .update) }
      #expect(throws: FileError("look up", a, ENOENT)) { try at.fs.attributes(of: a) }
      #expect(throws: FileError("list", a, ENOENT)) { try at.fs.list(a, fresh: true) }
      #expect(throws: FileError("remove", a, ENOENT)) { try at.fs.remove(a) }
      #expect(throws: FileError("remove directory", a, ENOENT)) {
        try at.fs.removeDirectory(a)
      }
      #expect(throws: FileError("rename", "\(a) to \(b)", ENOENT)) { try at.fs.rename(a, to: b) }
      #expect(throws: FileError("rename", "\(a) to \(b)", ENOENT)) {
        try at.fs.renameExclusively(a, to: b)
      }
    }
  }

  @Test(arguments: Backing.allCases)
  func impossibleNamesAreRefused(_ backing: Backing) throws {
    try backing.with { at in
      let long = String(repeating: "n", count: 256)
      #expect(code { try at.create(long) } == ENAMETOOLONG)
      #expect(code { try at.fs.rename(at("a\0b"), to: at("c")) } == EINVAL)
      #expect(code { try at.create("a\0b") } == EINVAL)
      #expect(code { try at.fs.read("", limit: 1) } == ENOENT)
      let names = try at.names()
      #expect(names.isEmpty)
    }
  }
}

/// The question who has a file open, and the reading of names one by one.
struct WriterContractTests {
  @Test(arguments: Backing.allCases)
  func aFileThatIsOpenForWritingIsKnown(_ backing: Backing) throws {
    try backing.with { at in
      try at.create("a")
      #expect(try at.fs.isBeingWritten(at("a")) == false)
      let reader = try at.fs.open(at("a"), .read)
      #expect(try at.fs.isBeingWritten(at("a")) == false)
      let writer = try at.fs.open(at("a"), .update)
      #expect(try at.fs.isBeingWritten(at("a")) == true)
      try writer.close()
      #expect(try at.fs.isBeingWritten(at("a")) == false)
      try reader.close()
      #expect(code { try at.fs.isBeingWritten(at("none")) } == ENOENT)
      try at.plantLink(at("link"))
      #expect(code { try at.fs.isBeingWritten(at("link")) } == ELOOP)
    }
  }

  @Test(arguments: Backing.allCases)
  func aVisitIsAListing(_ backing: Backing) throws {
    try backing.with { at in
      for name in ["a", "b", ".c"] { try at.create(name) }
      try at.fs.createDirectory(at("d"))
      var names: [String] = []
      #expect(try at.fs.visit(at("."), fresh: true) { names.append($0) } == 0)
      #expect(names.sorted() == [".c", "a", "b", "d"])
      #expect(code { try at.fs.visit(at("none"), fresh: false) { _ in } } == ENOENT)
    }
  }
}
