/// The text of an attempt in its task's log: a heading, standard output, and behind ``divider`` standard
/// error (FORMAT, logs).
public enum AttemptLog {
  /// The line before standard error.
  public static let divider = Array("--- standard error\n".utf8)

  /// Returns the two streams of a text. The last divider counts: what stands behind it is standard error,
  /// unless that holds such a line.
  public static func streams(of text: [UInt8]) -> (out: ArraySlice<UInt8>, err: ArraySlice<UInt8>) {
    let hasHeading = text.starts(with: Array("==> ".utf8))
    let body = hasHeading ? text.drop { $0 != 10 }.dropFirst() : text[...]
    var place: Int?
    var start = body.startIndex
    while start < body.endIndex {
      if body[start...].starts(with: divider) { place = start }
      guard let end = body[start...].firstIndex(of: 10) else { break }
      start = end + 1
    }
    guard let place else { return (body, []) }
    return (body[..<place], body[(place + divider.count)...])
  }
}
