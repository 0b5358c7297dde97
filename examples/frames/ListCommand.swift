/// `frames list`: which slices were selected, a line each.
enum ListCommand {
  static let usage = """
    usage: frames list FRAME...

      FRAME  a selected frame, raw or with tracks, or many merged

    A line for each slice: run, frame, slice, mass of the pair in GeV.

    example: frames list run42.pairs | sort -n -k 4

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let arguments = try Arguments.parse(words, options: [], usage: usage) else { return }
    guard !arguments.positionals.isEmpty else { throw arguments.wrong("no frame is given") }
    let finder = TrackFinder()
    for path in arguments.positionals {
      let file = try Input.read(path).selected(path, finder)
      for frame in file.frames {
        for event in frame.events {
          let mass = event.pair.map { Terminal.fixed($0.mass, 6) } ?? "-"
          Terminal.say("\(file.run) \(frame.number) \(event.number) \(mass)\n")
        }
      }
    }
  }
}
