import Glibc

/// A small generator with a seed (splitmix64): the same frames everywhere, for every number of
/// frames asked for.
struct Random {
  private var state: UInt64

  /// A stream of its own for each frame of a run, so that frame 7 does not depend on frame 6.
  init(seed: UInt64, stream: UInt64) {
    var mixer = Random(state: seed)
    state = mixer.next() ^ (stream &* 0xd1b5_4a32_d192_ed03)
    _ = next()
  }

  private init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z &>> 31)
  }

  /// Uniform in [0, 1).
  mutating func unit() -> Double { Double(next() &>> 11) * 0x1p-53 }

  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

  mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

  /// Normal, by Box and Muller; the second number is thrown away to keep the state one word.
  mutating func gauss(mean: Double = 0, sigma: Double) -> Double {
    let radius = sqrt(-2 * log(1 - unit()))
    return mean + sigma * radius * cos(2 * .pi * unit())
  }

  /// Poisson, by Knuth's product of uniforms: for means up to some tens.
  mutating func poisson(mean: Double) -> Int {
    let limit = exp(-mean)
    var product = unit()
    var count = 0
    while product > limit {
      product *= unit()
      count += 1
    }
    return count
  }
}
