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
    .milliseconds(left.milliseconds.subtractingClamped(right.milliseconds))
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

extension Timestamp {
  /// The first full second that is not before it: `2027-03-01T08:00:00Z`.
  public var rfc3339: String {
    let seconds = Timestamp(milliseconds: milliseconds.addingClamped(999))
    return seconds.description.replacing(" UTC", with: "Z").replacing(" ", with: "T")
  }

  /// Reads a date and time with a zone: `2027-03-01T08:00:00Z`, `2027-03-01T08:00+03:00` (RFC 3339;
  /// seconds may be left out, fractions are dropped). Nil for anything else.
  public init?(rfc3339 text: String) {
    var rest = text.utf8[...]
    func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
      guard rest.count >= digits,
        let value = Int(String(decoding: rest.prefix(digits), as: UTF8.self)),
        rest.prefix(digits).allSatisfy({ (48...57).contains($0) }), range.contains(value)
      else { return nil }
      rest = rest.dropFirst(digits)
      return value
    }
    func skip(_ bytes: String) -> Bool {
      guard let first = rest.first, bytes.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4, 1970...9999), skip("-"), let month = number(2, 1...12), skip("-"),
      let day = number(2, 1...Self.days(year, month)), skip("Tt "), let hour = number(2, 0...23),
      skip(":"), let minute = number(2, 0...59)
    else { return nil }
    var second = 0
    if skip(":") {
      guard let value = number(2, 0...60) else { return nil }
      second = value
      if skip(".") { rest = rest.drop { (48...57).contains($0) } }
    }
    var offset = 0
    if !skip("Zz") {
      let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
      guard skip("+-"), let hours = number(2, 0...23), skip(":"), let minutes = number(2, 0...59)
      else { return nil }
      offset = sign * (hours * 60 + minutes)
    }
    guard rest.isEmpty else { return nil }
    let minutes = (Self.dayNumber(year, month, day) * 24 + hour) * 60 + minute - offset
    self.init(milliseconds: (minutes * 60 + second) * 1000)
  }

  private static func days(_ year: Int, _ month: Int) -> Int {
    dayNumber(month == 12 ? year + 1 : year, month % 12 + 1, 1) - dayNumber(year, month, 1)
  }

  /// Returns the number of a day, from 1970, the inverse of `civil`.
  private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year.floored(400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int {
  /// Returns the quotient rounded down, also for times before 1970.
  fileprivate func floored(_ divisor: Int) -> Int {
    self >= 0 ? self / divisor : (self + 1) / divisor - 1
  }
}
