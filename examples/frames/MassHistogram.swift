/// The masses of muon pairs, counted in bins of the selection's window.
struct MassHistogram {
  static let bins = 50
  private static let barLength = 56
  private(set) var counts = [Int](repeating: 0, count: bins)

  private static let window = PairSelection.massWindow
  private static let width = (window.upperBound - window.lowerBound) / Double(bins)

  init(_ masses: [Double]) {
    for mass in masses {
      let bin = Int((mass - MassHistogram.window.lowerBound) / MassHistogram.width)
      counts[min(MassHistogram.bins - 1, bin)] += 1
    }
  }

  /// A number for each bin, as a report has only numbers, which Spool can add up over jobs.
  var report: [(key: String, value: Int)] {
    counts.enumerated().map { (key: "hist\($0 < 10 ? "0" : "")\($0)", value: $1) }
  }

  /// Lines for a terminal.
  var chart: String {
    let scale = max(1, Double(counts.max() ?? 0) / Double(MassHistogram.barLength))
    let width = Terminal.fixed(MassHistogram.width * 1000, 0)
    var text = "mass of the muon pair in GeV, pairs in \(width) MeV\n"
    for (bin, count) in counts.enumerated() {
      let low = Terminal.fixed(
        MassHistogram.window.lowerBound + Double(bin) * MassHistogram.width, 2)
      let bar = String(repeating: "#", count: Int((Double(count) / scale).rounded()))
      text += "\(low) \(Terminal.right(count, width: 6)) |\(bar)\n"
    }
    return text
  }
}
