internal import SpoolModel

/// A line of the screen: pieces of text, each with a style. Its text is printable: control characters of
/// names and reasons are escaped when a piece is added.
struct TopLine: Equatable {
  /// A style. It never tells alone: what it marks is in words or signs, too.
  enum Style: String {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case reverse = "7"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  private(set) var pieces: [(text: String, style: Style)] = []

  init(_ text: String = "", _ style: Style = .plain) { add(text, style) }

  static func == (left: TopLine, right: TopLine) -> Bool {
    left.pieces.elementsEqual(right.pieces) { $0 == $1 }
  }

  mutating func add(_ text: String, _ style: Style = .plain) {
    if !text.isEmpty { pieces.append((text.printable(), style)) }
  }

  /// The text without styles.
  var text: String { pieces.map(\.text).joined() }

  /// Returns the line for a terminal so many columns wide. A line that is marked is in reverse as a whole.
  func drawn(width: Int, hasStyles: Bool, isMarked: Bool = false) -> String {
    var left = width
    var out = ""
    for (text, style) in pieces where left > 0 {
      let shown = String(text.prefix(left))
      left -= shown.count
      out += Self.styled(shown, isMarked ? .reverse : style, hasStyles)
    }
    if isMarked, hasStyles {
      out += Self.styled(String(repeating: " ", count: left), .reverse, true)
    }
    return out
  }

  private static func styled(_ text: String, _ style: Style, _ hasStyles: Bool) -> String {
    hasStyles && style != .plain && !text.isEmpty
      ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
