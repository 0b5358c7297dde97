/// A time slice on its way through the filter: decoded, then reconstructed, then selected.
struct Event {
  /// The slice's place in its frame.
  let number: UInt32
  let points: [Point]
  var tracks: [Track] = []
  var pair: Pair?
}

extension Event {
  /// The first step: the hits of a slice in physical units.
  init(decoding slice: Slice) {
    number = slice.number
    points = slice.hits.enumerated().map { Point($1, index: $0) }
  }

  /// The second step: with its tracks, or nil where there is none.
  func reconstructed(by finder: TrackFinder) -> Event? {
    var event = self
    event.tracks = finder.tracks(points)
    return event.tracks.isEmpty ? nil : event
  }

  /// The third step: with its muon pair, or nil where there is none.
  func selected() -> Event? {
    guard let pair = PairSelection.pair(tracks) else { return nil }
    var event = self
    event.pair = pair
    return event
  }
}

/// What is left of a time frame after a step.
struct EventFrame {
  let number: UInt32
  /// How many slices were read out; it stays when slices are dropped.
  let slicesRead: UInt32
  var events: [Event] = []

  /// The same frame with what a step makes of its events, those dropped for which that is nil.
  func after(_ step: (Event) -> Event?) -> EventFrame {
    EventFrame(number: number, slicesRead: slicesRead, events: events.compactMap(step))
  }
}

extension EventFrame {
  init(decoding frame: Frame) {
    self.init(
      number: frame.number, slicesRead: frame.slicesRead,
      events: frame.slices.map(Event.init(decoding:)))
  }
}

/// How far a file of events has come.
enum Level: UInt16 {
  case decoded = 1
  case reconstructed
  case selected

  var name: String { "\(self)" }
}

/// What the steps of the filter hand on: one frame, or after merging many.
struct EventFile {
  let level: Level
  let run: UInt32
  /// By rising number.
  var frames: [EventFrame] = []

  var events: some Sequence<Event> { frames.lazy.flatMap(\.events) }
  var eventCount: Int { frames.reduce(0) { $0 + $1.events.count } }
  var trackCount: Int { events.reduce(0) { $0 + $1.tracks.count } }
  var hitCount: Int { events.reduce(0) { $0 + $1.points.count } }
  var masses: [Double] { events.compactMap { $0.pair?.mass } }

  /// The same file after a step.
  func after(_ level: Level, _ step: (Event) -> Event?) -> EventFile {
    EventFile(level: level, run: run, frames: frames.map { $0.after(step) })
  }
}

extension EventFile {
  init(decoding frame: Frame) {
    self.init(level: .decoded, run: frame.run, frames: [EventFrame(decoding: frame)])
  }
}
