/// Two tracks of opposite charge that come from one place at one time.
struct Pair {
  let mass: Double
  let sumPt: Double
}

/// Decides which slices are kept: those with a pair of muons in a window of mass.
enum PairSelection {
  static let minimumPt = 0.5
  static let massWindow = 2.0..<4.5
  /// Farthest distance of the tracks' origins along the beam, in cm.
  private static let vertexDistance = 0.15
  private static let timeDistance = 3 * Detector.sigmaTime

  /// The pair of a slice, or nil where it has none; of several the one with most momentum.
  static func pair(_ tracks: [Track]) -> Pair? {
    let good = tracks.filter { $0.pt > minimumPt }
    var best: Pair?
    for (index, first) in good.enumerated() {
      for second in good[(index + 1)...] where areTogether(first, second) {
        let pair = Pair(
          mass: (first.momentum + second.momentum).mass, sumPt: first.pt + second.pt)
        guard massWindow.contains(pair.mass) else { continue }
        if pair.sumPt > best?.sumPt ?? 0 { best = pair }
      }
    }
    return best
  }

  private static func areTogether(_ first: Track, _ second: Track) -> Bool {
    first.charge != second.charge
      && abs(first.parameters.z0 - second.parameters.z0) < vertexDistance
      && abs(first.parameters.time - second.parameters.time) < timeDistance
  }
}
