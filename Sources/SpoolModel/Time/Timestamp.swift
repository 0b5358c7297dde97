/// A moment on the wall clock, as files and people see it. The wall clock may be set back and forth
/// and differs between hosts: a timestamp is shown and recorded, and never waited for.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970, UTC.
  public var milliseconds: Int

  /// Makes a timestamp from milliseconds since 1970, UTC.
  public init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Returns true if the left timestamp is earlier.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Returns the timestamp after a duration.
  public static func + (timestamp: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(milliseconds: timestamp.milliseconds.addingClamped(duration.milliseconds))
  }

  /// The time from the right timestamp to the left one, as far as the clocks that gave them agree.
  public static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.milliseconds.addingClamped(-right.milliseconds))
  }

  /// The timestamp as files hold it.
  public var json: JSON { .integer(milliseconds) }
}

extension JSON {
  /// The timestamp that an integer of epoch milliseconds stands for.
  public var timestamp: Timestamp? { integer.map { Timestamp(milliseconds: $0) } }
}

extension Timestamp: CustomStringConvertible {
  /// The timestamp for people: `2026-11-24 22:10:03 UTC`.
  public var description: String {
    let seconds = milliseconds.floored(1000)
    let days = seconds.floored(86_400)
    let time = seconds - days * 86_400
    let (year, month, day) = Self.civil(days)
    return "\(year)-\(Self.two(month))-\(Self.two(day)) "
      + "\(Self.two(time / 3600)):\(Self.two(time / 60 % 60)):\(Self.two(time % 60)) UTC"
  }

  /// Returns year, month and day of a day number from 1970 (the proleptic Gregorian calendar,
  /// counted in eras of 400 years that begin in March).
  private static func civil(_ days: Int) -> (Int, Int, Int) {
    let shifted = days + 719_468
    let era = shifted.floored(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension Int {
  /// Returns the quotient rounded down, also for times before 1970.
  fileprivate func floored(_ divisor: Int) -> Int {
    self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
  }
}
