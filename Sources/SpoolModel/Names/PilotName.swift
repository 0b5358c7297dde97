/// The name of a pilot: its host, cut, and 32 random bits; at most 40 bytes of `[A-Za-z0-9._-]`.
public struct PilotName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The name as text.
  public let text: String

  /// Checks a name; nil if it breaks the rule.
  public init?(_ text: some StringProtocol) {
    let bytes = text.utf8
    guard let first = bytes.first, Name.isAlphanumeric(first), bytes.count <= 40,
      bytes.allSatisfy({ Name.isAlphanumeric($0) || $0 == 46 || $0 == 95 || $0 == 45 })
    else { return nil }
    self.text = String(text)
  }

  /// Makes a name as `host-3fa91c22`; a character of the host that a name may not hold becomes `-`.
  public init(host: String, random: UInt32) {
    let suffix = "-" + random.hex
    let plain = host.utf8.prefix(40 - suffix.utf8.count).map { byte in
      Name.isAlphanumeric(byte) || byte == 46 ? byte : UInt8(ascii: "-")
    }
    let safe = plain.drop { !Name.isAlphanumeric($0) }
    self.text = (safe.isEmpty ? "host" : String(decoding: safe, as: UTF8.self)) + suffix
  }

  /// The name as text.
  public var description: String { text }

  /// Orders names by their text.
  public static func < (left: PilotName, right: PilotName) -> Bool { left.text < right.text }
}
