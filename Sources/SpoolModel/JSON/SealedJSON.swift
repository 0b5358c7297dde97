/// JSON that bears its own checksum, so that a reader can tell whether it is as it was written.
///
/// The last member of the object is `crc32`: the CRC-32, as 8 hexadecimal digits, of all bytes
/// before the comma in front of it. It stays plain JSON for everybody who does not care. Lines of
/// views, checkpoints, heartbeats, jobs with their results, pages and archived job files are sealed.
public enum SealedJSON {
  /// The finding about a sealed object.
  public enum Finding: Sendable, Equatable {
    /// The object is as it was written.
    case intact
    /// The object bears no checksum, as an earlier version wrote it.
    case unsealed
    /// The object is not as it was written.
    case damaged
  }

  private static let key = Array(#""crc32":""#.utf8)
  /// The bytes of the seal: comma, key, digits, quotation mark, brace.
  private static let length = 1 + key.count + 8 + 2

  /// Returns an object with members as compact JSON, with its seal, and without a line's end. An
  /// object without members has nothing to guard, and gets no seal.
  public static func encode(_ json: JSON) -> [UInt8] { seal(json.compact) }

  /// Returns the bytes of an object with its seal. A line's end behind it stays.
  public static func seal(_ object: [UInt8]) -> [UInt8] {
    if object.last == 10 { return seal(object.dropLast()) + [10] }
    var bytes = object
    guard bytes.count > 2, bytes.last == UInt8(ascii: "}") else { return bytes }
    bytes.removeLast()
    let digits = CRC32.hex(bytes)
    bytes.append(UInt8(ascii: ","))
    bytes += key
    bytes += digits.utf8
    bytes += #""}"#.utf8
    return bytes
  }

  /// Checks an object. Blanks and line ends behind it do not count.
  public static func check(_ bytes: [UInt8]) -> Finding {
    let end = bytes.lastIndex { $0 != 32 && $0 != 10 } ?? -1
    let start = end + 1 - length
    guard start > 0 else { return .unsealed }
    let digits = start + 1 + key.count
    guard bytes[start] == UInt8(ascii: ","), bytes[start + 1..<digits].elementsEqual(key) else {
      return .unsealed
    }
    let isWhole = bytes[digits..<digits + 8].elementsEqual(CRC32.hex(bytes[..<start]).utf8)
    return isWhole && bytes[digits + 8...end].elementsEqual(#""}"#.utf8) ? .intact : .damaged
  }
}
