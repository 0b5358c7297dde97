import Glibc

/// Where and when particles begin: cm and ns.
struct Vertex {
  let x: Double
  let y: Double
  let z: Double
  let time: Double
}

/// A charged particle in the solenoid, followed exactly (no scattering, no energy loss).
struct Helix {
  let momentum: FourMomentum
  let charge: Double
  let vertex: Vertex

  struct Crossing {
    let phi: Double
    let z: Double
    let time: Double
  }

  /// Where the particle first crosses a cylinder around the beam line, if it gets there.
  func crossing(radius: Double) -> Crossing? {
    let pt = momentum.pt
    let turn = pt / Detector.momentumPerRadius
    // The centre of the circle lies to the right of a positive particle's way.
    let centreX = vertex.x + charge * turn * momentum.py / pt
    let centreY = vertex.y - charge * turn * momentum.px / pt
    let distance = sqrt(centreX * centreX + centreY * centreY)
    let along = (distance * distance + radius * radius - turn * turn) / (2 * distance)
    guard abs(along) < radius else { return nil }
    let across = charge * sqrt(radius * radius - along * along)
    let x = (along * centreX - across * centreY) / distance
    let y = (along * centreY + across * centreX) / distance
    let chord = hypot(x - vertex.x, y - vertex.y)
    let path = 2 * turn * asin(min(1, chord / (2 * turn)))
    let z = vertex.z + path * momentum.pz / pt
    let flight = path * momentum.energy / pt / Detector.lightSpeed
    return Crossing(phi: atan2(y, x), z: z, time: vertex.time + flight)
  }
}
