import Glibc

/// Finds roads, narrow strips in which a track from the beam line may lie, by a Hough transform.
///
/// A track from the beam line has at radius r the azimuth `phi0 + asin(curvature * r)`, with
/// curvature = 1 / (2 R). So a hit allows for each curvature one phi0: a line through the table of
/// (curvature, phi0). Each hit marks the cells along its line with the bit of its layer; a cell
/// with bits of many layers is a road. It costs the same however the hits lie, and a layer may
/// be missing, unlike where one starts from seeds.
///
/// The table is bare memory and the loops count by hand: this is where nine tenths of the time
/// go, and arrays with ranges are many times slower in debug builds.
final class HoughTable {
  struct Road {
    let curvatureBin: Int
    let phiBin: Int
    let layers: Int
  }

  static let curvatureBins = 320
  static let phiBins = 2048
  /// 65,536 steps of a turn in 2,048 bins: a bin is 2⁵ steps.
  private static let phiShift: UInt16 = 5
  /// A row is longer than its bins, else a column's cells would compete for the same cache lines.
  private static let rowLength = phiBins + 64
  /// A slice with more roads is no collision but a fault of the detector.
  private static let roadLimit = 20_000

  private let minimumLayers: Int
  private let cells: UnsafeMutablePointer<UInt8>
  /// For each layer and each edge of a curvature bin: asin(curvature * r) in steps.
  private let bends: UnsafeMutablePointer<UInt16>
  /// For each layer: how far a hit may lie aside because the vertex is not quite on the line.
  private let margins: UnsafeMutablePointer<UInt16>
  private let bitCounts: UnsafeMutablePointer<Int>
  private var found: [Int] = []

  init(minimumPt: Double, minimumLayers: Int) {
    self.minimumLayers = minimumLayers
    let layers = Detector.layers.count
    cells = .allocate(capacity: HoughTable.rowLength * HoughTable.curvatureBins)
    bends = .allocate(capacity: layers * (HoughTable.curvatureBins + 1))
    margins = .allocate(capacity: layers)
    bitCounts = .allocate(capacity: 256)
    for bits in 0..<256 { bitCounts[bits] = bits.nonzeroBitCount }
    let reach = Detector.momentumPerRadius / (2 * minimumPt)
    for (index, layer) in Detector.layers.enumerated() {
      for edge in 0...HoughTable.curvatureBins {
        let curvature = reach * (2 * Double(edge) / Double(HoughTable.curvatureBins) - 1)
        bends[index * (HoughTable.curvatureBins + 1) + edge] = HoughTable.steps(
          asin(curvature * layer.radius))
      }
      margins[index] = HoughTable.steps(2 * Detector.beamSigma / layer.radius)
    }
  }

  deinit {
    cells.deallocate()
    bends.deallocate()
    margins.deallocate()
    bitCounts.deallocate()
  }

  /// The roads of a slice, those with most layers first.
  func roads(_ points: [Point]) -> [Road] {
    memset(cells, 0, HoughTable.rowLength * HoughTable.curvatureBins)
    found.removeAll(keepingCapacity: true)
    for point in points { mark(point) }
    guard found.count <= HoughTable.roadLimit else { return [] }
    var roads = found.map { cell in
      Road(
        curvatureBin: cell / HoughTable.rowLength, phiBin: cell % HoughTable.rowLength,
        layers: bitCounts[Int(cells[cell])])
    }
    roads.sort {
      ($1.layers, $0.curvatureBin, $0.phiBin) < ($0.layers, $1.curvatureBin, $1.phiBin)
    }
    return roads
  }

  /// Whether a hit lies in a road, with a tolerance of the size of its cell.
  func contains(_ road: Road, _ point: Point) -> Bool {
    let row = point.layer &* (HoughTable.curvatureBins &+ 1)
    let bend = bends + (row &+ road.curvatureBin)
    let halfStep = (bend[1] &- bend[0]) / 2
    let centre = UInt16(road.phiBin) &<< HoughTable.phiShift &+ 16 &+ bend[0] &+ halfStep
    let distance = Int(Int16(bitPattern: point.azimuth &- centre))
    let tolerance = 20 &+ Int(halfStep) &+ Int(margins[point.layer])
    return distance <= tolerance && -distance <= tolerance
  }

  private func mark(_ point: Point) {
    let layer = point.layer
    let bit: UInt8 = 1 << UInt8(layer)
    let bend = bends + (layer * (HoughTable.curvatureBins + 1))
    let low = point.azimuth &- margins[layer]
    let high = point.azimuth &+ margins[layer]
    let shift = HoughTable.phiShift
    let rowLength = HoughTable.rowLength
    let mask = HoughTable.phiBins - 1
    let end = rowLength * HoughTable.curvatureBins
    var row = 0
    var edge = 0
    while row < end {
      // Within a row the line runs over all the phi0 that its curvatures allow: one to four bins.
      var bin = Int((low &- bend[edge &+ 1]) &>> shift)
      let last = Int((high &- bend[edge]) &>> shift)
      while true {
        let old = cells[row &+ bin]
        let new = old | bit
        if new != old {
          cells[row &+ bin] = new
          if bitCounts[Int(new)] == minimumLayers { found.append(row &+ bin) }
        }
        if bin == last { break }
        bin = (bin &+ 1) & mask
      }
      row &+= rowLength
      edge &+= 1
    }
  }

  private static func steps(_ angle: Double) -> UInt16 {
    UInt16(truncatingIfNeeded: Int((angle / Hit.phiUnit).rounded()))
  }
}
