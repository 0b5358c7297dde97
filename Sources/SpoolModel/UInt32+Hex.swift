extension UInt32 {
  /// The number as 8 lower-case hexadecimal digits.
  public var hex: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
