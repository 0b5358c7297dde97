public import SpoolStore
internal import Synchronization

/// What tests do behind the back of those they test: never counted, never spoilt.
extension MemoryFileSystem {
  /// Nanoseconds that the next change is stamped with; every change moves it on by one.
  public var time: Int64 {
    get { tree.withLock { $0.time } }
    set { tree.withLock { $0.time = newValue } }
  }

  /// Numeric user id of whoever makes files from now on.
  public var usage: FileSystemUsage {
    get { tree.withLock { $0.usage } }
    set { tree.withLock { $0.usage = newValue } }
  }

  public var owner: UInt32 {
    get { tree.withLock { $0.owner } }
    set { tree.withLock { $0.owner = newValue } }
  }

  /// Makes directories down to this one, as `mkdir -p`.
  public func plantDirectories(_ path: String) throws(FileError) {
    var current = ""
    for part in path.split(separator: "/") {
      current += "/" + part
      if attributesBehind(current)?.kind != .directory { try plant(.directory, at: current) }
    }
  }

  /// Makes an entry of any kind where there is none: an empty file or directory, a link that leads
  /// nowhere, something else that is never opened (a FIFO).
  public func plant(_ kind: FileKind, at path: String) throws(FileError) {
    try quietly(path) { tree throws(MemoryFailure) in _ = try tree.make(kind, at: path) }
  }

  /// Puts a file there, over whatever file was: as another host would, in one stroke.
  public func plant(_ contents: [UInt8], at path: String) throws(FileError) {
    try quietly(path) { tree throws(MemoryFailure) in try tree.plant(contents, at: path) }
  }

  /// Says how many entries of a directory have names that are not UTF-8.
  public func plantUnreadable(_ count: Int, in directory: String) throws(FileError) {
    try quietly(directory) { tree throws(MemoryFailure) in
      try tree.node(directory).unreadable = count
    }
  }

  /// Adds bytes to a file that is there, as one who has it open, and syncs.
  public func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    try quietly(path) { tree throws(MemoryFailure) in
      let node = try tree.node(path)
      node.bytes += bytes
      node.synced = node.bytes
      node.modified = tree.stamp()
    }
  }

  /// Somebody outside of the play opens a file for writing (1), or closes it (-1).
  public func countWriters(_ change: Int, of path: String) throws(FileError) {
    try quietly(path) { tree throws(MemoryFailure) in try tree.node(path).writers += change }
  }

  /// Whether it can be told who has a file open, as on a disk of the host's own.
  public var knowsWriters: Bool {
    get { tree.withLock { $0.knowsWriters } }
    set { tree.withLock { $0.knowsWriters = newValue } }
  }

  /// The contents of what stands there, whatever its size, or nil.
  public func peek(_ path: String) -> [UInt8]? {
    tree.withLock { tree in try? tree.node(path).bytes }
  }

  /// `lstat`, behind the back.
  public func attributesBehind(_ path: String) -> FileAttributes? {
    tree.withLock { tree in try? tree.node(path).attributes }
  }

  /// Every path below a directory, sorted; directories end with a slash.
  public func paths(below directory: String = "/") -> [String] {
    tree.withLock { tree in
      guard let top = try? tree.node(directory) else { return [] }
      let prefix = directory.hasSuffix("/") ? directory : directory + "/"
      return MemoryTree.paths(of: top, prefix).sorted()
    }
  }

  /// Returns whether a directory is at a path.
  public func isDirectory(_ path: String) -> Bool {
    tree.withLock { tree in (try? tree.node(path).kind) == .directory }
  }

  /// The number of entries of a directory; zero where it is none.
  public func entryCount(of directory: String) -> Int {
    tree.withLock { tree in (try? tree.node(directory).entries.count) ?? 0 }
  }

  /// How many files are open: none, once everyone has closed what they opened.
  public var openFiles: Int { tree.withLock { $0.handles.count } }

  /// A power cut. Every file is as it was last synced, or empty; open files and locks are gone (their
  /// calls fail with `EBADF`). Names stay as they were: losing those that were not synced is not
  /// played.
  public func crash() {
    tree.withLock { $0.crash() }
  }

  func quietly(
    _ path: String, _ body: @Sendable (inout MemoryTree) throws(MemoryFailure) -> Void
  ) throws(FileError) {
    do throws(MemoryFailure) {
      try tree.withLock { (tree) throws(MemoryFailure) in try body(&tree) }
    } catch {
      throw FileError("plant", path, error.code)
    }
  }
}

extension MemoryTree {
  mutating func plant(_ contents: [UInt8], at path: String) throws(MemoryFailure) {
    if let old = try place(path).node, old.kind != .directory { try remove(path) }
    try create(path, contents, durable: true)
  }

  static func paths(of node: MemoryNode, _ prefix: String) -> [String] {
    node.entries.nodes.flatMap { name, child in
      child.kind == .directory
        ? [prefix + name + "/"] + paths(of: child, prefix + name + "/") : [prefix + name]
    }
  }
}
