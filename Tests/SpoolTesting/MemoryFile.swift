internal import SpoolStore
internal import Synchronization

/// A file of ``MemoryFileSystem`` that is open. Forgotten, it is closed, and its lock is free: so
/// dies a process that is killed.
final class MemoryFile: OpenFile, Sendable {
  private let fileSystem: MemoryFileSystem
  private let path: String
  private let number: Int

  init(_ fileSystem: MemoryFileSystem, _ path: String, _ number: Int) {
    self.fileSystem = fileSystem
    self.path = path
    self.number = number
  }

  deinit {
    fileSystem.tree.withLock { [number] in try? $0.close(number) }
  }

  func attributes() throws(FileError) -> FileAttributes {
    try fileSystem.perform(.fileAttributes, path) { [number] tree throws(MemoryFailure) in
      try tree.handle(number).attributes
    }
  }

  func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    try fileSystem.perform(.fileRead, path) { [number] tree throws(MemoryFailure) in
      try tree.read(number, at: offset, count: count)
    }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    try fileSystem.perform(
      .write, path,
      torn: { [number] tree, count throws(MemoryFailure) in
        try tree.write(number, [UInt8](bytes.prefix(count)), at: offset)
      },
      { [number] tree throws(MemoryFailure) in try tree.write(number, bytes, at: offset) })
  }

  func truncate(to size: Int) throws(FileError) {
    try fileSystem.perform(.truncate, path) { [number] tree throws(MemoryFailure) in
      try tree.truncate(number, to: size)
    }
  }

  func sync() throws(FileError) {
    try fileSystem.perform(.sync, path) { [number] tree throws(MemoryFailure) in
      let node = try tree.handle(number)
      node.synced = node.bytes
    }
  }

  func tryLock() throws(FileError) -> Bool {
    try fileSystem.perform(.lock, path) { [number] tree throws(MemoryFailure) in
      try tree.tryLock(number)
    }
  }

  /// Whatever is reported, the file is closed.
  func close() throws(FileError) {
    defer { fileSystem.tree.withLock { [number] in try? $0.close(number) } }
    try fileSystem.perform(.close, path) { [number] tree throws(MemoryFailure) in
      try tree.close(number)
    }
  }
}
