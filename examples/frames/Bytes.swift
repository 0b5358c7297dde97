/// Little-endian numbers, appended.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func put8(_ value: UInt8) { bytes.append(value) }

  mutating func put16(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: value &>> 8))
  }

  mutating func put32(_ value: UInt32) {
    put16(UInt16(truncatingIfNeeded: value))
    put16(UInt16(truncatingIfNeeded: value &>> 16))
  }

  mutating func put64(_ value: UInt64) {
    put32(UInt32(truncatingIfNeeded: value))
    put32(UInt32(truncatingIfNeeded: value &>> 32))
  }

  mutating func putFloat(_ value: Double) { put32(Float(value).bitPattern) }

  mutating func putDouble(_ value: Double) { put64(value.bitPattern) }

  /// The checksum of all before, which `ByteReader.checkTrailer` compares.
  mutating func putTrailer() { put32(bytes.withUnsafeBytes(Adler32.checksum)) }
}

/// Little-endian numbers, read in turn. The caller asks `remaining` first; a read beyond the end
/// stops the program as an array's index does.
struct ByteReader {
  private let bytes: [UInt8]
  private let path: String
  private var end: Int
  private(set) var offset = 0

  init(bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
    end = bytes.count
  }

  /// Bytes of the checksum at the end.
  static let trailerSize = 4

  var size: Int { bytes.count }
  var remaining: Int { end - offset }

  mutating func get8() -> UInt8 {
    defer { offset &+= 1 }
    return bytes[offset]
  }

  mutating func get16() -> UInt16 {
    let low = UInt16(get8())
    return low | UInt16(get8()) &<< 8
  }

  mutating func get32() -> UInt32 {
    let low = UInt32(get16())
    return low | UInt32(get16()) &<< 16
  }

  mutating func get64() -> UInt64 {
    let low = UInt64(get32())
    return low | UInt64(get32()) &<< 32
  }

  mutating func getFloat() -> Float { Float(bitPattern: get32()) }

  mutating func getDouble() -> Double { Double(bitPattern: get64()) }

  /// Says so where less is left than a part takes.
  func expect(_ size: Int, _ what: String) throws(Failure) {
    guard remaining >= size else { throw damaged("ends at byte \(offset), expected \(what)") }
  }

  /// A count that the file claims of parts of at least some size: it must fit into what is left.
  func checked(
    _ count: UInt32, of size: Int, _ what: @autoclosure () -> String
  ) throws(Failure) -> Int {
    guard Int(count) <= remaining / size else {
      throw damaged(
        "\(what()) claims \(count) before byte \(offset), expected at most "
          + "\(remaining / size) in the bytes that are left")
    }
    return Int(count)
  }

  /// Compares the checksum in the last four bytes, and leaves them out of what is read after.
  mutating func checkTrailer() throws(Failure) {
    let body = size - ByteReader.trailerSize
    let computed = bytes.withUnsafeBytes { Adler32.checksum(.init(rebasing: $0[..<body])) }
    var trailer = self
    trailer.offset = body
    let stored = trailer.get32()
    guard stored == computed else {
      throw damaged(
        "is damaged: its checksum is \(Adler32.hex(computed)), expected \(Adler32.hex(stored))")
    }
    end = body
  }

  func damaged(_ problem: String) -> Failure { .damaged(path, problem) }
}
