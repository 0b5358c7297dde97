/// What is wrong with sizes and times that people wrote, and what to write instead.
extension Units {
  /// Returns the reason why a text is no memory limit, and advice; nil if it is one.
  public static func memoryProblem(_ text: String) -> String? {
    guard let bytes = bytes(text) else {
      return "expected a size as \"2GB\" or \"512MiB\", found \"\(text)\"" + sizeAdvice(text)
    }
    guard (1 << 20...1 << 50).contains(bytes) else {
      return "expected from 1MiB to 1024TiB, found \"\(text)\""
        + (bytes > 0 && parts(text).unit.isEmpty ? sizeAdvice(text) : "")
    }
    return nil
  }

  /// Returns the reason why a text is no wall time, and advice; nil if it is one.
  public static func wallProblem(_ text: String) -> String? {
    guard let time = duration(text) else {
      return "expected a time as \"10m\" or \"2h\", found \"\(text)\"" + timeAdvice(text)
    }
    let allowed = Duration.milliseconds(1)..<Duration.seconds(Limits.wallSeconds)
    return allowed.contains(time) ? nil : "expected from 1ms to 1157d, found \"\(text)\""
  }

  /// Advice for `2G`, `2 gb` or `2`: the sizes that may be meant.
  private static func sizeAdvice(_ text: String) -> String {
    let (digits, unit) = parts(text)
    guard !digits.isEmpty else { return "" }
    switch unit.first {
    case nil: return "; write \(digits)GB or \(digits)MB"
    case let letter? where "kmgt".contains(letter):
      let scale = letter == "k" ? "k" : letter.uppercased()
      return "; write \(digits)\(scale)B, or \(digits)\(letter.uppercased())iB"
    default: return ""
    }
  }

  /// Advice for `90`, `10min` or `1:30:00`: the times that may be meant.
  private static func timeAdvice(_ text: String) -> String {
    let (digits, unit) = parts(text)
    if digits.isEmpty { return "" }
    let known = ["s": "s", "m": "m", "h": "h", "d": "d"]
    if unit.isEmpty { return "; write \(digits)s, \(digits)m or \(digits)h" }
    let isWord = unit.allSatisfy { $0.isASCII && $0.isLetter }
    if isWord, let letter = unit.first.flatMap({ known[String($0)] }) {
      return "; write \(digits)\(letter)"
    }
    return "; write one number and one unit of ms, s, m, h, d: 90m, not 1h30m"
  }

  private static func parts(_ text: String) -> (digits: String, unit: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    return (String(digits), unit.lowercased())
  }
}
