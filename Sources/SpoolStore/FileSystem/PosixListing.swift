internal import Glibc

extension PosixFileSystem {
  /// Reads a whole directory. With `fresh`, a client that keeps listings (NFS, FUSE) first asks the
  /// server whether the directory has changed. An error of that question is left to the reading.
  public func list(_ directory: String, fresh: Bool) throws(FileError) -> Listing {
    var names: [String] = []
    let unreadable = try visit(directory, fresh: fresh) { names.append($0) }
    return Listing(names: names, unreadable: unreadable)
  }

  /// Reads a directory of any size, name by name.
  public func visit(
    _ directory: String, fresh: Bool, _ body: (String) -> Void
  ) throws(FileError) -> Int {
    if directory.utf8.contains(0) { throw FileError("list", directory, EINVAL) }
    if fresh { refresh(directory) }
    guard let stream = opendir(directory) else { throw FileError("list", directory, errno) }
    defer { closedir(stream) }
    var unreadable = 0
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno == 0 { return unreadable }
        throw FileError("list", directory, errno)
      }
      let name = entryName(entry)
      if isDots(name) { continue }
      if let text = String(validatingCString: name) {
        body(text)
      } else {
        unreadable += 1
      }
    }
  }
}

/// Returns the place of an entry's name. The entry is as long as its name, and never copied as a
/// `dirent`.
private func entryName(_ entry: UnsafeMutablePointer<dirent>) -> UnsafePointer<CChar> {
  let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
  return (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
}

/// Returns true for `.` and `..`.
private func isDots(_ name: UnsafePointer<CChar>) -> Bool {
  let dot = CChar(UInt8(ascii: "."))
  guard name[0] == dot else { return false }
  return name[1] == 0 || (name[1] == dot && name[2] == 0)
}
