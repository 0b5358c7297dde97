import CSpoolSystem
import Glibc
import SpoolModel

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
    if descriptor < 0 { return failure("open", errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { return failure("stat", errno) }
    if status.st_mode & S_IFMT != S_IFREG { return .failed(notAFile) }
    var size = Int(status.st_size)
    var sum: String?
    if request.checksum {
      switch checksum(descriptor, buffer, goesOn) {
      case .success(let read): (size, sum) = (read.size, read.sum)
      case .failure(let text): return .failed(text.text)
      }
    }
    if request.durable, fsync(descriptor) != 0 { return failure("fsync", errno) }
    return .read(size: size, adler32: sum)
  }

  private static let notAFile = "is not a regular file"

  private struct Failure: Error { var text: String }

  private static func checksum(
    _ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ goesOn: () -> Bool
  ) -> Result<(size: Int, sum: String), Failure> {
    var sum = Adler32()
    var size = 0
    while goesOn() {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .failure(Failure(text: text("read", errno))) }
      if count == 0 { return .success((size, sum.hex)) }
      sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      size += count
    }
    return .failure(Failure(text: "not read: the pilot is going"))
  }

  private static func failure(_ operation: String, _ code: Int32) -> FileDigest.Answer {
    switch (operation, code) {
    case ("open", ENOENT), ("open", ENOTDIR): .missing
    // A symbolic link; a socket.
    case ("open", ELOOP), ("open", ENXIO): .failed(notAFile)
    default: .failed(text(operation, code))
    }
  }

  private static func text(_ operation: String, _ code: Int32) -> String {
    let name = spool_error_name(code).map { String(cString: $0) } ?? "error \(code)"
    let meaning = spool_error_text(code).map { " (\(String(cString: $0)))" } ?? ""
    return "\(operation): \(name)\(meaning)"
  }
}
