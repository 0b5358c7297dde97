import Glibc

/// A helix near the beam line: what seeds guess and fits find.
///
///     phi(r) = phi0 + asin(curvature r) + offset / r        curvature = 1 / (2 R)
///     z(s)   = z0 + slope s                                 s = asin(curvature r) / curvature
///     t(s)   = time + s sqrt(1 + slope²) / c
struct TrackParameters {
  var phi0: Double
  var curvature: Double
  /// Closest distance to the beam line, with a sign, in cm.
  var offset: Double
  var z0: Double
  var slope: Double
  var time: Double

  var isFinite: Bool {
    [phi0, curvature, offset, z0, slope, time].allSatisfy(\.isFinite)
  }

  func bend(_ radius: Double) -> Double { asin(max(-1, min(1, curvature * radius))) }

  func path(_ radius: Double) -> Double {
    abs(curvature) < 1e-9 ? radius : bend(radius) / curvature
  }

  /// How far a hit lies from the helix: along the circumference, along the beam, in time.
  func residuals(_ point: Point) -> (rPhi: Double, z: Double, time: Double) {
    let path = path(point.radius)
    let phi = phi0 + bend(point.radius) + offset / point.radius
    return (
      rPhi: wrapped(point.phi - phi) * point.radius, z: point.z - z0 - slope * path,
      time: point.time - time - path * sqrt(1 + slope * slope) / Detector.lightSpeed
    )
  }
}

/// A reconstructed track: its parameters at the beam line, its hits and how well they agree.
struct Track {
  let parameters: TrackParameters
  let points: [Point]
  let chiSquarePerDegree: Double

  /// In the field along +z positive particles turn to smaller azimuths.
  var charge: Int { parameters.curvature < 0 ? 1 : -1 }

  var pt: Double { Detector.momentumPerRadius / (2 * abs(parameters.curvature)) }

  /// The momentum at the beam line, taken as a muon's.
  var momentum: FourMomentum {
    FourMomentum(
      pt: pt, phi: parameters.phi0, pz: pt * parameters.slope, mass: Detector.muonMass)
  }
}

/// An angle brought between -π and π.
func wrapped(_ angle: Double) -> Double { remainder(angle, 2 * .pi) }
