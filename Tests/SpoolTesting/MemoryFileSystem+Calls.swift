internal import Glibc
public import SpoolStore
internal import Synchronization

extension MemoryFileSystem {
  /// Not counted: it changes nothing and says nothing.
  public func refresh(_ directory: String) { missing.forget(in: directory) }

  public func mark(of directory: String) throws(FileError) -> DirectoryMark {
    refresh(directory)
    let attributes = try attributes(of: directory)
    return DirectoryMark(inode: attributes.inode, changed: attributes.modified)
  }

  public func list(_ directory: String, fresh: Bool) throws(FileError) -> Listing {
    if fresh { refresh(directory) }
    let listing = try perform(.list, directory) { tree throws(MemoryFailure) in
      var listing = try tree.list(directory)
      if refusesSome {
        listing.names.removeAll { refusal(of: "\(directory)/\($0)") == ENOENT }
      }
      return listing
    }
    var bent = listing
    if missing.hasLost { bent.names.removeAll { isAway("\(directory)/\($0)") } }
    return onListing?(directory, bent) ?? bent
  }

  public func attributes(of path: String) throws(FileError) -> FileAttributes {
    try perform(.attributes, path) { tree throws(MemoryFailure) in try tree.node(path).attributes }
  }

  public func isBeingWritten(_ path: String) throws(FileError) -> Bool? {
    try perform(.askWriters, path) { tree throws(MemoryFailure) in
      try tree.isBeingWritten(path)
    }
  }

  public func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try perform(.read, path) { tree throws(MemoryFailure) in try tree.read(path, limit: limit) }
  }

  public func create(_ path: String, _ contents: [UInt8], durable: Bool) throws(FileError) {
    try perform(
      .create, path,
      torn: { tree, count throws(MemoryFailure) in
        try tree.create(path, [UInt8](contents.prefix(count)), durable: false)
      },
      { tree throws(MemoryFailure) in try tree.create(path, contents, durable: durable) })
  }

  public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any OpenFile {
    try perform(.open, path) { tree throws(MemoryFailure) in
      MemoryFile(self, path, try tree.open(path, mode))
    }
  }

  public func rename(_ source: String, to destination: String) throws(FileError) {
    try perform(.rename, source, to: destination) { tree throws(MemoryFailure) in
      try tree.rename(source, to: destination, exclusively: false)
    }
  }

  public func renameExclusively(_ source: String, to destination: String) throws(FileError) {
    let isKnown = lacks.withLock { !$0.contains(.exclusiveRename) }
    try perform(.renameExclusively, source, to: destination) { tree throws(MemoryFailure) in
      guard isKnown else { throw MemoryFailure(EINVAL) }
      try tree.rename(source, to: destination, exclusively: true)
    }
  }

  public func link(_ source: String, to destination: String) throws(FileError) {
    let isKnown = lacks.withLock { !$0.contains(.hardLinks) }
    try perform(.link, source, to: destination) { tree throws(MemoryFailure) in
      guard isKnown else { throw MemoryFailure(EPERM) }
      try tree.link(source, to: destination)
    }
  }

  public func createSymbolicLink(_ path: String, to target: String) throws(FileError) {
    try perform(.createLink, path) { tree throws(MemoryFailure) in
      try tree.make(.link, at: path).bytes = Array(target.utf8)
    }
  }

  public func readSymbolicLink(_ path: String) throws(FileError) -> String? {
    try perform(.readLink, path) { tree throws(MemoryFailure) in
      let node = try tree.node(path)
      guard node.kind == .link else { throw MemoryFailure(EINVAL) }
      return String(validating: node.bytes, as: UTF8.self)
    }
  }

  public func remove(_ path: String) throws(FileError) {
    try perform(.remove, path) { tree throws(MemoryFailure) in try tree.remove(path) }
  }

  public func createDirectory(_ path: String) throws(FileError) {
    try perform(.createDirectory, path) { tree throws(MemoryFailure) in
      _ = try tree.make(.directory, at: path)
    }
  }

  /// Rights are none here.
  public func createPrivateDirectory(_ path: String) throws(FileError) {
    try createDirectory(path)
  }

  /// Rights are none here.
  public func makeWritable(_ directory: String) throws(FileError) {
    try perform(.attributes, directory) { tree throws(MemoryFailure) in
      _ = try tree.list(directory)
    }
  }

  /// A planted link leads nowhere.
  public func resolve(_ directory: String) throws(FileError) -> String {
    try perform(.attributes, directory) { tree throws(MemoryFailure) in
      _ = try tree.list(directory)
      return directory
    }
  }

  public func usage(of path: String) throws(FileError) -> FileSystemUsage {
    try perform(.attributes, path) { tree throws(MemoryFailure) in
      _ = try tree.node(path)
      return tree.usage
    }
  }

  public func removeDirectory(_ path: String) throws(FileError) {
    try perform(.removeDirectory, path) { tree throws(MemoryFailure) in
      try tree.removeDirectory(path)
    }
  }

  /// Looks whether it is there; names are always durable here.
  public func syncDirectory(_ path: String) throws(FileError) {
    try perform(.syncDirectory, path) { tree throws(MemoryFailure) in _ = try tree.list(path) }
  }
}
