import Glibc
import SpoolStore
import SpoolTesting
import Testing

/// The filesystems that the contract is checked on.
enum Backing: String, CaseIterable, CustomTestStringConvertible {
  case posix, memory

  var testDescription: String { rawValue }
}

/// A filesystem with an empty directory, and ways to put into it what ``FileSystem`` cannot make.
struct FileSystemFixture {
  let fs: any FileSystem
  let root: String
  /// Makes a symbolic link that leads nowhere.
  let plantLink: (String) throws -> Void
  let plantFIFO: (String) throws -> Void

  /// A path below the directory.
  func callAsFunction(_ name: String) -> String { "\(root)/\(name)" }

  func create(_ name: String, _ text: String = "text") throws {
    try fs.create(self(name), Array(text.utf8), durable: false)
  }

  func text(_ name: String) throws -> String {
    String(decoding: try fs.read(self(name), limit: 1_000), as: UTF8.self)
  }

  func names(_ directory: String = ".") throws -> [String] {
    try fs.list(self(directory), fresh: false).names.sorted()
  }
}

extension Backing {
  func with(_ body: (FileSystemFixture) throws -> Void) throws {
    switch self {
    case .posix:
      try TemporaryDirectory.with { root in
        try body(
          FileSystemFixture(
            fs: PosixFileSystem(), root: root,
            plantLink: { try check("symlink", $0, symlink("nowhere", $0)) },
            plantFIFO: { try check("mkfifo", $0, mkfifo($0, 0o600)) }))
      }
    case .memory:
      let memory = MemoryFileSystem()
      try memory.plantDirectories("/spool/test")
      try body(
        FileSystemFixture(
          fs: memory, root: "/spool/test",
          plantLink: { try memory.plant(.link, at: $0) },
          plantFIFO: { try memory.plant(.other, at: $0) }))
    }
  }
}

/// The `errno` that a call fails with: nil if it does not, -1 if with something else.
func code<Result>(of body: () throws -> Result) -> Int32? {
  do {
    _ = try body()
    return nil
  } catch {
    return (error as? FileError)?.code ?? -1
  }
}

private func check(_ operation: String, _ path: String, _ result: Int32) throws(FileError) {
  if result != 0 { throw FileError(operation, path, errno) }
}
