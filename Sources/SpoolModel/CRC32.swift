/// The CRC-32 of IEEE 802.3, as gzip and `cksum -o 3` use it: guards the lines of the journal.
public enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1
    }
  }

  /// Returns the checksum of bytes.
  public static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      ~bytes.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
    }
  }

  /// Returns the checksum of bytes as 8 lower-case hexadecimal digits.
  public static func hex(_ bytes: some Sequence<UInt8>) -> String { of(bytes).hex }
}
