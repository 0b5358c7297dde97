import Glibc

/// Whole files in and out.
enum Files {
  /// More than any frame has; a wrong path should not fill the memory.
  static let sizeLimit = 1 << 28

  static func read(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.reading(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure.reading(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure.damaged(path, "is not a regular file, expected a frame")
    }
    guard status.st_size <= sizeLimit else {
      throw Failure.damaged(
        path, "is \(status.st_size) bytes long, expected at most \(sizeLimit)")
    }
    return try readAll(descriptor, count: Int(status.st_size), path)
  }

  private static func readAll(
    _ descriptor: Int32, count: Int, _ path: String
  ) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var have = 0
    while have < count {
      let got = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress?.advanced(by: have), count - have)
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw Failure.reading(path, errno) }
      guard got > 0 else { break }
      have += got
    }
    // A file that shrank while it was read is short; its checksum will tell.
    bytes.removeLast(count - have)
    return bytes
  }

  /// Writes a file where it shall be, and removes it again if that fails half-way.
  ///
  /// Right for the output of a job: Spool gives a hidden name and publishes it only after the job
  /// has succeeded, and a temporary file of our own would stay behind if the job were killed.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Failure.writing(path, errno) }
    var problem = writeAll(descriptor, bytes)
    if close(descriptor) != 0 && problem == 0 { problem = errno }
    guard problem == 0 else {
      // Only what can be half a file; a link, pipe or device was there before, and stays.
      var status = stat()
      if lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG { unlink(path) }
      throw Failure.writing(path, problem)
    }
  }

  /// Writes a file under a hidden name and renames it, so that nobody sees it half-written.
  ///
  /// A link, a pipe or a device that is there, `/dev/stdout` say, is written to and not replaced.
  static func publish(_ bytes: [UInt8], as path: String) throws(Failure) {
    var status = stat()
    guard lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      return try write(bytes, to: path)
    }
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let hidden = "\(path[..<cut]).\(path[cut...]).\(getpid())"
    try write(bytes, to: hidden)
    guard rename(hidden, path) == 0 else {
      let error = errno
      unlink(hidden)
      throw Failure.writing(path, error)
    }
  }

  /// Makes a directory with its parents and returns its absolute path.
  static func makeDirectory(_ path: String) throws(Failure) -> String {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part
      guard mkdir(made, 0o777) == 0 || errno == EEXIST else { throw Failure.writing(made, errno) }
      made += "/"
    }
    guard let resolved = realpath(path, nil) else { throw Failure.writing(path, errno) }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return written < 0 ? errno : EIO }
      done += written
    }
    return 0
  }
}
