internal import Glibc

/// A reader of a file's lines, from an offset on, that holds one block in memory. Views and
/// manifests of any size are read with it.
public struct LineReader {
  /// A line and its place in the file.
  public struct Line {
    /// The line without its end.
    public var bytes: [UInt8]
    /// The first byte of the line.
    public var offset: Int
    /// The first byte of the next line.
    public var next: Int

    /// True where the line lacks its end, or holds zeros: the write of it was not finished.
    public var isUnfinished: Bool { next == offset + bytes.count || bytes.contains(0) }
  }

  private let file: any OpenFile
  /// The end: nothing at this byte or beyond it is read.
  private let end: Int
  private let longest: Int
  private var block: [UInt8] = []
  private var blockStart: Int
  private var at: Int

  static let blockSize = 128 << 10

  /// Makes a reader from `offset` up to `end`. Lines longer than `longest` bytes are an error
  /// (``FileError/isTooLarge``).
  public init(_ file: any OpenFile, from offset: Int, to end: Int, longest: Int) {
    self.file = file
    self.end = end
    self.longest = longest
    blockStart = offset
    at = 0
  }

  /// The offset of the next line.
  public var offset: Int { blockStart + at }

  /// Returns the next line, or nil at the end. A last line without its end counts as one.
  public mutating func next() throws(FileError) -> Line? {
    guard let (stop, skip) = try findEnd() else { return nil }
    let line = Line(
      bytes: Array(block[at..<stop]), offset: blockStart + at, next: blockStart + stop + skip)
    at = stop + skip
    return line
  }

  /// Hands over the next line without a copy of it, its offset, and that of the line behind it, which
  /// is its own end where the line is not finished. Returns false at the end.
  public mutating func read(
    _ body: (_ bytes: ArraySlice<UInt8>, _ offset: Int, _ next: Int) -> Void
  ) throws(FileError) -> Bool {
    guard let (stop, skip) = try findEnd() else { return false }
    body(block[at..<stop], blockStart + at, blockStart + stop + skip)
    at = stop + skip
    return true
  }

  /// Returns the place in the block where the next line stops, and the bytes to skip behind it; nil at
  /// the end of the file.
  private mutating func findEnd() throws(FileError) -> (stop: Int, skip: Int)? {
    var scanned = 0
    while true {
      if let stop = lineFeed(from: at + scanned) {
        try check(stop - at)
        return (stop, 1)
      }
      scanned = block.count - at
      try check(scanned)
      guard try fill() else { return scanned > 0 ? (block.count, 0) : nil }
    }
  }

  private func lineFeed(from start: Int) -> Int? {
    block.withUnsafeBytes { block in
      guard start < block.count, let base = block.baseAddress,
        let found = memchr(base + start, 10, block.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private func check(_ length: Int) throws(FileError) {
    guard length <= longest else { throw FileError("read a line of", "a file", .overLimit) }
  }

  /// Drops the used bytes and reads a block more. Returns false at the end.
  private mutating func fill() throws(FileError) -> Bool {
    let position = blockStart + block.count
    let wanted = min(Self.blockSize, end - position)
    guard wanted > 0 else { return false }
    let more = try file.read(at: position, count: wanted)
    guard !more.isEmpty else { return false }
    block.removeFirst(at)
    blockStart += at
    at = 0
    block += more
    return true
  }
}
