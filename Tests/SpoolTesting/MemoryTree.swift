internal import Glibc
internal import SpoolStore

/// Why a call on the tree fails: `errno`.
struct MemoryFailure: Error {
  var code: Int32
  init(_ code: Int32) { self.code = code }
}

/// The directories and inodes of ``MemoryFileSystem``, with the answers of Linux.
struct MemoryTree {
  /// An open file.
  struct Handle {
    var node: MemoryNode
    var isWritable: Bool
  }

  /// Nanoseconds; what changes next is stamped with it, and every change moves it on by one.
  var time: Int64 = 1_000_000_000
  /// Of what is made next.
  var owner: UInt32 = 1_000
  /// What it says of how full it is.
  var usage = FileSystemUsage(size: 1 << 40, free: 1 << 39)
  var handles: [Int: Handle] = [:]
  /// Whether it can be told who has a file open, as on a disk of the host's own.
  var knowsWriters = true
  private(set) var root: MemoryNode
  private var lastInode: UInt64 = 1
  private var lastHandle = 0
  /// Directories by the path they were found by; forgotten when one is moved or removed.
  private var known: [String: MemoryNode] = [:]

  init() {
    root = MemoryNode(inode: 1, kind: .directory, modified: 0, owner: 0)
  }

  /// Makes a tree of the same names, inodes and times, in which nothing is open.
  init(copying other: MemoryTree) {
    var copies: [UInt64: MemoryNode] = [:]
    root = other.root.copy(&copies)
    time = other.time
    owner = other.owner
    usage = other.usage
    knowsWriters = other.knowsWriters
    lastInode = other.lastInode
  }

  mutating func stamp() -> Int64 {
    defer { time += 1 }
    return time
  }

  mutating func makeNode(_ kind: FileKind) -> MemoryNode {
    lastInode += 1
    return MemoryNode(inode: lastInode, kind: kind, modified: stamp(), owner: owner)
  }

  mutating func makeHandle(_ node: MemoryNode, isWritable: Bool) -> Int {
    lastHandle += 1
    handles[lastHandle] = Handle(node: node, isWritable: isWritable)
    return lastHandle
  }

  mutating func forgetDirectories() {
    known.removeAll(keepingCapacity: true)
  }

  /// All that is neither synced nor named is gone, and so is every open file.
  mutating func crash() {
    handles.removeAll()
    var rest = [root]
    while let node = rest.popLast() {
      node.bytes = node.synced
      node.lockedBy = nil
      rest += node.entries.nodes.map(\.node)
    }
  }
}

// MARK: - Paths

extension MemoryTree {
  /// A place in a directory, whether or not something stands there.
  struct Place {
    var directory: MemoryNode
    /// Empty for the root itself.
    var name: String
    var node: MemoryNode?
  }

  /// The directory of a path and what stands there.
  mutating func place(_ path: String) throws(MemoryFailure) -> Place {
    let path = try Self.normal(path)
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      throw MemoryFailure(ENOENT)
    }
    let name = String(path[path.utf8.index(after: slash)...])
    if name.isEmpty { return Place(directory: root, name: "", node: root) }
    if name.utf8.count > 255 { throw MemoryFailure(ENAMETOOLONG) }
    let directory = try directory(String(path[..<slash]))
    return Place(directory: directory, name: name, node: directory.entries[name])
  }

  mutating func node(_ path: String) throws(MemoryFailure) -> MemoryNode {
    guard let node = try place(path).node else { throw MemoryFailure(ENOENT) }
    return node
  }

  /// A directory by its path without a slash at the end; a link in it leads nowhere.
  private mutating func directory(_ path: String) throws(MemoryFailure) -> MemoryNode {
    if let node = known[path] { return node }
    var node = root
    for part in path.split(separator: "/") {
      guard let next = node.entries[String(part)], next.kind != .link else {
        throw MemoryFailure(part.utf8.count > 255 ? ENAMETOOLONG : ENOENT)
      }
      guard next.kind == .directory else { throw MemoryFailure(ENOTDIR) }
      node = next
    }
    known[path] = node
    return node
  }

  /// The path without doubled or closing slashes, `.` and `..`.
  private static func normal(_ path: String) throws(MemoryFailure) -> String {
    guard path.utf8.first == UInt8(ascii: "/") else { throw MemoryFailure(ENOENT) }
    if path.utf8.count > 4_095 { throw MemoryFailure(ENAMETOOLONG) }
    if path.utf8.contains(0) { throw MemoryFailure(EINVAL) }
    var previous: UInt8 = 0
    let slash = UInt8(ascii: "/")
    let isNormal = path.utf8.allSatisfy { byte in
      defer { previous = byte }
      return previous != slash || (byte != slash && byte != UInt8(ascii: "."))
    }
    if isNormal && previous != slash { return path }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
