internal import SpoolModel

extension FileSystem {
  /// Reads a file; nil where nothing is there.
  public func readIfPresent(_ path: String, limit: Int) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try read(path, limit: limit)
    } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }

  /// Returns the attributes of the entry at a path; nil where nothing is there.
  public func attributesIfPresent(_ path: String) throws(FileError) -> FileAttributes? {
    do throws(FileError) {
      return try attributes(of: path)
    } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }

  /// Returns true where something is certainly there. An error counts as no.
  public func isPresent(_ path: String) -> Bool {
    (try? attributes(of: path)) != nil
  }

  /// Puts a whole file in the place of another, atomically for every reader. `writer` keeps several
  /// writers apart that do so at a time.
  public func replace(
    _ path: String, _ contents: [UInt8], by writer: String = "", durable: Bool = false
  ) throws(FileError) {
    let temporary = hidden(path) + (writer.isEmpty ? "" : "-" + writer)
    do throws(FileError) {
      try createAnew(temporary, contents, durable: durable)
      try rename(temporary, to: path)
    } catch {
      // Where the reply was lost, it is gone already.
      try? remove(temporary)
      throw error
    }
    if durable { try syncDirectory(FilePath.directory(path)) }
  }

  /// Creates a file that is the caller's alone. A crash may have left one there: that goes first.
  func createAnew(_ path: String, _ contents: [UInt8], durable: Bool) throws(FileError) {
    do throws(FileError) {
      try create(path, contents, durable: durable)
    } catch {
      guard error.isOccupied else { throw error }
      try remove(path)
      try create(path, contents, durable: durable)
    }
  }

  /// Removes a file. A file that is gone is fine.
  public func removeIfPresent(_ path: String) throws(FileError) {
    do throws(FileError) {
      try remove(path)
    } catch {
      guard error.isMissing else { throw error }
    }
  }

  /// Removes whatever is at a path: a directory with all in it, too. What is gone is fine. Directories
  /// that may not be read or written are made writable first. Stops with `EBUSY` after so many entries,
  /// the rest of which a later call removes (R10).
  public func removeTree(_ path: String, atMost limit: Int = .max) throws(FileError) {
    var left = limit
    try removeTree(path, top: path, &left)
  }

  /// Removes so many entries of what is at a path, as ``removeTree(_:atMost:)``. Returns false if there
  /// is more to remove.
  func removeSome(of path: String, atMost limit: Int) throws(FileError) -> Bool {
    var left = limit
    do throws(FileError) {
      try removeTree(path, top: path, &left)
      return true
    } catch  where left <= 0 && error.errno == .busy {
      return false
    }
  }

  private func removeTree(
    _ path: String, top: String, _ left: inout Int
  ) throws(FileError) {
    guard left > 0 else { throw FileError("remove", path, Errno.busy) }
    left -= 1
    do throws(FileError) {
      return try removeIfPresent(path)
    } catch {
      guard try attributesIfPresent(path)?.kind == .directory else { throw error }
    }
    try emptyDirectory(path, top: top, &left)
    try removeDirectory(path)
  }

  /// Removes all that is in a directory, as ``removeTree(_:atMost:)`` does.
  public func emptyDirectory(_ path: String) throws(FileError) {
    var left = Int.max
    try emptyDirectory(path, top: path, &left)
  }

  private func emptyDirectory(
    _ path: String, top: String, _ left: inout Int
  ) throws(FileError) {
    do throws(FileError) {
      return try removeEntries(of: path, top: top, &left)
    } catch {
      // What was refused deeper down is no matter of this directory.
      let isOwn = error.path == path || error.directory == path
      guard isOwn, error.errno == .accessDenied else { throw error }
    }
    try makeWritable(path)
    try removeEntries(of: path, top: top, &left)
  }

  /// Removes what is in a directory. What lies too deep for a path is first moved up to `top`.
  private func removeEntries(
    of path: String, top: String, _ left: inout Int
  ) throws(FileError) {
    for name in try list(path, fresh: false).names {
      var entry = "\(path)/\(name)"
      if entry.utf8.count > longestPath {
        let raised = "\(top)/.spool.deep\(left)"
        try rename(entry, to: raised)
        entry = raised
      }
      try removeTree(entry, top: top, &left)
    }
  }

  /// Makes a directory. A directory or a link that is there is fine. Fails with `ENOTDIR` where
  /// something else is there. Returns true if the directory was made.
  @discardableResult public func ensureDirectory(_ path: String) throws(FileError) -> Bool {
    do throws(FileError) {
      try createDirectory(path)
      return true
    } catch {
      guard error.isOccupied else { throw error }
      // A link may lead to a directory. Anything else is told now, not by a later user.
      switch try attributesIfPresent(path)?.kind {
      case .directory, .link, nil: return false
      case .file, .other: throw FileError("create directory", path, Errno.notDirectory)
      }
    }
  }

  /// Makes a directory and those above it.
  public func ensureDirectories(_ path: String) throws(FileError) {
    do throws(FileError) {
      try ensureDirectory(path)
    } catch {
      guard error.isMissing, path != "/" else { throw error }
      try ensureDirectories(FilePath.directory(path))
      try ensureDirectory(path)
    }
  }

  /// Returns the name under which a file is written before its rename to `path`: names with a dot
  /// in front are nobody's.
  func hidden(_ path: String) -> String {
    "\(FilePath.directory(path))/.\(FilePath.base(path))"
  }
}

/// The longest path, in bytes, at which a tree is removed. Linux takes none of more than 4,096; a program
/// that goes down step by step may make deeper trees.
private let longestPath = 3000
