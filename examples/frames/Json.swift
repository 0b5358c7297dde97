/// The little JSON that is written here.
enum Json {
  /// A text with its quotes.
  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A flat object of numbers, in the order given: what Spool takes as a report.
  static func report(_ numbers: [(key: String, value: Int)]) -> String {
    "{" + numbers.map { "\(string($0)): \($1)" }.joined(separator: ", ") + "}\n"
  }
}
