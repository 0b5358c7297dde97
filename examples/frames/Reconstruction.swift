import Glibc

/// Finds the tracks of a slice.
///
/// Roads come from a Hough transform across the beam. In each road, pairs of an inner and an outer
/// hit that agree in time and point back to the beam make a seed; the nearest hit of every other
/// layer joins it; a fit and its chi² decide. A hit belongs to one track.
final class TrackFinder {
  static let minimumHits = 6
  static let minimumPt = 0.4
  private static let chiSquareLimit = 2.5
  /// More hits than any track leaves; a road that full is no use.
  private static let roadHitLimit = 60

  private let table = HoughTable(
    minimumPt: TrackFinder.minimumPt, minimumLayers: TrackFinder.minimumHits)

  func tracks(_ points: [Point]) -> [Track] {
    let roads = table.roads(points)
    guard !roads.isEmpty else { return [] }
    var free = points
    var tracks: [Track] = []
    for road in roads {
      let points = free.filter { table.contains(road, $0) }
      guard points.count <= TrackFinder.roadHitLimit,
        TrackFinder.layerCount(points) >= TrackFinder.minimumHits,
        let track = TrackFinder.best(points)
      else { continue }
      tracks.append(track)
      let taken = Set(track.points.map(\.index))
      free.removeAll { taken.contains($0.index) }
    }
    return tracks
  }

  /// The best track in a road: the one with most hits, then the one with the least chi².
  private static func best(_ points: [Point]) -> Track? {
    var best: Track?
    // At most two layers may be missing, so one of the three inner and outer ones is there.
    for inner in points where inner.layer < 3 {
      for outer in points where outer.layer > 4 {
        guard let guess = seed(inner, outer) else { continue }
        let chosen = follow(guess, points)
        guard chosen.count >= minimumHits, let track = TrackFit.fit(chosen, from: guess),
          track.chiSquarePerDegree < chiSquareLimit, track.pt > minimumPt
        else { continue }
        if let known = best,
          (known.points.count, track.chiSquarePerDegree)
            >= (track.points.count, known.chiSquarePerDegree)
        {
          continue
        }
        best = track
      }
    }
    return best
  }

  /// The helix through the beam line and two hits, if they can be of one particle.
  private static func seed(_ inner: Point, _ outer: Point) -> TrackParameters? {
    guard abs(inner.time - outer.time) < 6 * Detector.sigmaTime else { return nil }
    let turn = wrapped(outer.phi - inner.phi)
    var guess = TrackParameters(
      phi0: 0, curvature: turn / (outer.radius - inner.radius), offset: 0, z0: 0, slope: 0,
      time: (inner.time + outer.time) / 2)
    // Newton, as asin is not quite straight: once is enough for the windows that follow.
    let excess = guess.bend(outer.radius) - guess.bend(inner.radius) - turn
    guess.curvature -= excess / (outer.radius - inner.radius)
    guess.phi0 = inner.phi - guess.bend(inner.radius)
    let innerPath = guess.path(inner.radius)
    guess.slope = (outer.z - inner.z) / (guess.path(outer.radius) - innerPath)
    guess.z0 = inner.z - guess.slope * innerPath
    guard abs(guess.z0) < 5 * Detector.beamSigmaZ else { return nil }
    return guess
  }

  /// In each layer the hit nearest to the guess, if there is one in the window. The windows are
  /// those of the guess, not of the hits: it rests on two of them and on the beam line.
  private static func follow(_ guess: TrackParameters, _ points: [Point]) -> [Point] {
    var chosen: [Point] = []
    var nearest = Double.infinity
    // The points of one layer need not be neighbours, so layer by layer.
    for layer in 0..<Detector.layers.count {
      var candidate: Point?
      nearest = .infinity
      for point in points where point.layer == layer {
        let residuals = guess.residuals(point)
        let distance =
          pow(residuals.rPhi / 0.05, 2) + pow(residuals.z / 0.2, 2)
          + pow(residuals.time / (2 * Detector.sigmaTime), 2)
        if distance < min(nearest, 12) { (nearest, candidate) = (distance, point) }
      }
      if let candidate { chosen.append(candidate) }
    }
    return chosen
  }

  private static func layerCount(_ points: [Point]) -> Int {
    var bits = 0
    for point in points { bits |= 1 << point.layer }
    return bits.nonzeroBitCount
  }
}
