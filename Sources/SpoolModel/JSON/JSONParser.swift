/// An error in text that is not JSON: the place, and what was expected there.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public var line: Int
  /// The column in bytes, from 1.
  public var column: Int
  /// The error in words.
  public var message: String

  /// The error on one line.
  public var description: String { "line \(line), column \(column): \(message)" }
}

extension JSON {
  /// Reads one JSON value and nothing after it but white space. `most` bounds the number of values,
  /// because in memory each takes many times the two bytes that it may have as text. `firstLine` is
  /// the number of the first line, for errors. With `anyNumber` a number that JSON does not have (`NaN`,
  /// `Infinity`), or that is too large for 64 bits, reads as a string of its text.
  public static func parse(
    _ bytes: [UInt8], firstLine: Int = 1, most: Int = .max, anyNumber: Bool = false
  ) throws(JSONError) -> JSON {
    var parser = JSONParser(bytes, firstLine: firstLine, most: most, anyNumber: anyNumber)
    return try parser.document()
  }
}

/// A recursive-descent reader over the bytes, with every error at its line and column.
struct JSONParser {
  /// Deeper than any file of ours, and far from the end of the stack.
  static let deepest = 64

  private let bytes: [UInt8]
  private var at = 0
  private var line: Int
  private var lineStart = 0
  private var depth = 0
  /// The number of values that may still come.
  private var left: Int
  private let anyNumber: Bool

  init(_ bytes: [UInt8], firstLine: Int, most: Int, anyNumber: Bool) {
    self.bytes = bytes
    self.anyNumber = anyNumber
    self.line = firstLine
    left = most
  }

  mutating func document() throws(JSONError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    skipSpace()
    guard at < bytes.count else { throw error("the text is empty") }
    let value = try value()
    skipSpace()
    guard at == bytes.count else { throw error("expected the end of the text") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSON {
    guard at < bytes.count else { throw error("the text ends where a value is expected") }
    guard left > 0 else { throw error("too many values: \(Limits.manyFiles)") }
    left -= 1
    switch bytes[at] {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "N") where anyNumber: return try word("NaN", "NaN")
    case UInt8(ascii: "I") where anyNumber: return try word("Infinity", "Infinity")
    default: throw error("expected a value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSON
  ) throws(JSONError) -> JSON {
    guard depth < Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
    depth += 1
    at += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONError) -> JSON {
    var object = JSONObject()
    var seen: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(object) }
    while true {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        throw error(at < bytes.count ? "expected a key in quotes" : "the text ends in an object")
      }
      let keyLine = line
      let key = try string()
      let isNew =
        object.members.count < 12
        ? !object.members.contains { $0.key == key } : insert(key, &seen, object)
      guard isNew else { throw error("the key \"\(key)\" is given twice") }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':' after \"\(key)\"") }
      skipSpace()
      object.members.append(JSONObject.Member(key, try value(), line: keyLine))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(object) }
      guard take(UInt8(ascii: ",")) else {
        throw error(at < bytes.count ? "expected ',' or '}'" : "the text ends in an object")
      }
    }
  }

  /// Adds a key to the keys of a large object; returns false for one that is there already. The set
  /// is made when it first pays.
  private func insert(_ key: String, _ seen: inout Set<String>, _ object: JSONObject) -> Bool {
    if seen.isEmpty { seen = Set(object.members.map(\.key)) }
    return seen.insert(key).inserted
  }

  private mutating func array() throws(JSONError) -> JSON {
    var values: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      skipSpace()
      values.append(try value())
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else {
        throw error(at < bytes.count ? "expected ',' or ']'" : "the text ends in an array")
      }
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let length = text.utf8CodeUnitCount
    let fits = at + length <= bytes.count
    let same = fits && (0..<length).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
    guard same else { throw error("expected a value") }
    at += length
    return value
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = at
    _ = take(UInt8(ascii: "-"))
    if anyNumber, at < bytes.count, bytes[at] == UInt8(ascii: "I") {
      return try word("Infinity", "-Infinity")
    }
    let first = at
    let whole = digits()
    guard whole > 0 else { throw error("expected a digit") }
    if whole > 1, bytes[first] == UInt8(ascii: "0") { throw error("a number begins with 0") }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      guard digits() > 0 else { throw error("expected a digit after '.'") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw error("expected a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    if isWhole, anyNumber { return .string(text) }
    guard let value = Double(text), value.isFinite else {
      if anyNumber { return .string(text) }
      throw error("the number is too large")
    }
    return .number(value)
  }

  private mutating func digits() -> Int {
    let start = at
    while at < bytes.count, bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9") {
      at += 1
    }
    return at - start
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    let start = at
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        let text = try utf8(bytes[start..<at])
        at += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw error("a control character in a string: write it as an escape")
      default: at += 1
      }
    }
    throw error("the text ends in a string")
  }

  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var out = Array(bytes[start..<at])
    while at < bytes.count {
      let byte = bytes[at]
      if byte < 0x20 { throw error("a control character in a string: write it as an escape") }
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return try utf8(out[...])
      case UInt8(ascii: "\\"): try escape(into: &out)
      default: out.append(byte)
      }
    }
    throw error("the text ends in a string")
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard at < bytes.count else { throw error("the text ends in a string") }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(8)
    case UInt8(ascii: "f"): out.append(12)
    case UInt8(ascii: "n"): out.append(10)
    case UInt8(ascii: "r"): out.append(13)
    case UInt8(ascii: "t"): out.append(9)
    case UInt8(ascii: "u"): out.append(contentsOf: String(try unicodeEscape()).utf8)
    default: throw error("no such escape in a string")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let high = try hexadecimal()
    var code = UInt32(high)
    if (0xD800..<0xDC00).contains(high) {
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
        throw error("half of a surrogate pair")
      }
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
      code = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard at < bytes.count, let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
      at += 1
    }
    return value
  }

  private func utf8(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw error("a string is not UTF-8")
    }
    return text
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 10:
        line += 1
        lineStart = at + 1
      case 32, 9, 13: break
      default: return
      }
      at += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private func error(_ message: String) -> JSONError {
    JSONError(line: line, column: at - lineStart + 1, message: message)
  }
}
