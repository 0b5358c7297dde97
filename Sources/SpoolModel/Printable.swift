extension String {
  /// Returns the text as one line that may be shown to anybody: control characters as escapes, and
  /// of a long text the beginning and the end, in about `most` bytes. Names and values of users may
  /// hold anything, line ends and terminal escapes among it.
  public func printable(_ most: Int = .max) -> String {
    let isPlain = utf8.allSatisfy { $0 >= 32 && $0 < 127 }
    if isPlain, utf8.count <= most { return self }
    let scalars = unicodeScalars
    guard utf8.count > most else { return Self.escaped(scalars[...]) }
    let head = Self.prefix(scalars[...], most * 3 / 4)
    let tail = Self.suffix(scalars[...], most / 4)
    return Self.escaped(head) + " … " + Self.escaped(tail)
  }

  private static func prefix(
    _ scalars: Substring.UnicodeScalarView, _ bytes: Int
  ) -> Substring.UnicodeScalarView {
    var left = bytes
    return scalars.prefix { scalar in
      left -= scalar.utf8.count
      return left >= 0
    }
  }

  private static func suffix(
    _ scalars: Substring.UnicodeScalarView, _ bytes: Int
  ) -> Substring.UnicodeScalarView {
    var left = bytes
    var start = scalars.endIndex
    while start > scalars.startIndex {
      let before = scalars.index(before: start)
      left -= scalars[before].utf8.count
      guard left >= 0 else { break }
      start = before
    }
    return scalars[start...]
  }

  private static func escaped(_ scalars: Substring.UnicodeScalarView) -> String {
    var out = ""
    for scalar in scalars {
      switch scalar {
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.properties.generalCategory == .control,
        _ where scalar.properties.generalCategory == .format:
        out += "\\u{\(String(scalar.value, radix: 16))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
