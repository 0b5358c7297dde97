/// The words of a command line, sorted into options with a value and the rest.
struct Arguments {
  private(set) var positionals: [String] = []
  private var options: [String: String] = [:]
  private let usage: String

  /// Returns nil where help was asked for, which has then been given.
  static func parse(
    _ words: [String], options: Set<String>, usage: String
  ) throws(Failure) -> Arguments? {
    if words.contains("--help") || words.contains("-h") {
      Terminal.say(usage)
      return nil
    }
    return try Arguments(words, options: options, usage: usage)
  }

  private init(_ words: [String], options known: Set<String>, usage: String) throws(Failure) {
    self.usage = usage
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      guard word.hasPrefix("-"), word != "-" else {
        positionals.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard known.contains(name) else { throw wrong("there is no option \(name)") }
      guard options[name] == nil else { throw wrong("\(name) is given twice") }
      if parts.count == 2 {
        options[name] = String(parts[1])
      } else if index < words.count {
        options[name] = words[index]
        index += 1
      } else {
        throw wrong("\(name) needs a value")
      }
    }
  }

  func value(_ name: String) -> String? { options[name] }

  func required(_ name: String) throws(Failure) -> String {
    guard let value = options[name], !value.isEmpty else { throw wrong("\(name) is missing") }
    return value
  }

  /// A whole number in a range; the range is part of the message when it is not.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let text = options[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw wrong(
        "\(name) is '\(text)', expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func wrong(_ message: String) -> Failure { .usage("\(message)\n\n\(usage)") }
}
