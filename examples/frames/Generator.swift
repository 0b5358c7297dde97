import Glibc

/// Makes frames: noise everywhere, and in some slices the tracks of a collision.
struct Generator {
  let seed: UInt64
  let run: UInt32
  let slices: Int

  static let resonanceMass = 3.0969
  private static let pairShare = 0.04
  private static let resonanceShare = 0.4
  private static let ordinaryShare = 0.04
  private static let strayShare = 0.04

  func frame(_ number: UInt32) -> (frame: Frame, truths: [Truth]) {
    var random = Random(seed: seed, stream: UInt64(number))
    var frame = Frame(run: run, number: number, slicesRead: UInt32(slices), slices: [])
    var truths: [Truth] = []
    for index in 0..<UInt32(slices) {
      var builder = SliceBuilder(random: random)
      builder.addNoise()
      if let (kind, mass, accepted) = Generator.populate(&builder) {
        truths.append(
          Truth(frame: number, slice: index, kind: kind, mass: mass, accepted: accepted))
      }
      // In the order of time, as a readout delivers: the order must not tell what is a track.
      builder.hits.sort { $0.time < $1.time }
      frame.slices.append(Slice(number: index, hits: builder.hits))
      random = builder.random
    }
    return (frame, truths)
  }

  private static func populate(
    _ slice: inout SliceBuilder
  ) -> (kind: Truth.Kind, mass: Double, accepted: Bool)? {
    let lot = slice.random.unit()
    if lot < pairShare {
      let isResonance = slice.random.chance(resonanceShare)
      let mass = isResonance ? resonanceMass : continuumMass(&slice.random)
      let accepted = addPair(to: &slice, mass: mass)
      return (isResonance ? .resonance : .continuum, mass, accepted)
    }
    if lot < pairShare + ordinaryShare {
      let vertex = slice.vertex()
      let count = 2 + slice.random.poisson(mean: 2)
      for _ in 0..<count { slice.addSoftTrack(from: vertex) }
      return (.ordinary, 0, false)
    }
    if lot < pairShare + ordinaryShare + strayShare {
      let count = 1 + slice.random.poisson(mean: 0.5)
      for _ in 0..<count { slice.addSoftTrack(from: slice.vertex()) }
      return (.stray, 0, false)
    }
    return nil
  }

  /// Falls by half in about 0.7 GeV, from 1.5 GeV on.
  private static func continuumMass(_ random: inout Random) -> Double {
    while true {
      let mass = 1.5 + random.exponential(mean: 1)
      if mass < 6 { return mass }
    }
  }

  /// A parent with some transverse momentum that decays to two muons, and a little company.
  private static func addPair(to slice: inout SliceBuilder, mass: Double) -> Bool {
    let vertex = slice.vertex()
    let pt = slice.random.exponential(mean: 1)
    let rapidity = slice.random.gauss(sigma: 0.4)
    let parent = FourMomentum(
      pt: pt, phi: slice.random.uniform(-.pi, .pi),
      pz: sqrt(mass * mass + pt * pt) * sinh(rapidity), mass: mass)
    let momentum = sqrt(mass * mass / 4 - Detector.muonMass * Detector.muonMass)
    let cosine = slice.random.uniform(-1, 1)
    let phi = slice.random.uniform(-.pi, .pi)
    let transverse = momentum * sqrt(1 - cosine * cosine)
    var accepted = true
    for side in [1.0, -1.0] {
      let muon = FourMomentum(
        pt: transverse, phi: side > 0 ? phi : phi + .pi, pz: side * momentum * cosine,
        mass: Detector.muonMass
      ).boosted(from: parent)
      let hits = slice.addTrack(Helix(momentum: muon, charge: side, vertex: vertex))
      accepted = accepted && hits >= TrackFinder.minimumHits && muon.pt > PairSelection.minimumPt
    }
    for _ in 0..<slice.random.poisson(mean: 1) { slice.addSoftTrack(from: vertex) }
    return accepted
  }
}
