/// A pattern for names of files: `*` stands for any text, `?` for one character, all else for itself.
public struct FilePattern: Hashable, Sendable {
  /// The pattern as it was written.
  public let text: String
  private let bytes: [UInt8]

  /// Makes a pattern; every text is one.
  public init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// Returns true for a text with a sign that stands for others.
  public static func isPattern(_ text: String) -> Bool {
    text.utf8.contains { $0 == star || $0 == question }
  }

  private static let star = UInt8(ascii: "*")
  private static let question = UInt8(ascii: "?")

  /// Returns true if the whole name fits the pattern. Takes time with the product of their lengths
  /// at the most.
  public func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { matches($0) }
  }

  private func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    var (at, place) = (0, 0)
    // The place to go back to: behind the last star, and the place in the name that it reached.
    var retry: (at: Int, place: Int)?
    while place < name.count {
      if at < bytes.count, bytes[at] == Self.star {
        retry = (at + 1, place)
        at += 1
      } else if at < bytes.count, bytes[at] == Self.question {
        at += 1
        place = Self.next(name, place)
      } else if at < bytes.count, bytes[at] == name[place] {
        at += 1
        place += 1
      } else if let last = retry {
        let next = Self.next(name, last.place)
        retry = (last.at, next)
        (at, place) = (last.at, next)
      } else {
        return false
      }
    }
    return bytes[at...].allSatisfy { $0 == Self.star }
  }

  /// Returns the place at which the next character begins.
  private static func next(_ name: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    var next = place + 1
    while next < name.count, name[next] & 0xC0 == 0x80 { next += 1 }
    return next
  }
}
