extension JSON {
  /// The value as compact JSON on one line.
  public var compact: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(512)
    JSONWriter.write(self, to: &out)
    return out
  }

  /// The value over several lines, for people, with a line end.
  public var pretty: [UInt8] { pretty(indent: 0) + [10] }

  /// Returns the value as it stands in a pretty text after a number of blanks, without a line end.
  public func pretty(indent: Int) -> [UInt8] {
    var out: [UInt8] = []
    JSONWriter.writePretty(self, indent: indent, to: &out)
    return out
  }
}

/// The writer behind `JSON.compact` and `JSON.pretty`.
enum JSONWriter {
  /// Bytes of a line of a pretty text that holds a whole value.
  private static let lineWidth = 72

  static func write(_ value: JSON, to out: inout [UInt8]) {
    switch value {
    case .array(let values):
      out.append(UInt8(ascii: "["))
      for (index, element) in values.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        write(element, to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let object):
      out.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        write(member.key, to: &out)
        out.append(UInt8(ascii: ":"))
        write(member.value, to: &out)
      }
      out.append(UInt8(ascii: "}"))
    default: writeScalar(value, to: &out)
    }
  }

  private static func writeScalar(_ value: JSON, to out: inout [UInt8]) {
    switch value {
    case .bool(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
    case .integer(let number): out.append(contentsOf: String(number).utf8)
    // JSON has no infinities; nothing of ours makes one.
    case .number(let number):
      out.append(contentsOf: number.isFinite ? number.description.utf8 : "null".utf8)
    case .string(let text): write(text, to: &out)
    case .null, .array, .object: out.append(contentsOf: "null".utf8)
    }
  }

  /// Writes a member or an element a line; a value that is short enough is written on one line.
  static func writePretty(_ value: JSON, indent: Int, to out: inout [UInt8]) {
    let room = lineWidth - indent
    if leastWidth(value, limit: room) <= room {
      let flat = value.compact
      if flat.count <= room { return out.append(contentsOf: flat) }
    }
    switch value {
    case .array(let values):
      writeLines(values.map { (nil, $0) }, "[", "]", indent: indent, to: &out)
    case .object(let object):
      writeLines(object.members.map { ($0.key, $0.value) }, "{", "}", indent: indent, to: &out)
    default: writeScalar(value, to: &out)
    }
  }

  /// Returns the least width that a value takes on one line, or some width beyond `limit`. A value that
  /// surely does not fit is not measured to its end, because a request may have megabytes.
  private static func leastWidth(_ value: JSON, limit: Int) -> Int {
    switch value {
    case .string(let text): return text.utf8.count + 2
    case .array(let values):
      var width = 2
      for element in values {
        width += leastWidth(element, limit: limit - width)
        guard width <= limit else { break }
      }
      return width
    case .object(let object):
      var width = 2
      for member in object.members {
        width += member.key.utf8.count + 3
        width += leastWidth(member.value, limit: limit - width)
        guard width <= limit else { break }
      }
      return width
    default: return 1
    }
  }

  private static func writeLines(
    _ entries: [(String?, JSON)], _ open: String, _ close: String, indent: Int,
    to out: inout [UInt8]
  ) {
    out.append(contentsOf: open.utf8)
    for (index, entry) in entries.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(10)
      out.append(contentsOf: repeatElement(32, count: indent + 2))
      if let key = entry.0 {
        write(key, to: &out)
        out.append(contentsOf: ": ".utf8)
      }
      writePretty(entry.1, indent: indent + 2, to: &out)
    }
    out.append(10)
    out.append(contentsOf: repeatElement(32, count: indent))
    out.append(contentsOf: close.utf8)
  }

  static func write(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      if bytes.contains(where: { $0 < 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
      {
        for byte in bytes { writeEscaped(byte, to: &out) }
      } else {
        out.append(contentsOf: bytes)
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func writeEscaped(_ byte: UInt8, to out: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      out.append(UInt8(ascii: "\\"))
      out.append(byte)
    case 10: out.append(contentsOf: "\\n".utf8)
    case 9: out.append(contentsOf: "\\t".utf8)
    case 13: out.append(contentsOf: "\\r".utf8)
    case 0..<32:
      out.append(contentsOf: "\\u00".utf8)
      out.append(contentsOf: (byte < 16 ? "0" : "").utf8)
      out.append(contentsOf: String(byte, radix: 16).utf8)
    default: out.append(byte)
    }
  }
}
