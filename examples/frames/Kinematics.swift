import Glibc

/// Momentum and energy in GeV.
struct FourMomentum {
  var px: Double
  var py: Double
  var pz: Double
  var energy: Double

  init(pt: Double, phi: Double, pz: Double, mass: Double) {
    px = pt * cos(phi)
    py = pt * sin(phi)
    self.pz = pz
    energy = sqrt(pt * pt + pz * pz + mass * mass)
  }

  private init(px: Double, py: Double, pz: Double, energy: Double) {
    (self.px, self.py, self.pz, self.energy) = (px, py, pz, energy)
  }

  var pt: Double { sqrt(px * px + py * py) }
  var phi: Double { atan2(py, px) }
  var mass: Double { sqrt(max(0, energy * energy - px * px - py * py - pz * pz)) }

  static func + (a: FourMomentum, b: FourMomentum) -> FourMomentum {
    FourMomentum(px: a.px + b.px, py: a.py + b.py, pz: a.pz + b.pz, energy: a.energy + b.energy)
  }

  /// This momentum, given in the rest frame of `parent`, as the laboratory sees it.
  func boosted(from parent: FourMomentum) -> FourMomentum {
    let mass = parent.mass
    let product = px * parent.px + py * parent.py + pz * parent.pz
    let boosted = (parent.energy * energy + product) / mass
    let factor = (energy + boosted) / (mass + parent.energy)
    return FourMomentum(
      px: px + factor * parent.px, py: py + factor * parent.py, pz: pz + factor * parent.pz,
      energy: boosted)
  }
}
