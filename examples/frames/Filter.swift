/// A raw frame after all steps at once, slice by slice, so that no more than one is held decoded.
struct FilteredFrame {
  /// The raw frame with only its selected slices.
  private(set) var raw: Frame
  /// The same slices with their tracks and pairs.
  private(set) var events: EventFile
  /// Tracks found in all slices, also in those that were dropped.
  private(set) var tracks = 0

  init(_ frame: Frame, finder: TrackFinder) {
    raw = frame
    raw.slices.removeAll()
    var kept = EventFrame(number: frame.number, slicesRead: frame.slicesRead)
    for slice in frame.slices {
      guard let found = Event(decoding: slice).reconstructed(by: finder) else { continue }
      tracks += found.tracks.count
      guard let event = found.selected() else { continue }
      raw.slices.append(slice)
      kept.events.append(event)
    }
    events = EventFile(level: .selected, run: frame.run, frames: [kept])
  }
}

/// A file that is either a raw frame or one of events.
enum Input {
  case raw(Frame)
  case events(EventFile)

  static func read(_ path: String) throws(Failure) -> Input {
    try decode(try Files.read(path), path: path)
  }

  static func decode(_ bytes: [UInt8], path: String) throws(Failure) -> Input {
    if bytes.starts(with: EventFormat.magic) {
      return .events(try EventFile.decode(bytes, path: path))
    }
    return .raw(try Frame.decode(bytes, path: path))
  }

  /// The selected slices with their pairs, found again where the file is a raw frame.
  func selected(_ path: String, _ finder: TrackFinder) throws(Failure) -> EventFile {
    switch self {
    case .raw(let frame): FilteredFrame(frame, finder: finder).events
    case .events(let file): try file.require(.selected, path)
    }
  }

  /// Which slices of which frames are in the file.
  var contents: [(number: UInt32, slicesRead: UInt32, slices: [UInt32])] {
    switch self {
    case .raw(let frame): [(frame.number, frame.slicesRead, frame.slices.map(\.number))]
    case .events(let file):
      file.frames.map { ($0.number, $0.slicesRead, $0.events.map(\.number)) }
    }
  }
}
