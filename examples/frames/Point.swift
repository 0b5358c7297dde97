/// A decoded hit: in physical units, and which one of its slice it is.
struct Point {
  let layer: Int
  /// cm
  let radius: Double
  /// Azimuth, from 0 up to a full turn.
  let phi: Double
  /// cm along the beam
  let z: Double
  /// ns since the beginning of the slice
  let time: Double
  /// The azimuth in the steps of the readout, which the Hough transform counts in.
  let azimuth: UInt16
  let index: Int

  /// Single precision, as files hold it, so that nothing depends on whether a hit came through one.
  /// The caller sees to it that the layer is one of the detector's and the azimuth within a turn.
  init(layer: UInt8, phi: Float, z: Float, time: Float, index: Int) {
    self.layer = Int(layer)
    radius = Detector.layers[self.layer].radius
    (self.phi, self.z, self.time) = (Double(phi), Double(z), Double(time))
    azimuth = UInt16(truncatingIfNeeded: Int((self.phi / Hit.phiUnit).rounded()))
    self.index = index
  }

  init(_ hit: Hit, index: Int) {
    self.init(
      layer: hit.layer, phi: Float(Double(hit.phi) * Hit.phiUnit),
      z: Float(Double(hit.z) * Hit.zUnit), time: Float(Double(hit.time) * Hit.timeUnit),
      index: index)
  }
}
