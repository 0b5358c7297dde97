import Glibc

/// Collects the hits of one slice: noise, and what particles leave in the layers.
struct SliceBuilder {
  var random: Random
  var hits: [Hit] = []

  private static let pionMass = 0.139_570

  init(random: Random) {
    self.random = random
    hits.reserveCapacity(256)
  }

  mutating func addNoise() {
    for (index, layer) in Detector.layers.enumerated() {
      for _ in 0..<random.poisson(mean: layer.noise) {
        add(
          layer: index, phi: random.uniform(-.pi, .pi),
          z: random.uniform(-Detector.halfLength, Detector.halfLength),
          time: random.uniform(0, Detector.sliceLength))
      }
    }
  }

  /// A place and time of a collision; not so near to the slice's ends that its hits are cut.
  mutating func vertex() -> Vertex {
    let margin = 5 * Detector.sigmaTime
    return Vertex(
      x: random.gauss(sigma: Detector.beamSigma), y: random.gauss(sigma: Detector.beamSigma),
      z: random.gauss(sigma: Detector.beamSigmaZ),
      time: random.uniform(margin, Detector.sliceLength - margin))
  }

  /// Follows a particle through all layers and returns how many of them it left a hit in.
  mutating func addTrack(_ helix: Helix) -> Int {
    var count = 0
    for (index, layer) in Detector.layers.enumerated() {
      guard let crossing = helix.crossing(radius: layer.radius),
        abs(crossing.z) < Detector.halfLength
      else { break }
      guard random.chance(Detector.efficiency) else { continue }
      add(
        layer: index, phi: crossing.phi + random.gauss(sigma: layer.sigmaRPhi) / layer.radius,
        z: crossing.z + random.gauss(sigma: layer.sigmaZ),
        time: crossing.time + random.gauss(sigma: Detector.sigmaTime))
      count += 1
    }
    return count
  }

  mutating func addSoftTrack(from vertex: Vertex) {
    let pt = 0.1 + random.exponential(mean: 0.4)
    let momentum = FourMomentum(
      pt: pt, phi: random.uniform(-.pi, .pi), pz: pt * sinh(random.gauss(sigma: 1)),
      mass: SliceBuilder.pionMass)
    let charge = random.chance(0.5) ? 1.0 : -1.0
    _ = addTrack(Helix(momentum: momentum, charge: charge, vertex: vertex))
  }

  private mutating func add(layer: Int, phi: Double, z: Double, time: Double) {
    let turns = Int((phi / Hit.phiUnit).rounded())
    hits.append(
      Hit(
        layer: UInt8(layer), phi: UInt16(truncatingIfNeeded: turns),
        z: Int16(clamping: Int((z / Hit.zUnit).rounded())),
        time: UInt16(clamping: Int((time / Hit.timeUnit).rounded()))))
  }
}
