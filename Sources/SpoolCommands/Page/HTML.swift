internal import SpoolModel

/// A piece of HTML. A literal is markup; whatever is put into it by interpolation is text, and escaped:
/// names, reasons and what payloads print may hold anything. Only HTML goes in as it is.
struct HTML: ExpressibleByStringInterpolation, Equatable {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation parts: StringInterpolation) { text = parts.text }

  /// Takes markup that is written elsewhere in the program, as the style.
  init(markup: StaticString) { text = "\(markup)" }

  static let empty: HTML = ""

  var isEmpty: Bool { text.isEmpty }

  static func + (left: HTML, right: HTML) -> HTML {
    var sum = left
    sum += right
    return sum
  }

  static func += (left: inout HTML, right: HTML) { left.text += right.text }

  /// The literals and values between which it is made.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ html: HTML) { text += html.text }
    mutating func appendInterpolation(_ number: Int) { text += "\(number)" }
    mutating func appendInterpolation(_ text: String) { self.text += HTML.escaped(text) }
  }

  /// Returns a text as HTML shows it, also between quotes: one line, with control and format characters
  /// as visible escapes, so that nothing turns the direction of what stands behind it.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.printable().unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

extension Sequence<HTML> {
  /// The pieces one behind the other.
  var joined: HTML { reduce(into: HTML.empty) { $0 += $1 } }
}
