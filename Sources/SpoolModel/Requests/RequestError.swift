/// What is wrong with a request, said to the person who wrote it: the line, the key, what was
/// expected.
public struct RequestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1; nil where no line can be named.
  public var line: Int?
  /// The path of the key, as `retry.attempts` or `files[3].path`.
  public var key: String?
  public var message: String

  public init(line: Int? = nil, key: String? = nil, _ message: String) {
    self.line = line
    self.key = key
    self.message = message
  }

  public init(_ error: JSONError) {
    self.init(line: error.line, "not JSON: column \(error.column): \(error.message)")
  }

  /// One line that any terminal may show, whatever was quoted in it.
  public var description: String {
    var parts: [String] = []
    if let line { parts.append("line \(line)") }
    if let key { parts.append("key \"\(key.printable(Self.longestKey))\"") }
    let message = message.printable(Self.longestMessage)
    return parts.isEmpty ? message : parts.joined(separator: ", ") + ": " + message
  }

  static let longestKey = 200
  static let longestMessage = 1000
}
