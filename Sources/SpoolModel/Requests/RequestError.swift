/// An error in a request, told to the person who wrote it: the line, the key, and what was
/// expected.
public struct RequestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, from 1; nil if no line can be named.
  public var line: Int?
  /// The path of the key, as `retry.attempts` or `files[3].path`.
  public var key: String?
  /// The error in words.
  public var message: String

  /// Makes an error.
  public init(line: Int? = nil, key: String? = nil, _ message: String) {
    self.line = line
    self.key = key
    self.message = message
  }

  /// Makes the error of a text that is not JSON.
  public init(_ error: JSONError) {
    self.init(line: error.line, "not JSON: column \(error.column): \(error.message)")
  }

  /// The error on one line that any terminal may show, whatever was quoted in it.
  public var description: String {
    var parts: [String] = []
    if let line { parts.append("line \(line)") }
    if let key { parts.append("key \"\(key.printable(Self.longestKey))\"") }
    let message = message.printable(Self.longestMessage)
    return parts.isEmpty ? message : parts.joined(separator: ", ") + ": " + message
  }

  /// Bytes of a key in a message.
  static let longestKey = 200
  /// Bytes of a message.
  static let longestMessage = 1000
}
