/// One cylinder of the tracker around the beam line: centimetres throughout.
struct Layer {
  let radius: Double
  /// Resolution across, along the circumference.
  let sigmaRPhi: Double
  /// Resolution along the beam; in the straws it comes from their stereo angle.
  let sigmaZ: Double
  /// Noise hits that a time slice has on average.
  let noise: Double
}

/// The tracker: four layers of silicon, four of straws, in a solenoid's field along the beam.
///
/// Lengths are in cm, times in ns, momenta in GeV/c. The generator and the reconstruction share
/// this file and nothing else, as a real experiment shares its geometry.
enum Detector {
  static let layers = [
    Layer(radius: 5, sigmaRPhi: 0.008, sigmaZ: 0.01, noise: 26),
    Layer(radius: 10, sigmaRPhi: 0.008, sigmaZ: 0.01, noise: 22),
    Layer(radius: 15, sigmaRPhi: 0.008, sigmaZ: 0.01, noise: 20),
    Layer(radius: 20, sigmaRPhi: 0.008, sigmaZ: 0.01, noise: 18),
    Layer(radius: 30, sigmaRPhi: 0.03, sigmaZ: 0.1, noise: 16),
    Layer(radius: 45, sigmaRPhi: 0.03, sigmaZ: 0.1, noise: 16),
    Layer(radius: 60, sigmaRPhi: 0.03, sigmaZ: 0.1, noise: 16),
    Layer(radius: 75, sigmaRPhi: 0.03, sigmaZ: 0.1, noise: 16),
  ]

  static let halfLength = 100.0
  static let efficiency = 0.97
  static let sigmaTime = 10.0
  static let sliceLength = 500.0

  /// Size of the region where the beams meet: across, and along the beam.
  static let beamSigma = 0.005
  static let beamSigmaZ = 20.0

  /// A charge of one that flies in 1 tesla on a circle of 1 cm has this many GeV/c.
  static let momentumPerRadius = 0.002_997_924_58
  static let lightSpeed = 29.979_245_8
  static let muonMass = 0.105_658
}
