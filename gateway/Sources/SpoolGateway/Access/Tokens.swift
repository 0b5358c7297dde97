internal import Crypto
internal import SpoolModel
internal import SpoolStore

/// The tokens that a file lists. The file holds no token, but its SHA-256: who reads the file cannot
/// use it.
struct Tokens: Sendable {
  /// A token, as its line has it.
  struct Entry: Sendable, Equatable {
    var name: String
    var role: Role
    /// The SHA-256 of the token.
    var digest: [UInt8]

    /// The line: a name, a role and the digest in hexadecimal digits.
    var line: String { "\(name) \(role.text) \(Hex.text(digest))" }
  }

  let entries: [Entry]

  /// Tokens that a file may list.
  static let most = 1000
  /// Bytes of a token, before it is written in hexadecimal digits.
  private static let length = 32

  /// Reads a file: a token a line; empty lines and lines that begin with `#` are passed over. Fails with
  /// the line that is wrong.
  init(_ text: String) throws(RequestError) {
    var entries: [Entry] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let entry = try Self.entry(words, line: number + 1)
      guard !entries.contains(where: { $0.name == entry.name }) else {
        throw RequestError(line: number + 1, "the name \(entry.name) is given twice")
      }
      entries.append(entry)
    }
    guard entries.count <= Self.most else {
      throw RequestError("more than \(Self.most) tokens")
    }
    self.entries = entries
  }

  private static func entry(
    _ words: [Substring], line: Int
  ) throws(RequestError) -> Entry {
    let form = "expected NAME ROLE SHA256, as `spool-gateway token` prints it"
    guard words.count == 3, let name = Name(words[0]) else { throw RequestError(line: line, form) }
    guard let role = Role(String(words[1])) else {
      throw RequestError(line: line, "\"\(words[1])\" is no role: expected read, submit or operate")
    }
    guard let digest = Hex.bytes(words[2]), digest.count == SHA256.byteCount else {
      throw RequestError(line: line, form)
    }
    return Entry(name: name.text, role: role, digest: digest)
  }

  /// Returns the caller who has a token; nil for one that is not listed. It takes the same time for
  /// every token: all digests are compared, each to its end.
  func caller(_ token: some StringProtocol) -> Caller? {
    let digest = Self.digest(of: token)
    var found: Entry?
    for entry in entries where Self.isSame(entry.digest, digest) { found = entry }
    return found.map { Caller(name: $0.name, role: $0.role) }
  }

  private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
  }

  static func digest(of token: some StringProtocol) -> [UInt8] {
    Array(SHA256.hash(data: Array(token.utf8)))
  }

  /// Makes a token at random. Returns it, and the entry for the file.
  static func make(name: String, role: Role) -> (token: String, entry: Entry) {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let token = Hex.text(bytes)
    return (token, Entry(name: name, role: role, digest: digest(of: token)))
  }
}

/// Bytes as hexadecimal digits.
enum Hex {
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Reads pairs of digits; nil for anything else.
  static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    case 65...70: digit - 55
    default: nil
    }
  }
}
