/// Numbers that look random, for orders in which nobody cares who guesses them (SplitMix64). The
/// system's own are a call each, and a listing of a hundred jobs wants hundreds.
struct QuickRandom: RandomNumberGenerator {
  private var state: UInt64

  /// Makes numbers that one number of another generator decides.
  init(seededBy random: inout any RandomNumberGenerator) { state = random.next() }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
