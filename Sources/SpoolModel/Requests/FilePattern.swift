/// A pattern for names of files: `*` stands for any text without a slash, `?` for one character that
/// is none, all else for itself.
public struct FilePattern: Hashable, Sendable {
  /// The pattern as it was written.
  public let text: String
  private let bytes: [UInt8]
  /// The part of the pattern whose text is asked for, as places in ``bytes``; nil for none.
  private let captured: Range<Int>?

  /// Makes a pattern; every text is one.
  public init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
    captured = nil
  }

  /// Makes a pattern with one part in parentheses, whose text ``capture(in:)`` returns. Returns nil
  /// where there is no such part, or more than one.
  public init?(capturing text: String) {
    let open = UInt8(ascii: "(")
    let close = UInt8(ascii: ")")
    let all = Array(text.utf8)
    guard let begin = all.firstIndex(of: open), let end = all.firstIndex(of: close), begin < end,
      all.lastIndex(of: open) == begin, all.lastIndex(of: close) == end
    else { return nil }
    self.text = text
    bytes = all.filter { $0 != open && $0 != close }
    captured = begin..<end - 1
  }

  /// Returns true for a text with a sign that stands for others.
  public static func isPattern(_ text: String) -> Bool {
    text.utf8.contains { $0 == star || $0 == question }
  }

  private static let star = UInt8(ascii: "*")
  private static let question = UInt8(ascii: "?")
  private static let slash = UInt8(ascii: "/")

  /// Returns true if the whole name fits the pattern. Takes time with the product of their lengths
  /// at the most.
  public func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { match($0) != nil }
  }

  /// Returns the text of the part in parentheses, for a name that fits; each `*` stands for as little
  /// as can be. Nil for a name that does not fit, and where that text is empty.
  public func capture(in name: some StringProtocol) -> String? {
    var name = String(name)
    return name.withUTF8 { bytes in
      guard let found = match(bytes), !found.isEmpty else { return nil }
      return String(decoding: UnsafeBufferPointer(rebasing: bytes[found]), as: UTF8.self)
    }
  }

  /// Returns the place in the name of the part in parentheses, empty if the pattern has none; nil for
  /// a name that does not fit.
  private func match(_ name: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    var (at, place) = (0, 0)
    var (begin, end) = (0, 0)
    // The place to go back to: behind the last star, and the place in the name that it reached. What
    // fits up to a star as early as can be never has to be tried again: so one place is enough.
    var retry: (at: Int, place: Int)?
    while place < name.count {
      // Going back passes these places again, unless they come before the star.
      if at == captured?.lowerBound { begin = place }
      if at == captured?.upperBound { end = place }
      if at < bytes.count, bytes[at] == Self.star {
        at += 1
        retry = (at, place)
      } else if at < bytes.count, bytes[at] == Self.question, name[place] != Self.slash {
        at += 1
        place = Self.next(name, place)
      } else if at < bytes.count, bytes[at] == name[place] {
        at += 1
        place += 1
      } else if let last = retry, name[last.place] != Self.slash {
        let next = Self.next(name, last.place)
        retry = (last.at, next)
        (at, place) = (last.at, next)
      } else {
        return nil
      }
    }
    guard bytes[at...].allSatisfy({ $0 == Self.star }) else { return nil }
    if let captured, at <= captured.lowerBound { begin = place }
    if let captured, at <= captured.upperBound { end = place }
    return begin..<end
  }

  /// Returns the place at which the next character begins.
  private static func next(_ name: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    var next = place + 1
    while next < name.count, name[next] & 0xC0 == 0x80 { next += 1 }
    return next
  }
}
