/// The Adler-32 checksum (RFC 1950), at the end of each frame and in dataset manifests.
enum Adler32 {
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var a: UInt32 = 1
    var b: UInt32 = 0
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 1 }
    var start = 0
    while start < bytes.count {
      // 5552 is the most bytes for which b cannot overflow 32 bits.
      let end = min(start + 5552, bytes.count)
      while start < end {
        a &+= UInt32(base[start])
        b &+= a
        start &+= 1
      }
      a %= 65_521
      b %= 65_521
    }
    return b << 16 | a
  }

  /// The checksum as manifests have it: 8 lower-case hexadecimal digits.
  static func hex(_ checksum: UInt32) -> String {
    let text = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
  }
}
