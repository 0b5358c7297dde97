internal import Glibc
internal import SpoolStore

extension MemoryTree {
  mutating func list(_ path: String) throws(MemoryFailure) -> Listing {
    let node = try node(path)
    if node.kind == .link { throw MemoryFailure(ENOENT) }
    if node.kind != .directory { throw MemoryFailure(ENOTDIR) }
    return Listing(names: node.entries.names, unreadable: node.unreadable)
  }

  mutating func isBeingWritten(_ path: String) throws(MemoryFailure) -> Bool? {
    let node = try node(path)
    try Self.requireFile(node)
    guard knowsWriters else { return nil }
    return node.writers > 0 || handles.values.contains { $0.node === node && $0.isWritable }
  }

  mutating func read(_ path: String, limit: Int) throws(MemoryFailure) -> [UInt8] {
    let node = try node(path)
    try Self.requireFile(node)
    if node.bytes.count > limit { throw MemoryFailure(EFBIG) }
    return node.bytes
  }

  /// Makes an entry that must not be there.
  mutating func make(_ kind: FileKind, at path: String) throws(MemoryFailure) -> MemoryNode {
    let place = try place(path)
    if place.node != nil { throw MemoryFailure(EEXIST) }
    let node = makeNode(kind)
    place.directory.entries[place.name] = node
    place.directory.modified = node.modified
    return node
  }

  mutating func create(
    _ path: String, _ contents: [UInt8], durable: Bool
  ) throws(MemoryFailure) {
    let node = try make(.file, at: path)
    node.bytes = contents
    if durable { node.synced = contents }
  }

  mutating func open(_ path: String, _ mode: OpenMode) throws(MemoryFailure) -> Int {
    let place = try place(path)
    guard let node = place.node else {
      guard mode == .create || mode == .createLock else { throw MemoryFailure(ENOENT) }
      return makeHandle(try make(.file, at: path), isWritable: true)
    }
    if node.kind == .directory, mode != .read { throw MemoryFailure(EISDIR) }
    try Self.requireFile(node)
    return makeHandle(node, isWritable: mode != .read)
  }

  mutating func rename(
    _ source: String, to destination: String, exclusively: Bool
  ) throws(MemoryFailure) {
    let (from, to) = (try place(source), try place(destination))
    guard let node = from.node else { throw MemoryFailure(ENOENT) }
    if from.name.isEmpty || to.name.isEmpty { throw MemoryFailure(EBUSY) }
    // In the order in which Linux looks.
    if exclusively && to.node != nil { throw MemoryFailure(EEXIST) }
    if Self.contains(node, to.directory) { throw MemoryFailure(EINVAL) }
    if let other = to.node {
      if other === node { return }
      if Self.contains(other, from.directory) { throw MemoryFailure(ENOTEMPTY) }
      try Self.requireReplaceable(other, by: node)
    }
    to.node?.links -= 1
    if node.kind == .directory { forgetDirectories() }
    from.directory.entries[from.name] = nil
    to.directory.entries[to.name] = node
    let now = stamp()
    from.directory.modified = now
    to.directory.modified = now
  }

  mutating func link(_ source: String, to destination: String) throws(MemoryFailure) {
    // In the order in which Linux looks.
    guard let node = try place(source).node else { throw MemoryFailure(ENOENT) }
    let to = try place(destination)
    if to.node != nil { throw MemoryFailure(EEXIST) }
    if node.kind == .directory { throw MemoryFailure(EPERM) }
    node.links += 1
    to.directory.entries[to.name] = node
    to.directory.modified = stamp()
  }

  mutating func remove(_ path: String) throws(MemoryFailure) {
    let place = try place(path)
    guard let node = place.node else { throw MemoryFailure(ENOENT) }
    if node.kind == .directory { throw MemoryFailure(EISDIR) }
    node.links -= 1
    place.directory.entries[place.name] = nil
    place.directory.modified = stamp()
  }

  mutating func removeDirectory(_ path: String) throws(MemoryFailure) {
    let place = try place(path)
    guard let node = place.node else { throw MemoryFailure(ENOENT) }
    if node.kind != .directory { throw MemoryFailure(ENOTDIR) }
    if place.name.isEmpty { throw MemoryFailure(EBUSY) }
    if !Self.isEmpty(node) { throw MemoryFailure(ENOTEMPTY) }
    forgetDirectories()
    place.directory.entries[place.name] = nil
    place.directory.modified = stamp()
  }
}

// MARK: - Open files

extension MemoryTree {
  func handle(_ number: Int, writing: Bool = false) throws(MemoryFailure) -> MemoryNode {
    guard let handle = handles[number], handle.isWritable || !writing else {
      throw MemoryFailure(EBADF)
    }
    return handle.node
  }

  func read(_ number: Int, at offset: Int, count: Int) throws(MemoryFailure) -> [UInt8] {
    let node = try handle(number)
    if offset < 0 || count < 0 { throw MemoryFailure(EINVAL) }
    return [UInt8](node.bytes.dropFirst(offset).prefix(count))
  }

  mutating func write(_ number: Int, _ bytes: [UInt8], at offset: Int) throws(MemoryFailure) {
    if bytes.isEmpty { return }
    let node = try handle(number, writing: true)
    if offset < 0 { throw MemoryFailure(EINVAL) }
    node.write(bytes, at: offset)
    node.modified = stamp()
  }

  mutating func truncate(_ number: Int, to size: Int) throws(MemoryFailure) {
    let node = try handle(number)
    // As ftruncate says it of a descriptor that is open only to read.
    if size < 0 || handles[number]?.isWritable != true { throw MemoryFailure(EINVAL) }
    node.resize(to: size)
    node.modified = stamp()
  }

  func tryLock(_ number: Int) throws(MemoryFailure) -> Bool {
    let node = try handle(number, writing: true)
    if let holder = node.lockedBy, holder != number { return false }
    node.lockedBy = number
    return true
  }

  mutating func close(_ number: Int) throws(MemoryFailure) {
    guard let handle = handles.removeValue(forKey: number) else { throw MemoryFailure(EBADF) }
    if handle.node.lockedBy == number { handle.node.lockedBy = nil }
  }
}

// MARK: - Checks

extension MemoryTree {
  private static func requireFile(_ node: MemoryNode) throws(MemoryFailure) {
    switch node.kind {
    case .file: return
    case .link: throw MemoryFailure(ELOOP)
    case .directory, .other: throw MemoryFailure(EINVAL)
    }
  }

  private static func requireReplaceable(
    _ old: MemoryNode, by new: MemoryNode
  ) throws(MemoryFailure) {
    if new.kind == .directory {
      if old.kind != .directory { throw MemoryFailure(ENOTDIR) }
      if !isEmpty(old) { throw MemoryFailure(ENOTEMPTY) }
    } else if old.kind == .directory {
      throw MemoryFailure(EISDIR)
    }
  }

  private static func isEmpty(_ node: MemoryNode) -> Bool {
    node.entries.isEmpty && node.unreadable == 0
  }

  /// Whether `directory` is `node` or lies below it.
  private static func contains(_ node: MemoryNode, _ directory: MemoryNode) -> Bool {
    node === directory || node.entries.nodes.contains { contains($0.node, directory) }
  }
}
