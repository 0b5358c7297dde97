/// A dataset manifest for Spool: the files with their sizes and checksums, and no more to come.
struct Manifest {
  let name: String
  private var lines: [String] = []

  init(name: String) { self.name = name }

  mutating func add(path: String, size: Int, adler32: UInt32) {
    lines.append(
      "  {\"path\": \(Json.string(path)), \"size\": \(size), "
        + "\"adler32\": \"\(Adler32.hex(adler32))\"}")
  }

  var text: String {
    """
    {"kind": "dataset", "name": \(Json.string(name)), "files": [
    \(lines.joined(separator: ",\n"))
    ], "closed": true}

    """
  }

  /// Whether Spool takes this as a dataset's name.
  static func isName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...80).contains(bytes.count), !name.hasSuffix(".json"), !name.hasSuffix(".jsonl")
    else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
      default: index > 0 && "._-".utf8.contains(byte)
      }
    }
  }
}
