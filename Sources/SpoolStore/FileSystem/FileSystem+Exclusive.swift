internal import SpoolModel

/// Moving a file to a name that must be free, on every filesystem.
extension FileSystem {
  /// Moves a file to a name that must be free. Fails with `EEXIST` where something stands there.
  /// Done again after a crash, or after a reply that was lost, it finds its own work done.
  ///
  /// 1. `RENAME_NOREPLACE`, where the filesystem knows it.
  /// 2. Else a link, and then the removal of the old name. Both NFS and GlusterFS lack the first;
  ///    and what they say of a name that was looked for a moment ago may come from a cache. A link
  ///    is refused by the server.
  /// 3. Else, without hard links, a fresh look, and then a rename. A file that appears in between is
  ///    replaced: ``MountFacts/advice(_:)`` says so.
  func moveExclusively(_ source: String, to destination: String) throws(FileError) {
    do throws(FileError) {
      try renameOrLink(source, to: destination)
    } catch  where error.isOccupied && isOneFile(source, destination) {
      // The link was made, by a watcher that died then, or by a call whose reply was lost.
      try removeIfPresent(source)
    }
  }

  private func renameOrLink(_ source: String, to destination: String) throws(FileError) {
    do throws(FileError) {
      return try renameExclusively(source, to: destination)
    } catch {
      guard error.isUnsupported else { throw error }
    }
    do throws(FileError) {
      try link(source, to: destination)
    } catch {
      guard error.isWithoutLinks else { throw error }
      return try renameAfterLook(source, to: destination)
    }
    try removeIfPresent(source)
  }

  /// Renames a file to a name that must be free, and never gives it two names: a request with two is
  /// refused. Fails with `EEXIST` where something stands there, as far as a fresh look can tell.
  func renameIfFree(_ source: String, to destination: String) throws(FileError) {
    do throws(FileError) {
      try renameExclusively(source, to: destination)
    } catch {
      guard error.isUnsupported else { throw error }
      try renameAfterLook(source, to: destination)
    }
  }

  private func renameAfterLook(_ source: String, to destination: String) throws(FileError) {
    refresh(FilePath.directory(destination))
    if try attributesIfPresent(destination) != nil {
      throw FileError("rename", "\(source) to \(destination)", Errno.exists)
    }
    try rename(source, to: destination)
  }

  /// Returns true where two paths are two names of one file. The number of names keeps apart two
  /// spellings of a single name. It is the second path's, which is looked up after the first: a
  /// client that was just refused the link asks the server for that one.
  func isOneFile(_ one: String, _ other: String) -> Bool {
    guard let first = try? attributes(of: one), let second = try? attributes(of: other) else {
      return false
    }
    return first.inode == second.inode && first.device == second.device && second.kind == .file
      && second.links > 1
  }
}
