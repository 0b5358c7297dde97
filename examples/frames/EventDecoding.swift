extension EventFile {
  /// Reads a file of events of one level.
  static func read(_ path: String, level: Level) throws(Failure) -> EventFile {
    try decode(try Files.read(path), path: path).require(level, path)
  }

  /// Says so where a file is of another step than the one that is needed.
  func require(_ level: Level, _ path: String) throws(Failure) -> EventFile {
    guard self.level == level else {
      throw .damaged(path, "holds \(self.level.name) events, expected \(level.name) ones")
    }
    return self
  }

  /// Decodes a file and believes nothing: each count is checked before it is used, each number
  /// before something is computed from it.
  static func decode(_ bytes: [UInt8], path: String) throws(Failure) -> EventFile {
    var reader = ByteReader(bytes: bytes, path: path)
    var (file, count) = try header(&reader)
    try reader.checkTrailer()
    for _ in 0..<count {
      let frame = try frame(&reader, file.level)
      if let last = file.frames.last?.number, last >= frame.number {
        throw reader.damaged("frame \(frame.number) follows frame \(last), expected rising numbers")
      }
      file.frames.append(frame)
    }
    guard reader.remaining == 0 else {
      throw reader.damaged("has \(reader.remaining) bytes after its last frame, expected none")
    }
    return file
  }

  private static func header(
    _ reader: inout ByteReader
  ) throws(Failure) -> (EventFile, frames: UInt32) {
    let least = EventFormat.headerSize + ByteReader.trailerSize
    guard reader.size >= least else {
      throw reader.damaged("is \(reader.size) bytes long, expected a file of at least \(least)")
    }
    for expected in EventFormat.magic where reader.get8() != expected {
      throw reader.damaged("does not begin with 'SEVT', expected a file of events")
    }
    let version = reader.get16()
    guard version == EventFormat.version else {
      throw reader.damaged("has format version \(version), expected \(EventFormat.version)")
    }
    let number = reader.get16()
    guard let level = Level(rawValue: number) else {
      throw reader.damaged("has level \(number), expected 1, 2 or 3")
    }
    let file = EventFile(level: level, run: reader.get32())
    let count = reader.get32()
    let length = reader.get64()
    guard length == UInt64(reader.size) else {
      throw reader.damaged("is \(reader.size) bytes long, expected \(length) by its header")
    }
    return (file, count)
  }

  private static func frame(
    _ reader: inout ByteReader, _ level: Level
  ) throws(Failure) -> EventFrame {
    try reader.expect(EventFormat.frameSize, "another frame")
    var frame = EventFrame(number: reader.get32(), slicesRead: reader.get32())
    let count = try reader.checked(
      reader.get32(), of: EventFormat.eventSize, "the count of events of frame \(frame.number)")
    frame.events.reserveCapacity(count)
    for _ in 0..<count {
      let event = try reader.event(level)
      guard event.number < frame.slicesRead,
        frame.events.last.map({ $0.number < event.number }) ?? true
      else {
        throw reader.damaged(
          "event \(event.number) of frame \(frame.number) is out of order, "
            + "expected rising numbers below \(frame.slicesRead)")
      }
      frame.events.append(event)
    }
    return frame
  }
}

extension ByteReader {
  fileprivate mutating func event(_ level: Level) throws(Failure) -> Event {
    try expect(EventFormat.eventSize, "another event")
    let (number, hits, tracks) = (get32(), get32(), get32())
    let name = "event \(number)"
    var points: [Point] = []
    for index in 0..<(try checked(hits, of: EventFormat.hitSize, "the count of hits of \(name)")) {
      points.append(try point(index))
    }
    var event = Event(number: number, points: points)
    let trackCount = try checked(tracks, of: EventFormat.trackSize, "the tracks of \(name)")
    for _ in 0..<trackCount { event.tracks.append(try track(points)) }
    if level == .selected { event.pair = try pair() }
    return event
  }

  private mutating func point(_ index: Int) throws(Failure) -> Point {
    let layer = get8()
    let (phi, z, time) = (getFloat(), getFloat(), getFloat())
    guard layer < Detector.layers.count, (0..<2 * Float.pi).contains(phi), z.isFinite,
      time.isFinite
    else {
      throw damaged(
        "the hit before byte \(offset) is in layer \(layer) at azimuth \(phi), z \(z), time "
          + "\(time), expected layers below \(Detector.layers.count) and azimuths within a turn")
    }
    return Point(layer: layer, phi: phi, z: z, time: time, index: index)
  }

  private mutating func track(_ points: [Point]) throws(Failure) -> Track {
    try expect(EventFormat.trackSize, "another track")
    let parameters = TrackParameters(
      phi0: getDouble(), curvature: getDouble(), offset: getDouble(), z0: getDouble(),
      slope: getDouble(), time: getDouble())
    let chiSquare = getDouble()
    let count = try checked(get32(), of: EventFormat.indexSize, "the count of hits of a track")
    let indices = (0..<count).map { _ in Int(get32()) }
    guard parameters.isFinite, chiSquare.isFinite,
      indices.allSatisfy(points.indices.contains), zip(indices, indices.dropFirst()).allSatisfy(<)
    else {
      throw damaged(
        "the track before byte \(offset) has a number that is none, or hits out of order, "
          + "expected rising ones below \(points.count)")
    }
    return Track(
      parameters: parameters, points: indices.map { points[$0] }, chiSquarePerDegree: chiSquare)
  }

  private mutating func pair() throws(Failure) -> Pair {
    try expect(EventFormat.pairSize, "another pair")
    let pair = Pair(mass: getDouble(), sumPt: getDouble())
    guard PairSelection.massWindow.contains(pair.mass), pair.sumPt.isFinite else {
      throw damaged(
        "the pair before byte \(offset) has mass \(pair.mass), expected one within "
          + "\(PairSelection.massWindow)")
    }
    return pair
  }
}
