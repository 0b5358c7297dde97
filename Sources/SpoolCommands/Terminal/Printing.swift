internal import SpoolModel

extension String {
  /// The text with each line as one that may be shown to anybody: see ``printable(_:)``.
  var printableLines: String {
    let isPlain = utf8.allSatisfy { ($0 >= 32 && $0 < 127) || $0 == 10 }
    if isPlain { return self }
    // By scalars, since a carriage return and a line end are one character.
    let lines = unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { String($0).printable() }.joined(separator: "\n")
  }
}

extension String {
  /// Makes a text of a name that is no text: bytes that are not ASCII as `\xE4`.
  init(escaping name: UnsafePointer<CChar>) {
    self = ""
    for offset in 0... {
      let byte = UInt8(bitPattern: name[offset])
      if byte == 0 { break }
      if (32..<127).contains(byte) {
        append(Character(Unicode.Scalar(byte)))
      } else {
        append("\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true))
      }
    }
  }
}

extension [UInt8] {
  /// JSON of the same meaning without the control and format characters that JSON allows in its
  /// strings, where alone they can be: each as an escape.
  var withoutControls: [UInt8] {
    if allSatisfy({ $0 < 127 }) { return self }
    var out = ""
    for scalar in String(decoding: self, as: UTF8.self).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar != "\n", .format:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
      default: out.unicodeScalars.append(scalar)
      }
    }
    return Array(out.utf8)
  }
}
