import Glibc

/// Fits a helix to hits by least squares, beginning at a guess.
enum TrackFit {
  static func fit(_ points: [Point], from guess: TrackParameters) -> Track? {
    var parameters = guess
    // The bend is not linear in the curvature; the second round corrects what the first made of it.
    for _ in 0..<2 {
      guard fitBend(points, &parameters) else { return nil }
    }
    guard fitSlope(points, &parameters) else { return nil }
    fitTime(points, &parameters)
    return Track(
      parameters: parameters, points: points,
      chiSquarePerDegree: chiSquarePerDegree(points, parameters))
  }

  /// One step of Gauss and Newton in phi0, curvature and offset. That the track comes from the
  /// beam line is one more measurement of the offset.
  private static func fitBend(_ points: [Point], _ parameters: inout TrackParameters) -> Bool {
    var matrix = SymmetricSystem()
    matrix.add(
      derivatives: (0, 0, 1), residual: -parameters.offset,
      weight: 1 / (Detector.beamSigma * Detector.beamSigma))
    for point in points {
      let radius = point.radius
      let product = parameters.curvature * radius
      guard abs(product) < 0.99 else { return false }
      let sigma = Detector.layers[point.layer].sigmaRPhi
      matrix.add(
        derivatives: (radius, radius * radius / sqrt(1 - product * product), 1),
        residual: parameters.residuals(point).rPhi, weight: 1 / (sigma * sigma))
    }
    guard let step = matrix.solution() else { return false }
    parameters.phi0 += step.0
    parameters.curvature += step.1
    parameters.offset += step.2
    return true
  }

  /// A straight line of z over the path, with weights.
  private static func fitSlope(_ points: [Point], _ parameters: inout TrackParameters) -> Bool {
    var (sum, sumS, sumZ, sumSS, sumSZ) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for point in points {
      let sigma = Detector.layers[point.layer].sigmaZ
      let weight = 1 / (sigma * sigma)
      let path = parameters.path(point.radius)
      sum += weight
      sumS += weight * path
      sumZ += weight * point.z
      sumSS += weight * path * path
      sumSZ += weight * path * point.z
    }
    let determinant = sum * sumSS - sumS * sumS
    guard determinant > 0 else { return false }
    parameters.slope = (sum * sumSZ - sumS * sumZ) / determinant
    parameters.z0 = (sumZ - parameters.slope * sumS) / sum
    return true
  }

  private static func fitTime(_ points: [Point], _ parameters: inout TrackParameters) {
    var sum = 0.0
    for point in points { sum += parameters.residuals(point).time }
    parameters.time += sum / Double(points.count)
  }

  /// From three measurements a hit, one of the offset, and six parameters.
  private static func chiSquarePerDegree(
    _ points: [Point], _ parameters: TrackParameters
  ) -> Double {
    var sum = pow(parameters.offset / Detector.beamSigma, 2)
    for point in points {
      let layer = Detector.layers[point.layer]
      let residuals = parameters.residuals(point)
      sum += pow(residuals.rPhi / layer.sigmaRPhi, 2)
      sum += pow(residuals.z / layer.sigmaZ, 2)
      sum += pow(residuals.time / Detector.sigmaTime, 2)
    }
    return sum / Double(3 * points.count + 1 - 6)
  }
}

/// Three normal equations.
private struct SymmetricSystem {
  private var a = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
  private var b = (0.0, 0.0, 0.0)

  mutating func add(derivatives d: (Double, Double, Double), residual: Double, weight: Double) {
    a.0 += weight * d.0 * d.0
    a.1 += weight * d.0 * d.1
    a.2 += weight * d.0 * d.2
    a.3 += weight * d.1 * d.1
    a.4 += weight * d.1 * d.2
    a.5 += weight * d.2 * d.2
    b.0 += weight * d.0 * residual
    b.1 += weight * d.1 * residual
    b.2 += weight * d.2 * residual
  }

  /// By Cramer's rule; nil where the equations do not tell the unknowns apart.
  func solution() -> (Double, Double, Double)? {
    let c0 = a.3 * a.5 - a.4 * a.4
    let c1 = a.2 * a.4 - a.1 * a.5
    let c2 = a.1 * a.4 - a.2 * a.3
    let determinant = a.0 * c0 + a.1 * c1 + a.2 * c2
    guard determinant > 0 else { return nil }
    let c3 = a.0 * a.5 - a.2 * a.2
    let c4 = a.1 * a.2 - a.0 * a.4
    let c5 = a.0 * a.3 - a.1 * a.1
    return (
      (c0 * b.0 + c1 * b.1 + c2 * b.2) / determinant,
      (c1 * b.0 + c3 * b.1 + c4 * b.2) / determinant,
      (c2 * b.0 + c4 * b.1 + c5 * b.2) / determinant
    )
  }
}
