internal import CSpoolSystem
internal import Glibc
internal import SpoolModel

/// The filesystem itself. Every path is resolved from the root at every call.
///
/// 1. It makes as few system calls as can be, since a job costs just these: a file is created by
///    three (open, write, close) and read by four.
/// 2. Every descriptor is close-on-exec.
/// 3. No file is opened through a symbolic link, and no call blocks on a FIFO or a device.
/// 4. Directories may be links: people put `logs/` or a buffer on another disk.
public final class PosixFileSystem: FileSystem, Sendable {
  /// The threads for independent calls on a mount where calls take long.
  private let crew: Crew

  /// Makes a filesystem. Independent pieces of work that take longer than `patience` on the mean
  /// are done by up to `threads` threads at a time.
  public init(threads: Int = 64, patience: Duration = .microseconds(600)) {
    crew = Crew(threads: threads, patience: patience)
  }

  /// Does the pieces at a time once they are known to take long.
  public func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
    crew.together(count, body)
  }

  /// Returns the attributes of a path (`lstat`).
  public func attributes(of path: String) throws(FileError) -> FileAttributes {
    var status = stat()
    try systemCall("look up", path) { lstat($0, &status) }
    return FileAttributes(status)
  }

  /// Returns true where anybody on this host has a file open for writing; nil for another user's
  /// file, and on filesystems that cannot tell.
  public func isBeingWritten(_ path: String) throws(FileError) -> Bool? {
    try checkNoZero("ask who writes", path)
    switch Int(spool_is_being_written(path)) {
    case SPOOL_WRITERS_NONE: return false
    case SPOOL_WRITERS_SOME: return true
    case let code where code < 0: throw FileError("ask who writes", path, Int32(-code))
    default: return nil
    }
  }

  /// Reads a file by four system calls: open, fstat, read, close. A directory is refused with
  /// `EINVAL`, too.
  public func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = try openDescriptor("read", path, O_RDONLY)
    defer { Glibc.close(descriptor) }
    let size = try requireFile(descriptor, "read", path).size
    return try PosixFile.readAll(descriptor, size: size, limit: limit, path)
  }

  /// Creates a file by three calls, four where it is to be durable.
  public func create(_ path: String, _ contents: [UInt8], durable: Bool) throws(FileError) {
    let descriptor = try openDescriptor("create", path, O_WRONLY | O_CREAT | O_EXCL)
    do throws(FileError) {
      do throws(FileError) {
        try PosixFile.writeAll(descriptor, contents, at: nil, path)
        if durable { try PosixFile.sync(descriptor, path) }
      } catch {
        Glibc.close(descriptor)
        throw error
      }
      try PosixFile.close(descriptor, path)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Opens a regular file. Fails for a directory with `EINVAL` (`.read`) or `EISDIR`.
  public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any OpenFile {
    let flags =
      switch mode {
      case .read: O_RDONLY
      case .update: O_RDWR
      case .create, .createLock: O_RDWR | O_CREAT
      }
    let rights = mode == .createLock ? Self.lockRights(path) : 0o666
    let descriptor = try openDescriptor("open", path, flags, rights)
    do throws(FileError) {
      _ = try requireFile(descriptor, "open", path)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    return PosixFile(descriptor, path)
  }

  /// Returns the rights of a new lock: for its owner, and for the group only where the group may
  /// write in the directory.
  private static func lockRights(_ path: String) -> mode_t {
    var status = stat()
    guard stat(FilePath.directory(path), &status) == 0 else { return 0o600 }
    return status.st_mode & 0o020 == 0 ? 0o600 : 0o660
  }
}

// MARK: - Names

extension PosixFileSystem {
  /// Renames, and tries again when a signal interrupts the call.
  public func rename(_ source: String, to destination: String) throws(FileError) {
    try checkNoZero("rename", source)
    try checkNoZero("rename", destination)
    while Glibc.rename(source, destination) != 0 {
      let code = errno
      if code != EINTR { throw FileError("rename", "\(source) to \(destination)", code) }
    }
  }

  /// Renames where nothing stands at `destination`.
  public func renameExclusively(_ source: String, to destination: String) throws(FileError) {
    let code = try twoPathCall("rename", source, destination) { spool_rename_exclusively($0, $1) }
    if code != 0 { throw FileError("rename", "\(source) to \(destination)", code) }
  }

  /// Gives a file a second name (`link`).
  public func link(_ source: String, to destination: String) throws(FileError) {
    let code = try twoPathCall("link", source, destination) {
      Glibc.link($0, $1) == 0 ? 0 : errno
    }
    if code != 0 { throw FileError("link", "\(source) to \(destination)", code) }
  }

  /// Makes a symbolic link.
  public func createSymbolicLink(_ path: String, to target: String) throws(FileError) {
    let code = try twoPathCall("create", target, path) { symlink($0, $1) == 0 ? 0 : errno }
    if code != 0 { throw FileError("create", path, code) }
  }

  /// Returns the target of a symbolic link (`readlink`).
  public func readSymbolicLink(_ path: String) throws(FileError) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try systemCall("read", path) { path in
      target.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.map { Int32(readlink(path, $0, buffer.count)) } ?? 0
      }
    }
    return String(validating: target[..<Int(count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes a file or a link (`unlink`).
  public func remove(_ path: String) throws(FileError) {
    try systemCall("remove", path) { unlink($0) }
  }

  /// Makes a directory.
  public func createDirectory(_ path: String) throws(FileError) {
    try systemCall("create directory", path) { mkdir($0, 0o777) }
  }

  /// Makes a directory that the user alone may enter.
  public func createPrivateDirectory(_ path: String) throws(FileError) {
    try systemCall("create directory", path) { mkdir($0, 0o700) }
  }

  /// Gives the user all rights to a directory. Fails with `ENOTDIR` for a link, which `chmod` follows.
  public func makeWritable(_ directory: String) throws(FileError) {
    guard try attributes(of: directory).kind == .directory else {
      throw FileError("change rights of", directory, Errno.notDirectory)
    }
    try systemCall("change rights of", directory) { chmod($0, 0o700) }
  }

  /// Returns the real path of a directory (`realpath`).
  public func resolve(_ directory: String) throws(FileError) -> String {
    try checkNoZero("resolve", directory)
    guard let path = realpath(directory, nil) else { throw FileError("resolve", directory, errno) }
    defer { free(path) }
    return String(cString: path)
  }

  /// Returns the size and the free room of a filesystem (`statvfs`).
  public func usage(of path: String) throws(FileError) -> FileSystemUsage {
    var status = statvfs()
    try systemCall("statvfs", path) { statvfs($0, &status) }
    let unit = Int(status.f_frsize)
    return FileSystemUsage(
      size: unit * Int(status.f_blocks), free: unit * Int(status.f_bavail),
      files: Int(clamping: status.f_files), freeFiles: Int(clamping: status.f_favail))
  }

  /// Removes an empty directory.
  public func removeDirectory(_ path: String) throws(FileError) {
    try systemCall("remove directory", path) { rmdir($0) }
  }

  /// Makes the names in a directory durable.
  public func syncDirectory(_ path: String) throws(FileError) {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK
    let descriptor = try systemCall("sync", path) { Glibc.open($0, flags) }
    defer { Glibc.close(descriptor) }
    try PosixFile.sync(descriptor, path)
  }

  /// Asks the server about a directory. An error is left to the call that follows.
  public func refresh(_ directory: String) {
    _ = try? mark(of: directory)
  }

  /// Asks the server about a directory, and returns its mark.
  public func mark(of directory: String) throws(FileError) -> DirectoryMark {
    try checkNoZero("look up", directory)
    var mark = spool_directory_mark()
    var code = EINTR
    while code == EINTR { code = spool_stat_fresh(directory, &mark) }
    if code != 0 { throw FileError("look up", directory, code) }
    return DirectoryMark(inode: mark.inode, changed: mark.changed)
  }
}

// MARK: - System calls

/// Opens a path with the flags that every open has in common. `ENXIO` (a socket, a FIFO that nobody
/// reads) becomes `EINVAL`, as for everything that is no file.
private func openDescriptor(
  _ operation: String, _ path: String, _ flags: Int32, _ rights: mode_t = 0o666
) throws(FileError) -> Int32 {
  let flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
  do throws(FileError) {
    return try systemCall(operation, path) { Glibc.open($0, flags, rights) }
  } catch  where error.code == ENXIO {
    throw FileError(operation, path, EINVAL)
  }
}

/// Returns the attributes of an open file. Fails with `EINVAL` where it is no regular file.
private func requireFile(
  _ descriptor: Int32, _ operation: String, _ path: String
) throws(FileError) -> FileAttributes {
  var status = stat()
  if fstat(descriptor, &status) != 0 { throw FileError(operation, path, errno) }
  let attributes = FileAttributes(status)
  if attributes.kind != .file { throw FileError(operation, path, EINVAL) }
  return attributes
}

/// Makes a call on a path, again when a signal interrupts it.
@discardableResult
private func systemCall(
  _ operation: String, _ path: String, _ call: (UnsafePointer<CChar>) -> Int32
) throws(FileError) -> Int32 {
  try checkNoZero(operation, path)
  while true {
    // Taken inside: the release at the end of withCString must not touch errno in between.
    let (result, code) = path.withCString { (call($0), errno) }
    if result >= 0 { return result }
    if code != EINTR { throw FileError(operation, path, code) }
  }
}

/// Makes a call on two paths that returns 0 or an `errno`, again when a signal interrupts it.
private func twoPathCall(
  _ operation: String, _ source: String, _ destination: String,
  _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
) throws(FileError) -> Int32 {
  try checkNoZero(operation, source)
  try checkNoZero(operation, destination)
  var code = EINTR
  while code == EINTR { code = call(source, destination) }
  return code
}

/// Refuses a path with a NUL, which the C library would take for a shorter one: another file.
private func checkNoZero(_ operation: String, _ path: String) throws(FileError) {
  if path.utf8.contains(0) { throw FileError(operation, path, EINVAL) }
}
