/// The file format of events, one for all steps. All numbers are little-endian.
///
///     header   24   "SEVT", version u16, level u16 (1 decoded, 2 reconstructed, 3 selected),
///                   run u32, frames u32, length of the file u64
///     frame    12   number u32 (rising), slices read u32, events u32; its events follow:
///     event    12   number u32 (rising), hits u32, tracks u32; then these, and its pair:
///       hit    13   layer u8, azimuth f32, z f32 (cm), time f32 (ns)
///       track  60   azimuth, curvature, offset, z, slope, time, chi² per degree: f64 each;
///                   hits u32; then for each which one of the event's hits it is, u32, rising
///       pair   16   mass f64, sum of the transverse momenta f64; at level 3 only
///     trailer   4   adler32 u32 of everything before
enum EventFormat {
  static let magic: [UInt8] = Array("SEVT".utf8)
  static let version: UInt16 = 1
  static let headerSize = 24
  static let frameSize = 12
  static let eventSize = 12
  static let hitSize = 13
  static let trackSize = 60
  static let indexSize = 4
  static let pairSize = 16
}

extension EventFile {
  func encoded() -> [UInt8] {
    let size = encodedSize
    var writer = ByteWriter(capacity: size)
    for byte in EventFormat.magic { writer.put8(byte) }
    writer.put16(EventFormat.version)
    writer.put16(level.rawValue)
    writer.put32(run)
    writer.put32(UInt32(frames.count))
    writer.put64(UInt64(size))
    for frame in frames {
      writer.put32(frame.number)
      writer.put32(frame.slicesRead)
      writer.put32(UInt32(frame.events.count))
      for event in frame.events { writer.put(event) }
    }
    writer.putTrailer()
    return writer.bytes
  }

  private var encodedSize: Int {
    let start = EventFormat.headerSize + ByteReader.trailerSize
    return frames.reduce(start + frames.count * EventFormat.frameSize) { size, frame in
      frame.events.reduce(size) { $0 + $1.encodedSize }
    }
  }
}

extension Event {
  fileprivate var encodedSize: Int {
    var size = EventFormat.eventSize + points.count * EventFormat.hitSize
    for track in tracks {
      size += EventFormat.trackSize + track.points.count * EventFormat.indexSize
    }
    return size + (pair == nil ? 0 : EventFormat.pairSize)
  }
}

extension ByteWriter {
  fileprivate mutating func put(_ event: Event) {
    put32(event.number)
    put32(UInt32(event.points.count))
    put32(UInt32(event.tracks.count))
    for point in event.points {
      put8(UInt8(point.layer))
      for value in [point.phi, point.z, point.time] { putFloat(value) }
    }
    for track in event.tracks { put(track) }
    guard let pair = event.pair else { return }
    putDouble(pair.mass)
    putDouble(pair.sumPt)
  }

  private mutating func put(_ track: Track) {
    let values = track.parameters
    for value in [
      values.phi0, values.curvature, values.offset, values.z0, values.slope, values.time,
      track.chiSquarePerDegree,
    ] {
      putDouble(value)
    }
    put32(UInt32(track.points.count))
    for index in track.points.map(\.index).sorted() { put32(UInt32(index)) }
  }
}
