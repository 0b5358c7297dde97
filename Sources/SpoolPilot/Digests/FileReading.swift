import Glibc
import SpoolModel
import SpoolStore

/// The reading of one file to its end, for a ``FileDigest``.
enum FileReading {
  /// Bytes that are read at a time.
  static let chunk = 1 << 20

  /// Reads a file as the request says; blocks for as long as that takes. `goesOn` is asked before each
  /// chunk; once it says no, the answer is a failure.
  static func digest(
    _ request: DigestRequest, _ buffer: UnsafeMutableRawBufferPointer, goesOn: () -> Bool
  ) -> FileDigest.Answer {
    // A FIFO must not hold us up, and a link may lead anywhere.
    let descriptor = open(request.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    if descriptor < 0 { return failure("open", request, errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { return failure("look up", request, errno) }
    if status.st_mode & S_IFMT != S_IFREG { return .notAFile }
    if request.fromDisk { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
    var size = Int(status.st_size)
    var sum: String?
    if request.checksum {
      do throws(FileError) {
        (size, sum) = try checksum(descriptor, request, buffer, goesOn)
      } catch {
        return .failed(error)
      }
    }
    if request.durable, fsync(descriptor) != 0 {
      return .unsynced(size: size, adler32: sum, FileError("sync", request.path, errno))
    }
    return .read(size: size, adler32: sum)
  }

  private static func checksum(
    _ descriptor: Int32, _ request: DigestRequest, _ buffer: UnsafeMutableRawBufferPointer,
    _ goesOn: () -> Bool
  ) throws(FileError) -> (size: Int, sum: String?) {
    var sum = Adler32()
    var size = 0
    while goesOn() {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw FileError("read", request.path, errno) }
      if count == 0 { return (size, sum.hex) }
      sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      size += count
    }
    // The pilot is going.
    throw FileError("read", request.path, ECANCELED)
  }

  private static func failure(
    _ operation: String, _ request: DigestRequest, _ code: Int32
  ) -> FileDigest.Answer {
    switch (operation, code) {
    case ("open", ENOENT), ("open", ENOTDIR): .missing
    // A symbolic link; a socket.
    case ("open", ELOOP), ("open", ENXIO): .notAFile
    default: .failed(FileError(operation, request.path, code))
    }
  }
}
