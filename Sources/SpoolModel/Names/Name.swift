/// The name of a task, a chain or a dataset: `[A-Za-z0-9][A-Za-z0-9._-]{0,79}`, and not ending in
/// `.json` or `.jsonl`. So it can be the name of a file and of a directory anywhere.
public struct Name: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The rule for names, for messages.
  public static let rule =
    "1 to 80 of A-Z a-z 0-9 . _ -, beginning with a letter or digit, not ending in .json or .jsonl"

  /// The name as text.
  public let text: String

  /// Checks a name; nil if it breaks the rule.
  public init?(_ text: some StringProtocol) {
    let bytes = text.utf8
    guard let first = bytes.first, Self.isAlphanumeric(first), bytes.count <= 80,
      bytes.allSatisfy({ Self.isAlphanumeric($0) || $0 == 46 || $0 == 95 || $0 == 45 }),
      !text.hasSuffix(".json"), !text.hasSuffix(".jsonl")
    else { return nil }
    self.text = String(text)
  }

  /// The name as text.
  public var description: String { text }

  /// Orders names by their text.
  public static func < (left: Name, right: Name) -> Bool { left.text < right.text }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}
