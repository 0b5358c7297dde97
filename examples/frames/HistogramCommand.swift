/// `frames histogram`: the masses of the pairs in selected frames, on the terminal.
///
/// A raw frame holds hits and no results, so the tracks are found again: little work, as only the
/// selected slices are left.
enum HistogramCommand {
  static let usage = """
    usage: frames histogram FRAME...

      FRAME  a selected frame, raw or with tracks, or many merged

    example: frames histogram data/selected/*.frame

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let arguments = try Arguments.parse(words, options: [], usage: usage) else { return }
    guard !arguments.positionals.isEmpty else { throw arguments.wrong("no frame is given") }
    let finder = TrackFinder()
    var masses: [Double] = []
    var (frames, slices, read) = (0, 0, 0)
    for path in arguments.positionals {
      let input = try Input.read(path)
      masses += try input.selected(path, finder).masses
      for frame in input.contents {
        frames += 1
        slices += frame.slices.count
        read += Int(frame.slicesRead)
      }
    }
    Terminal.say(MassHistogram(masses).chart)
    let factor = slices > 0 ? Terminal.fixed(Double(read) / Double(slices), 1) : "-"
    Terminal.say(
      "\(frames) frames, \(slices) of \(read) slices (1 in \(factor)), "
        + "\(masses.count) pairs\n")
  }
}
