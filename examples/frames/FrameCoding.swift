/// The file format of a frame. All numbers are little-endian.
///
///     header   24   "SFRM", version u16, reserved u16 (0), run u32, frame u32,
///                   slices read u32, slices in this file u32
///     slice     8   number u32 (rising), hits u32; its hits follow:
///       hit     8   layer u8, reserved u8 (0), phi u16, z i16, time u16
///     trailer   4   adler32 u32 of everything before
enum FrameFormat {
  static let magic: [UInt8] = Array("SFRM".utf8)
  static let version: UInt16 = 1
  static let headerSize = 24
  static let sliceHeaderSize = 8
  static let hitSize = 8
  static let trailerSize = ByteReader.trailerSize
}

extension Frame {
  func encoded() -> [UInt8] {
    var writer = ByteWriter(
      capacity: FrameFormat.headerSize + slices.count * FrameFormat.sliceHeaderSize
        + hitCount * FrameFormat.hitSize + FrameFormat.trailerSize)
    for byte in FrameFormat.magic { writer.put8(byte) }
    writer.put16(FrameFormat.version)
    writer.put16(0)
    writer.put32(run)
    writer.put32(number)
    writer.put32(slicesRead)
    writer.put32(UInt32(slices.count))
    for slice in slices {
      writer.put32(slice.number)
      writer.put32(UInt32(slice.hits.count))
      for hit in slice.hits {
        writer.put8(hit.layer)
        writer.put8(0)
        writer.put16(hit.phi)
        writer.put16(UInt16(bitPattern: hit.z))
        writer.put16(hit.time)
      }
    }
    writer.putTrailer()
    return writer.bytes
  }

  /// Decodes a frame and believes nothing: each count is checked before it is used.
  static func decode(_ bytes: [UInt8], path: String) throws(Failure) -> Frame {
    var reader = ByteReader(bytes: bytes, path: path)
    let (version, frame, count) = try header(&reader)
    guard version == FrameFormat.version else {
      throw reader.damaged("has format version \(version), expected \(FrameFormat.version)")
    }
    try reader.checkTrailer()
    var result = frame
    for _ in 0..<count {
      let slice = try slice(&reader)
      guard slice.number < frame.slicesRead,
        result.slices.last.map({ $0.number < slice.number }) ?? true
      else {
        throw reader.damaged(
          "slice \(slice.number) at byte \(reader.offset) is out of order, "
            + "expected rising numbers below \(frame.slicesRead)")
      }
      result.slices.append(slice)
    }
    guard reader.remaining == 0 else {
      throw reader.damaged("has \(reader.remaining) bytes after its last slice, expected none")
    }
    return result
  }

  private static func header(
    _ reader: inout ByteReader
  ) throws(Failure) -> (version: UInt16, frame: Frame, slices: UInt32) {
    guard reader.size >= FrameFormat.headerSize + FrameFormat.trailerSize else {
      throw reader.damaged(
        "is \(reader.size) bytes long, expected a frame of at least "
          + "\(FrameFormat.headerSize + FrameFormat.trailerSize)")
    }
    for expected in FrameFormat.magic where reader.get8() != expected {
      throw reader.damaged("does not begin with 'SFRM', expected a frame")
    }
    let version = reader.get16()
    guard reader.get16() == 0 else {
      throw reader.damaged("has its reserved bytes 6 and 7 set, expected 0")
    }
    let frame = Frame(
      run: reader.get32(), number: reader.get32(), slicesRead: reader.get32(), slices: [])
    return (version, frame, reader.get32())
  }

  private static func slice(_ reader: inout ByteReader) throws(Failure) -> Slice {
    try reader.expect(FrameFormat.sliceHeaderSize, "another slice")
    let number = reader.get32()
    let count = try reader.checked(
      reader.get32(), of: FrameFormat.hitSize, "the count of hits of slice \(number)")
    var hits: [Hit] = []
    hits.reserveCapacity(count)
    for _ in 0..<count {
      let layer = reader.get8()
      guard layer < Detector.layers.count, reader.get8() == 0 else {
        throw reader.damaged(
          "hit before byte \(reader.offset) is in layer \(layer) or has its reserved byte set, "
            + "expected layers below \(Detector.layers.count)")
      }
      hits.append(
        Hit(
          layer: layer, phi: reader.get16(), z: Int16(bitPattern: reader.get16()),
          time: reader.get16()))
    }
    return Slice(number: number, hits: hits)
  }
}
