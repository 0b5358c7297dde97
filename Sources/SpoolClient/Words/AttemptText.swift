public import SpoolModel

/// An attempt of a job in words.
public enum AttemptText {
  /// Returns `run42.reco.00000017 attempt 2 on node07-3fa91c22: exit139 after 12.0 s: segmentation
  /// fault`.
  public static func past(_ line: LedgerLine) -> String {
    let pilot = line.pilot.map { " on \($0)" } ?? ""
    var text = "\(line.job) attempt \(line.attempt)\(pilot): \(line.verdict)"
    if let time = line.result?.runTime { text += " after \(Units.text(time))" }
    if let reason = lastLine(line.reason) { text += ": \(reason)" }
    return text
  }

  /// Returns the same of a failed attempt that another follows, with the time until that, or with what
  /// keeps it from running.
  public static func next(
    _ line: LedgerLine, _ due: Timestamp, now: Timestamp, obstacle: String? = nil
  ) -> String {
    let left = max(.zero, due - now).milliseconds / 100 * 100
    if left <= 0, let obstacle {
      return "\(past(line)); attempt \(line.attempt + 1) cannot run: \(obstacle)"
    }
    let time = left > 0 ? "in \(Units.text(.milliseconds(left)))" : "as soon as there is room"
    return "\(past(line)); attempt \(line.attempt + 1) comes \(time)"
  }

  /// Returns the last line of a reason, which often says most; nil for none.
  public static func lastLine(_ reason: String?) -> String? {
    // By scalars, since a carriage return and a line end are one character.
    reason?.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.last.map { String($0) }
  }
}

extension JobResult {
  /// The wall time of the attempt; zero if the pilot's clock was set back meanwhile.
  public var runTime: Duration { max(.zero, ended - started) }
}
