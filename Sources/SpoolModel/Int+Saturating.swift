extension Int {
  /// Returns the sum, or the largest number if it overflows: for numbers that come from files, which
  /// may be any.
  public func saturatingSum(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }
}
