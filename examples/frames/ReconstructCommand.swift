/// `frames reconstruct`: the second step of the chain, and nearly all of the work.
enum ReconstructCommand {
  static let usage = """
    usage: frames reconstruct IN OUT [--report FILE]

      IN             a decoded frame
      OUT            the slices in which there are tracks, with these
    \(Step.ends)

    example: frames reconstruct frame-000000.hits frame-000000.tracks --report report.json

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let step = try Step.parse(words, usage: usage) else { return }
    let bytes = try Files.read(step.input)
    let decoded = try EventFile.decode(bytes, path: step.input).require(.decoded, step.input)
    let finder = TrackFinder()
    let found = decoded.after(.reconstructed) { $0.reconstructed(by: finder) }
    try step.write(
      found.encoded(), bytesIn: bytes.count,
      [
        (key: "eventsIn", value: decoded.eventCount), (key: "eventsOut", value: found.eventCount),
        (key: "hitsIn", value: decoded.hitCount), (key: "hitsOut", value: found.hitCount),
        (key: "tracks", value: found.trackCount),
      ])
  }
}
