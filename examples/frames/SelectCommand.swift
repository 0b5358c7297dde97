/// `frames select`: the interesting slices of a frame. Of a reconstructed frame it is the third
/// step of the chain; of a raw one it is the whole filter in one job.
enum SelectCommand {
  static let usage = """
    usage: frames select IN OUT [--report FILE]

      IN             a frame as it was read out, or a reconstructed one
      OUT            the same with only the slices that hold a muon pair: raw as it was, or
                     with tracks and pairs
    \(Step.ends)

    example: frames select data/raw/frame-000000.raw selected.frame --report report.json
             frames select frame-000000.tracks frame-000000.pairs --report report.json

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let step = try Step.parse(words, usage: usage) else { return }
    let bytes = try Files.read(step.input)
    switch try Input.decode(bytes, path: step.input) {
    case .raw(let frame): try filter(frame, bytes.count, step)
    case .events(let file):
      try select(try file.require(.reconstructed, step.input), bytes.count, step)
    }
  }

  private static func filter(_ frame: Frame, _ size: Int, _ step: Step) throws(Failure) {
    let filtered = FilteredFrame(frame, finder: TrackFinder())
    let kept = filtered.raw
    try step.write(
      kept.encoded(), bytesIn: size,
      [
        (key: "eventsIn", value: frame.slices.count), (key: "eventsOut", value: kept.slices.count),
        (key: "hitsIn", value: frame.hitCount), (key: "hitsOut", value: kept.hitCount),
        (key: "tracks", value: filtered.tracks),
      ])
  }

  private static func select(_ file: EventFile, _ size: Int, _ step: Step) throws(Failure) {
    let kept = file.after(.selected) { $0.selected() }
    try step.write(
      kept.encoded(), bytesIn: size,
      [
        (key: "eventsIn", value: file.eventCount), (key: "eventsOut", value: kept.eventCount),
        (key: "tracksIn", value: file.trackCount), (key: "tracksOut", value: kept.trackCount),
      ])
  }
}
