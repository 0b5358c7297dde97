/// What the generator put into a slice beside noise.
///
/// It goes into a file of its own, which `select` has no way to be given.
struct Truth {
  enum Kind: String {
    /// A muon pair from the resonance.
    case resonance
    /// A muon pair without a resonance: the background under the peak.
    case continuum
    /// An ordinary collision: some soft tracks from one vertex.
    case ordinary
    /// Tracks that have nothing to do with each other.
    case stray
  }

  let frame: UInt32
  let slice: UInt32
  let kind: Kind
  let mass: Double
  /// Both muons are in the reach of the detector: enough momentum and enough hits.
  let accepted: Bool

  var isPair: Bool { kind == .resonance || kind == .continuum }

  /// A line of the truth file: frame, slice, kind, mass, 0 or 1.
  var line: String {
    "\(frame) \(slice) \(kind.rawValue) \(Terminal.fixed(mass, 6)) \(accepted ? 1 : 0)\n"
  }

  init(frame: UInt32, slice: UInt32, kind: Kind, mass: Double, accepted: Bool) {
    (self.frame, self.slice, self.kind) = (frame, slice, kind)
    (self.mass, self.accepted) = (mass, accepted)
  }

  init?(line: Substring) {
    let words = line.split(separator: " ")
    guard words.count == 5, let frame = UInt32(words[0]), let slice = UInt32(words[1]),
      let kind = Kind(rawValue: String(words[2])), let mass = Double(words[3])
    else { return nil }
    self.init(frame: frame, slice: slice, kind: kind, mass: mass, accepted: words[4] == "1")
  }

  static func read(_ path: String) throws(Failure) -> [Truth] {
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    var truths: [Truth] = []
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let truth = Truth(line: line) else {
        throw Failure.damaged(
          path, "line \(number) is not of a truth file, expected: frame slice kind mass accepted")
      }
      truths.append(truth)
    }
    return truths
  }
}
