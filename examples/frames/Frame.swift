/// A hit as the readout gives it, in the units of the file: 8 bytes.
struct Hit {
  /// Number of the layer, 0 is the innermost.
  var layer: UInt8
  /// Azimuth; a full turn is 65,536, so that differences wrap as angles do.
  var phi: UInt16
  /// Position along the beam in steps of 50 µm.
  var z: Int16
  /// Time since the beginning of the slice in steps of 10 ps.
  var time: UInt16

  static let phiUnit = 2 * Double.pi / 65_536
  static let zUnit = 0.005
  static let timeUnit = 0.01
}

/// The hits of one time slice, in the order of time.
struct Slice {
  /// Its place in the frame; it keeps it when other slices are dropped.
  var number: UInt32
  var hits: [Hit]
}

/// A time frame: what the detector saw in some hundred time slices, without any trigger.
struct Frame {
  var run: UInt32
  var number: UInt32
  /// How many slices were read out. A selected frame has fewer left, and still knows this.
  var slicesRead: UInt32
  var slices: [Slice]

  var hitCount: Int { slices.reduce(0) { $0 + $1.hits.count } }
}
