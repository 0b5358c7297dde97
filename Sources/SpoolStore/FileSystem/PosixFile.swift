internal import CSpoolSystem
internal import Glibc

/// An open regular file. It is closed when it is forgotten, too, but only ``close()`` tells of an
/// error.
final class PosixFile: OpenFile {
  /// The descriptor; -1 once it is closed.
  private var descriptor: Int32
  /// The path by which it was opened. The file may have been renamed since.
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  func attributes() throws(FileError) -> FileAttributes {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileError("look up", path, errno) }
    return FileAttributes(status)
  }

  func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    if offset < 0 || count < 0 { throw FileError("read", path, EINVAL) }
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let done = pread(descriptor, base + filled, count - filled, offset + filled)
        if done > 0 {
          filled += done
        } else if done == 0 {
          return
        } else if errno != EINTR {
          code = errno
          return
        }
      }
    }
    if code != 0 { throw FileError("read", path, code) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    try Self.writeAll(descriptor, bytes, at: offset, path)
  }

  func truncate(to size: Int) throws(FileError) {
    while ftruncate(descriptor, size) != 0 {
      let code = errno
      if code != EINTR { throw FileError("truncate", path, code) }
    }
  }

  func sync() throws(FileError) {
    try Self.sync(descriptor, path)
  }

  func tryLock() throws(FileError) -> Bool {
    while true {
      let code = spool_try_lock(descriptor)
      switch code {
      case 0: return true
      case EAGAIN, EACCES: return false
      case EINTR: continue
      default: throw FileError("lock", path, code)
      }
    }
  }

  func close() throws(FileError) {
    let open = descriptor
    descriptor = -1
    try Self.close(open, path)
  }
}

// MARK: - On descriptors

extension PosixFile {
  /// Writes at `offset`, or at the file's position.
  ///
  /// As a rule that is one call. After a short one the rest is tried, and the system says the
  /// reason: `ENOSPC`, `EDQUOT`, `EFBIG`.
  static func writeAll(
    _ descriptor: Int32, _ bytes: [UInt8], at offset: Int?, _ path: String
  ) throws(FileError) {
    var done = 0
    var code: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      while done < buffer.count, code == 0, let base = buffer.baseAddress {
        let (rest, count) = (base + done, buffer.count - done)
        let written =
          offset.map { pwrite(descriptor, rest, count, $0 + done) }
          ?? Glibc.write(descriptor, rest, count)
        if written > 0 { done += written } else { code = written == 0 ? ENOSPC : errno }
        if code == EINTR { code = 0 }
      }
    }
    if code != 0 { throw FileError("write", path, code) }
  }

  /// Reads from the file's position to its end. `size` is the answer of `fstat`. As a rule that is
  /// one call: more for a file that grew meanwhile, or that states no size (`/proc`).
  static func readAll(
    _ descriptor: Int32, size: Int, limit: Int, _ path: String
  ) throws(FileError) -> [UInt8] {
    if size > limit { throw FileError(FileError.reading, path, .overLimit) }
    var bytes: [UInt8] = []
    while true {
      let room = max(size - bytes.count, size == 0 ? 4_096 : 0) + 1
      let part = try readSome(descriptor, room, path)
      if bytes.isEmpty { bytes = part } else { bytes += part }
      if bytes.count > limit { throw FileError(FileError.reading, path, .overLimit) }
      let stated = size > 0 && bytes.count >= size
      if part.isEmpty || (stated && part.count < room) { return bytes }
    }
  }

  private static func readSome(
    _ descriptor: Int32, _ count: Int, _ path: String
  ) throws(FileError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var done = Glibc.read(descriptor, buffer.baseAddress, count)
      while done < 0, errno == EINTR { done = Glibc.read(descriptor, buffer.baseAddress, count) }
      code = done < 0 ? errno : 0
      filled = max(done, 0)
    }
    if code != 0 { throw FileError("read", path, code) }
    return bytes
  }

  static func sync(_ descriptor: Int32, _ path: String) throws(FileError) {
    while fsync(descriptor) != 0 {
      let code = errno
      if code != EINTR { throw FileError("sync", path, code) }
    }
  }

  /// Closes a descriptor, and never tries again: it is gone even where an error is reported.
  static func close(_ descriptor: Int32, _ path: String) throws(FileError) {
    if Glibc.close(descriptor) != 0 { throw FileError("close", path, errno) }
  }
}

extension FileAttributes {
  init(_ status: stat) {
    let kind: FileKind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    // A time after the year 2262 is no number of nanoseconds; touch(1) sets any.
    let seconds = min(max(Int64(status.st_mtim.tv_sec), -9_000_000_000), 9_000_000_000)
    let nanoseconds = seconds * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    self.init(
      kind: kind, size: Int(status.st_size), modified: nanoseconds, owner: status.st_uid,
      inode: UInt64(status.st_ino), device: UInt64(status.st_dev), links: Int(status.st_nlink))
  }
}
