extension Duration {
  /// The duration in whole milliseconds, rounded towards zero.
  public var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }

  /// The duration as requests and configurations hold it: `"5000ms"`.
  public var json: JSON { .string("\(milliseconds)ms") }
}

extension Int {
  /// Returns the sum, or the nearest number that an `Int` can hold.
  func addingClamped(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    guard isOver else { return sum }
    return other > 0 ? .max : .min
  }
}
