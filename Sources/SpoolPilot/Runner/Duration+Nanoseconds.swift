internal import SpoolModel

extension Duration {
  /// The duration as the kernel's clock counts it: whole milliseconds, from 0 to 2⁴⁰ of them, in
  /// nanoseconds. So a sum with a moment of that clock does not overflow.
  var nanoseconds: UInt64 { UInt64(max(0, min(milliseconds, 1 << 40))) * 1_000_000 }
}
