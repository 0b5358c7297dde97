/// `frames select`: one frame in, its interesting slices out. This is what a job runs.
enum SelectCommand {
  static let usage = """
    usage: frames select IN OUT [--report FILE]

      IN             a frame
      OUT            the same frame with only the slices that hold a muon pair
      --report FILE  write what was read, found and kept, as a JSON object of numbers

    exit status: 0 good (also when nothing was kept), 2 IN is damaged, 64 wrong usage,
    66 there is no IN, 73 OUT cannot be written, 74 IN cannot be read

    example: frames select data/raw/frame-000000.raw selected.frame --report report.json

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let arguments = try Arguments.parse(words, options: ["--report"], usage: usage) else {
      return
    }
    guard arguments.positionals.count == 2 else {
      throw arguments.wrong("expected IN and OUT, got \(arguments.positionals.count) names")
    }
    let (input, output) = (arguments.positionals[0], arguments.positionals[1])
    guard input != output else { throw arguments.wrong("IN and OUT are the same file") }

    let bytes = try Files.read(input)
    let frame = try Frame.decode(bytes, path: input)
    let filtered = FilteredFrame(frame, finder: TrackFinder())
    let selected = filtered.frame.encoded()
    try Files.write(selected, to: output)

    guard let path = arguments.value("--report") else { return }
    let report = Json.report([
      "eventsIn": frame.slices.count, "eventsOut": filtered.frame.slices.count,
      "hitsIn": frame.hitCount, "hitsOut": filtered.frame.hitCount,
      "tracks": filtered.tracks,
      "bytesIn": bytes.count, "bytesOut": selected.count,
    ])
    try Files.write(Array(report.utf8), to: path)
  }
}
