import CSpoolSystem
import Glibc
import SpoolModel
import SpoolStore

/// The reading of one file to its end, piece by piece, for a ``FileDigest``. Holes are not read: their
/// zeros are summed by arithmetic. A file that has a source is copied meanwhile, its holes left out.
final class FileReading: DigestStep {
  /// Linux's numbers of `SEEK_DATA` and `SEEK_HOLE`, which the C library module lacks.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4
  /// Bytes that are read at a time.
  static let chunk = 1 << 20
  /// Bytes that one piece reads at the most: then other files have their turn.
  static let piece = 16 << 20

  private let request: DigestRequest
  private var descriptor: Int32 = -1
  /// The copy, where there is a source.
  private var copy: Int32 = -1
  /// The kernel may copy, without the bytes going through this process.
  private var copiesInKernel = true
  private var size = 0
  private var sum = Adler32()
  /// The offset from which on is to be read.
  private var offset = 0
  /// The end of the data that begins, or goes on, at the offset.
  private var dataEnd = Int.max
  /// True while the file may have holes, and the filesystem tells where.
  private var hasHoles = false

  init(_ request: DigestRequest) { self.request = request }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if copy >= 0 { close(copy) }
  }

  /// The path of what is read.
  private var source: String { request.source ?? request.path }

  func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer? {
    if descriptor < 0, let answer = open() { return answer }
    if request.checksum || request.source != nil {
      do throws(FileError) {
        guard try readPiece(buffer) else { return nil }
        size = offset
        // The end may be a hole.
        if copy >= 0, ftruncate(copy, off_t(size)) != 0 { throw writeError }
      } catch {
        return .failed(error)
      }
    }
    let text = request.checksum ? sum.hex : nil
    if request.durable, fsync(copy >= 0 ? copy : descriptor) != 0 {
      return .unsynced(size: size, adler32: text, FileError("sync", request.path, errno))
    }
    return closeCopy() ?? .read(size: size, adler32: text)
  }

  /// Closes the copy, since errors of writing may show only here (NFS).
  private func closeCopy() -> FileDigest.Answer? {
    guard copy >= 0 else { return nil }
    let open = copy
    copy = -1
    return close(open) == 0 ? nil : .failed(FileError("close", request.path, errno))
  }

  private func open() -> FileDigest.Answer? {
    // A FIFO must not hold us up, and a link may lead anywhere.
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    descriptor = Glibc.open(source, flags)
    if descriptor < 0 { return failure("open", errno) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { return failure("look up", errno) }
    if status.st_mode & S_IFMT != S_IFREG { return .notAFile }
    size = Int(status.st_size)
    // A file that has all its blocks needs no question.
    hasHoles = Int(status.st_blocks) * 512 < size
    dataEnd = hasHoles ? 0 : .max
    if request.source != nil { return openCopy(status.st_mode & 0o777) }
    if request.fromDisk { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
    return nil
  }

  /// Opens the copy, which gets the rights of what it is copied from.
  private func openCopy(_ rights: mode_t) -> FileDigest.Answer? {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    copy = Glibc.open(request.path, flags, rights)
    if copy < 0 { return .failed(FileError("create", request.path, errno)) }
    if fchmod(copy, rights) != 0 {
      return .failed(FileError("change rights of", request.path, errno))
    }
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
      if count < 0 { throw FileError("read", source, errno) }
      if count == 0 { return true }
      if copy >= 0 { try write(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
      left -= count
    }
    return false
  }

  /// Writes bytes that were read at the offset to the copy: the kernel does where it can, which a
  /// server, or a filesystem that shares blocks, makes cheap.
  private func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = copiesInKernel ? try copyInKernel(bytes.count) : 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(copy, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw writeError }
      done += count
    }
  }

  /// Lets the kernel copy so many bytes from the offset on. Returns the number of those that it has
  /// copied; the rest is to be written.
  private func copyInKernel(_ wanted: Int) throws(FileError) -> Int {
    var done = 0
    while done < wanted {
      let count = Int(
        spool_copy_range(descriptor, copy, Int64(offset + done), UInt64(wanted - done)))
      let code = Int32(truncatingIfNeeded: -count)
      if code == EINTR { continue }
      if [ENOSPC, EDQUOT, EFBIG, EIO].contains(code) {
        throw FileError("write", request.path, code)
      }
      // Two filesystems, or one that does not know the call.
      guard count > 0 else {
        copiesInKernel = false
        return done
      }
      done += count
    }
    return done
  }

  private var writeError: FileError { FileError("write", request.path, errno) }

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
    default: .failed(FileError(operation, source, code))
    }
  }
}
