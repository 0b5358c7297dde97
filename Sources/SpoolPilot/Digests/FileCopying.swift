internal import SpoolModel
public import SpoolStore

/// The copying of one file, piece by piece. The answer has the size and the checksum of what was read.
public final class FileCopying: DigestStep {
  private let copy: FileCopy
  private var source: (any OpenFile)?
  private var part: (any OpenFile)?
  private var offset = 0
  private var sum = Adler32()

  /// Makes a copying that has not begun.
  public init(_ copy: FileCopy) { self.copy = copy }

  /// Copies a piece as ``DigestStep/step(_:)`` says.
  public func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer? {
    if source == nil, let answer = openSource() { return answer }
    do throws(FileError) {
      guard try copyPiece() else { return nil }
      try finish()
      return .read(size: offset, adler32: sum.hex)
    } catch {
      abandon()
      return .failed(error)
    }
  }

  /// Gives up: closes what is open, and removes the part.
  public func abandon() {
    close()
    try? copy.files.removeIfPresent(copy.part)
  }

  private func close() {
    try? source?.close()
    try? part?.close()
    (source, part) = (nil, nil)
  }

  private func openSource() -> FileDigest.Answer? {
    do throws(FileError) {
      source = try copy.sourceFiles.open(copy.source, .read)
      return nil
    } catch {
      if error.isMissing { return .missing }
      return error.isNotAFile ? .notAFile : .failed(error)
    }
  }

  /// Copies a piece. Returns true at the end of the file.
  private func copyPiece() throws(FileError) -> Bool {
    guard let source else { return true }
    if part == nil {
      try copy.files.removeIfPresent(copy.part)
      part = try copy.files.open(copy.part, .create)
    }
    var left = FileReading.piece
    while left > 0 {
      let bytes = try source.read(at: offset, count: FileReading.chunk)
      if bytes.isEmpty { return true }
      guard offset + bytes.count <= copy.limit else {
        throw FileError("copy", copy.source, .overLimit)
      }
      try part?.write(bytes, at: offset)
      bytes.withUnsafeBytes { sum.update($0) }
      offset += bytes.count
      left -= bytes.count
    }
    return false
  }

  /// Makes the part durable, and gives it its name.
  private func finish() throws(FileError) {
    if !copy.durable.isEmpty { try part?.sync() }
    let written = part
    part = nil
    try written?.close()
    close()
    if let target = copy.target { try copy.files.rename(copy.part, to: target) }
    for directory in copy.durable { try copy.files.syncDirectory(directory) }
  }
}
