/// A key of the keyboard, as a terminal sends it.
enum TopKey: Equatable {
  case character(Character)
  case up, down, pageUp, pageDown, home, end
  case enter, escape, backspace
  /// Ctrl-C.
  case interrupt

  /// Reads keys out of what a terminal has sent. A sequence that means nothing here is passed over. An
  /// escape sequence comes as a whole: an escape at the end is the key.
  static func keys(_ bytes: [UInt8]) -> [TopKey] {
    var keys: [TopKey] = []
    var rest = bytes[...]
    while let first = rest.first {
      rest = rest.dropFirst()
      switch first {
      case 3: keys.append(.interrupt)
      case 10, 13: keys.append(.enter)
      case 8, 127: keys.append(.backspace)
      case 27: keys += escape(&rest).map { [$0] } ?? []
      case 32..<127: keys.append(.character(Character(UnicodeScalar(first))))
      default: break
      }
    }
    return keys
  }

  /// Reads what follows an escape; nil for a sequence that means nothing here.
  private static func escape(_ rest: inout ArraySlice<UInt8>) -> TopKey? {
    guard let kind = rest.first, kind == UInt8(ascii: "[") || kind == UInt8(ascii: "O") else {
      return .escape
    }
    rest = rest.dropFirst()
    let numbers = rest.prefix { (0x30...0x3F).contains($0) }
    rest = rest.dropFirst(numbers.count)
    let final = rest.first
    rest = rest.dropFirst()
    switch (final.map { Character(UnicodeScalar($0)) }, String(decoding: numbers, as: UTF8.self)) {
    case ("A", _): return .up
    case ("B", _): return .down
    case ("H", _), ("~", "1"), ("~", "7"): return .home
    case ("F", _), ("~", "4"), ("~", "8"): return .end
    case ("~", "5"): return .pageUp
    case ("~", "6"): return .pageDown
    default: return nil
    }
  }
}
