/// Whom the site's command for notices is to tell of an end: `"notify"` of a task or a chain. Spool hands
/// the value on, and runs nothing of it.
public enum NotifyValue {
  /// The beginning of a value that is the address of a mail.
  public static let mail = "mail:"
  /// The most bytes.
  static let longest = 1000

  /// Returns what is wrong with a value; nil if nothing is.
  public static func problem(_ text: String) -> String? {
    let expected = "expected a command, or mail:ADDRESS, on one line of at most \(longest) bytes"
    guard (1...longest).contains(text.utf8.count), !text.utf8.contains(where: { $0 < 32 }) else {
      return expected
    }
    guard text.hasPrefix(mail) else { return nil }
    let address = text.dropFirst(mail.count)
    let isOdd = address.isEmpty || address.hasPrefix("-") || address.contains { $0.isWhitespace }
    return isOdd ? "expected an address after mail:, as mail:ada@example.org" : nil
  }
}

extension Fields {
  /// Reads whom to tell, as `"mail:ada@example.org"`.
  func notify(_ key: String) throws(RequestError) -> String? {
    guard let text = try string(key) else { return nil }
    if let problem = NotifyValue.problem(text) {
      throw fault(key, "\(problem), found \"\(text.prefix(60))\"")
    }
    return text
  }
}
