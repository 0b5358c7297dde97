import Glibc
import SpoolModel
import SpoolStore

/// The reading of one file to its end, piece by piece, for a ``FileDigest``. Holes are not read: their
/// zeros are summed by arithmetic.
final class FileReading {
  /// Linux's numbers of `SEEK_DATA` and `SEEK_HOLE`, which the C library module lacks.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4
  /// Bytes that are read at a time.
  static let chunk = 1 << 20
  /// Bytes that one piece reads at the most: then other files have their turn.
  static let piece = 16 << 20

  private let request: DigestRequest
  private var descriptor: Int32 = -1
  private var size = 0
  private var sum = Adler32()
  /// The offset from which on is to be read.
  private var offset = 0
  /// The end of the data that begins, or goes on, at the offset.
  private var dataEnd = Int.max
  /// True while the file may have holes, and the filesystem tells where.
  private var hasHoles = false

  init(_ request: DigestRequest) { self.request = request }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads a piece; blocks for as long as that takes. Returns nil where there is more to read.
  func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer? {
    if descriptor < 0, let answer = open() { return answer }
    if request.checksum {
      do throws(FileError) {
        guard try readPiece(buffer) else { return nil }
        size = offset
      } catch {
        return .failed(error)
      }
    }
    let text = request.checksum ? sum.hex : nil
    if request.durable, fsync(descriptor) != 0 {
      return .unsynced(size: size, adler32: text, FileError("sync", request.path, errno))
    }
    return .read(size: size, adler32: text)
  }

  private func open() -> FileDigest.Answer? {
    // A FIFO must not hold us up, and a link may lead anywhere.
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    descriptor = Glibc.open(request.path, flags)
    if descriptor < 0 { return failure("open", errno) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { return failure("look up", errno) }
    if status.st_mode & S_IFMT != S_IFREG { return .notAFile }
    size = Int(status.st_size)
    // A file that has all its blocks needs no question.
    hasHoles = Int(status.st_blocks) * 512 < size
    dataEnd = hasHoles ? 0 : .max
    if request.fromDisk { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
    return nil
  }

  /// Reads and sums a piece. Returns true at the end of the file.
  private func readPiece(_ buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Bool {
    var left = Self.piece
    while left > 0 {
      if offset >= dataEnd { skipHole() }
      let wanted = min(buffer.count, dataEnd - offset)
      let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw FileError("read", request.path, errno) }
      if count == 0 { return true }
      sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
      left -= count
    }
    return false
  }

  /// Goes on to the next data, or to the end of the file, and sums the zeros before it.
  private func skipHole() {
    dataEnd = .max
    guard hasHoles else { return }
    var data = Int(lseek(descriptor, off_t(offset), Self.seekData))
    if data < 0, errno == ENXIO { data = max(offset, Int(lseek(descriptor, 0, SEEK_END))) }
    // The filesystem does not tell: what is there is read.
    guard data >= offset else {
      hasHoles = false
      return
    }
    sum.update(zeros: data - offset)
    offset = data
    let hole = Int(lseek(descriptor, off_t(offset), Self.seekHole))
    if hole > offset { dataEnd = hole } else { hasHoles = false }
  }

  private func failure(_ operation: String, _ code: Int32) -> FileDigest.Answer {
    switch (operation, code) {
    case ("open", ENOENT), ("open", ENOTDIR): .missing
    // A symbolic link; a socket.
    case ("open", ELOOP), ("open", ENXIO): .notAFile
    default: .failed(FileError(operation, request.path, code))
    }
  }
}
