extension Duration {
  /// The duration in whole milliseconds, rounded towards zero; the nearest number that an `Int` can
  /// hold where it is longer than that.
  public var milliseconds: Int {
    let (seconds, attoseconds) = components
    let (product, isOver) = Int(seconds).multipliedReportingOverflow(by: 1000)
    if isOver { return seconds < 0 ? .min : .max }
    return product.addingClamped(Int(attoseconds / 1_000_000_000_000_000))
  }

  /// The duration as requests and configurations hold it: `"5000ms"`.
  public var json: JSON { .string("\(milliseconds)ms") }

  /// The duration in seconds, to the millisecond: as pages, ledgers and results hold it.
  public var inSeconds: Double { Double(milliseconds) / 1000 }

  /// The duration as job files hold it: a number of seconds, a whole one where it can be.
  var secondsJSON: JSON {
    milliseconds % 1000 == 0 ? .integer(milliseconds / 1000) : .number(inSeconds)
  }

  /// The duration that a number of seconds says, rounded to milliseconds. A number that is negative
  /// or greater than 2⁵³ ms becomes the nearest bound: no file may stop the program.
  public init(inSeconds seconds: Double) {
    let milliseconds = (seconds * 1000).rounded()
    guard milliseconds > 0 else {
      self = .zero
      return
    }
    self = .milliseconds(Int(min(milliseconds, 0x1p53)))
  }
}

extension Int {
  /// Returns the sum, or the nearest number that an `Int` can hold.
  public func addingClamped(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    guard isOver else { return sum }
    return other > 0 ? .max : .min
  }

  /// Returns the difference, or the nearest number that an `Int` can hold.
  public func subtractingClamped(_ other: Int) -> Int {
    let (difference, isOver) = subtractingReportingOverflow(other)
    guard isOver else { return difference }
    return other < 0 ? .max : .min
  }
}
