/// `frames histogram`: the masses of the pairs in selected frames, on the terminal.
///
/// A frame holds hits and no results, so the tracks are found again: little work, as only the
/// selected slices are left.
enum HistogramCommand {
  static let usage = """
    usage: frames histogram FRAME...

    example: frames histogram data/selected/*.frame

    """
  private static let bins = 50
  private static let barLength = 56

  static func run(_ words: [String]) throws(Failure) {
    guard let arguments = try Arguments.parse(words, options: [], usage: usage) else { return }
    guard !arguments.positionals.isEmpty else { throw arguments.wrong("no frame is given") }
    let finder = TrackFinder()
    var masses: [Double] = []
    var (slices, read) = (0, 0)
    for path in arguments.positionals {
      let frame = try Frame.decode(try Files.read(path), path: path)
      masses += FilteredFrame(frame, finder: finder).masses
      slices += frame.slices.count
      read += Int(frame.slicesRead)
    }
    Terminal.say(chart(masses))
    let factor = slices > 0 ? Terminal.fixed(Double(read) / Double(slices), 1) : "-"
    Terminal.say(
      "\(arguments.positionals.count) frames, \(slices) of \(read) slices (1 in \(factor)), "
        + "\(masses.count) pairs\n")
  }

  private static func chart(_ masses: [Double]) -> String {
    let window = PairSelection.massWindow
    let width = (window.upperBound - window.lowerBound) / Double(bins)
    var counts = [Int](repeating: 0, count: bins)
    for mass in masses { counts[min(bins - 1, Int((mass - window.lowerBound) / width))] += 1 }
    let scale = max(1, Double(counts.max() ?? 0) / Double(barLength))
    var text = "mass of the muon pair in GeV, pairs in \(Terminal.fixed(width * 1000, 0)) MeV\n"
    for (bin, count) in counts.enumerated() {
      let low = Terminal.fixed(window.lowerBound + Double(bin) * width, 2)
      let bar = String(repeating: "#", count: Int((Double(count) / scale).rounded()))
      text += "\(low) \(Terminal.right(count, width: 6)) |\(bar)\n"
    }
    return text
  }
}
