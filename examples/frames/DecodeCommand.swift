/// `frames decode`: the first step of the chain, from the readout's numbers to hits in space.
enum DecodeCommand {
  static let usage = """
    usage: frames decode IN OUT [--report FILE]

      IN             a frame as it was read out
      OUT            its slices with their hits in cm and ns
    \(Step.ends)

    example: frames decode data/raw/frame-000000.raw frame-000000.hits --report report.json

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let step = try Step.parse(words, usage: usage) else { return }
    let bytes = try Files.read(step.input)
    let frame = try Frame.decode(bytes, path: step.input)
    let decoded = EventFile(decoding: frame)
    try step.write(
      decoded.encoded(), bytesIn: bytes.count,
      [
        (key: "eventsIn", value: frame.slices.count),
        (key: "eventsOut", value: decoded.eventCount), (key: "hits", value: decoded.hitCount),
      ])
  }
}
