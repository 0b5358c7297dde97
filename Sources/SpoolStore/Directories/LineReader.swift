/// Reads a file line by line from an offset, holding one block in memory. Views and manifests of
/// any size are read so.
public struct LineReader {
  /// A line without its end, and where it begins.
  public struct Line {
    public var bytes: [UInt8]
    public var offset: Int
    /// Where the next line begins.
    public var next: Int
  }

  private let file: any OpenFile
  /// Nothing at or beyond is read.
  private let end: Int
  private let longest: Int
  private var block: [UInt8] = []
  private var blockStart: Int
  private var at: Int

  static let blockSize = 128 << 10

  /// Reads from `offset` up to `end`; lines longer than `longest` bytes are an error (`EFBIG`).
  public init(_ file: any OpenFile, from offset: Int, to end: Int, longest: Int) {
    self.file = file
    self.end = end
    self.longest = longest
    blockStart = offset
    at = 0
  }

  /// The next line, or nil at the end; a last line without its end counts as one.
  public mutating func next() throws(FileError) -> Line? {
    var scanned = 0
    while true {
      let from = at + scanned
      if let stop = block[from...].firstIndex(of: 10) {
        try check(stop - at)
        return take(stop, skip: 1)
      }
      scanned = block.count - at
      try check(scanned)
      guard try fill() else { return scanned > 0 ? take(block.count, skip: 0) : nil }
    }
  }

  private func check(_ length: Int) throws(FileError) {
    guard length <= longest else { throw FileError("read a line of", "a file", 27) }
  }

  private mutating func take(_ stop: Int, skip: Int) -> Line {
    let line = Line(
      bytes: Array(block[at..<stop]), offset: blockStart + at, next: blockStart + stop + skip)
    at = stop + skip
    return line
  }

  /// Drops what was used and reads a block more; false at the end.
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
