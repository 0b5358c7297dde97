import Glibc
import SpoolStore
import SpoolTesting
import Testing

/// The behaviour that only the real filesystem shows.
@Suite(.timeLimit(.minutes(1)))
struct PosixFileSystemTests {
  let fs = PosixFileSystem()

  @Test func namesThatAreNotUTF8AreCounted() throws {
    try TemporaryDirectory.with { root in
      try fs.create("\(root)/good", [], durable: false)
      for byte: UInt8 in [0xff, 0xfe] {
        let path = root.utf8.map { CChar(bitPattern: $0) } + [0x2f, CChar(bitPattern: byte), 0]
        #expect(mkdir(path, 0o700) == 0)
      }
      let listing = try fs.list(root, fresh: true)
      #expect(listing == Listing(names: ["good"], unreadable: 2))
    }
  }

  /// A program that goes down step by step makes directories for which there is no path.
  @Test func aTreeThatIsTooDeepForAPath() throws {
    try TemporaryDirectory.with { root in
      try fs.createDirectory("\(root)/tree")
      let name = String(repeating: "x", count: 200)
      var place = open("\(root)/tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      for _ in 0..<50 {
        #expect(mkdirat(place, name, 0o700) == 0)
        close(openat(place, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        let next = openat(place, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        close(place)
        place = next
      }
      close(place)
      var walk = TreeWalk("\(root)/tree", fs)
      #expect(throws: TreeWalk.Problem.bad("holds a path of more than 2000 bytes")) {
        while try !walk.step() {}
      }
      #expect(code { try fs.removeTree("\(root)/tree", atMost: 60) } == EBUSY)
      try fs.removeTree("\(root)/tree")
      #expect(try fs.list(root, fresh: true).names == [])
    }
  }

  @Test func directoriesMayBeLinks() throws {
    try TemporaryDirectory.with { root in
      try fs.createDirectory("\(root)/real")
      #expect(symlink("real", "\(root)/link") == 0)
      try fs.create("\(root)/link/a", [1], durable: false)
      #expect(try fs.list("\(root)/link", fresh: true).names == ["a"])
      try fs.syncDirectory("\(root)/link")
      #expect(try fs.attributes(of: "\(root)/link").kind == .link)
    }
  }

  @Test func linkToAFileIsNotFollowed() throws {
    try TemporaryDirectory.with { root in
      try fs.create("\(root)/a", [1], durable: false)
      #expect(symlink("a", "\(root)/link") == 0)
      #expect(code { try fs.read("\(root)/link", limit: 9) } == ELOOP)
      #expect(code { try fs.open("\(root)/link", .create) } == ELOOP)
    }
  }

  @Test func filesWithoutAStatedSizeAreReadWhole() throws {
    let maps = try fs.read("/proc/self/status", limit: 100_000)
    #expect(String(decoding: maps, as: UTF8.self).contains("\nPid:\t\(getpid())\n"))
    #expect(code { try fs.read("/proc/self/status", limit: 10) } == EFBIG)
    #expect(code { try fs.read("/dev/zero", limit: 10) } == EINVAL)
  }

  @Test func descriptorsAreNotInheritedByPrograms() throws {
    try TemporaryDirectory.with { root in
      let file = try fs.open("\(root)/a", .create)
      let inode = try file.attributes().inode
      var status = stat()
      let mine = (0..<1_024 as Range<Int32>).filter {
        fstat($0, &status) == 0 && UInt64(status.st_ino) == inode
          && status.st_mode & S_IFMT == S_IFREG
      }
      #expect(!mine.isEmpty)
      for descriptor in mine { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
      try file.close()
    }
  }

  @Test func modesAreLeftToTheUmask() throws {
    try TemporaryDirectory.with { root in
      try fs.create("\(root)/a", [], durable: false)
      try fs.createDirectory("\(root)/d")
      var (file, directory) = (stat(), stat())
      #expect(lstat("\(root)/a", &file) == 0 && lstat("\(root)/d", &directory) == 0)
      #expect(file.st_mode & 0o111 == 0)
      #expect((file.st_mode | 0o111) & 0o777 == directory.st_mode & 0o777 | 0o111)
    }
  }
}
