/// The Adler-32 checksum (RFC 1950, section 8), by which files are known in manifests and results.
public struct Adler32: Sendable {
  private var a: UInt32 = 1
  private var b: UInt32 = 0

  /// Begins the checksum of no bytes.
  public init() {}

  /// Adds bytes after those that were added before.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // 5552 is the most bytes for which b cannot overflow 32 bits (RFC 1950).
    var start = 0
    while start < bytes.count {
      let end = min(start + 5552, bytes.count)
      for index in start..<end {
        a &+= UInt32(bytes[index])
        b &+= a
      }
      a %= 65_521
      b %= 65_521
      start = end
    }
  }

  /// Adds so many zeros, in one step however many they are: `a` stays, and `b` grows by it each time.
  public mutating func update(zeros count: Int) {
    b = (b + UInt32(count % 65_521) * a % 65_521) % 65_521
  }

  /// The checksum of the bytes so far, as 8 lower-case hexadecimal digits.
  public var hex: String { (b << 16 | a).hex }
}
