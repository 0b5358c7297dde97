/// A text with placeholders: `--run={index}`; `{{` is a brace.
public struct Template: Hashable, Sendable {
  /// A placeholder in a template.
  public enum Placeholder: Hashable, Sendable {
    case input, inputs, stem, index, task, job, attempt
    /// The first input's directory, its name, and its name without any extension.
    case dir, name, base
    /// The key of the group that the job's inputs are.
    case group
    /// The value of the job: the only one (nil) or a named one.
    case value(String?)
    /// The path of a file that lists the inputs, one a line, or each with a NUL behind it.
    case inputList, inputListNul
    /// The staged path of an output: of the only one (nil) or of a named one.
    case output(String?)
    /// The path of a file for a flat JSON object of numbers.
    case report
    /// The directory in which the payload runs.
    case scratch
  }

  /// A part of a template.
  public enum Part: Hashable, Sendable {
    case text(String)
    case placeholder(Placeholder)
  }

  /// The parts, in their order.
  public let parts: [Part]

  static let words: [(String, Placeholder)] = [
    ("input", .input), ("inputs", .inputs), ("inputList", .inputList),
    ("inputListNul", .inputListNul), ("dir", .dir), ("name", .name), ("stem", .stem),
    ("base", .base), ("group", .group), ("index", .index), ("value", .value(nil)),
    ("task", .task), ("job", .job), ("attempt", .attempt), ("output", .output(nil)),
    ("report", .report), ("scratch", .scratch),
  ]

  /// Returns true if `{word}` is a placeholder.
  public static func isPlaceholder(_ word: String) -> Bool {
    words.contains { $0.0 == word } || word.hasPrefix("output:") || word.hasPrefix("value.")
  }

  private static let open = UInt8(ascii: "{")

  /// Reads a template; fails with a message that names the faulty placeholder. The text is read
  /// byte by byte, because a brace before an accent is one character to Swift, and a brace all the
  /// same.
  public init(_ text: String) throws(RequestError) {
    var parts: [Part] = []
    var plain = ""
    var rest = text.utf8[...]
    while let brace = rest.firstIndex(of: Self.open) {
      plain += Substring(rest[..<brace])
      rest = rest[brace...].dropFirst()
      if rest.first == Self.open {
        plain += "{"
        rest = rest.dropFirst()
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
        throw RequestError("a \"{\" without \"}\" in \"\(text)\"; write {{ for a brace")
      }
      if !plain.isEmpty { parts.append(.text(plain)) }
      plain = ""
      parts.append(.placeholder(try Self.placeholder(String(Substring(rest[..<end])))))
      rest = rest[end...].dropFirst()
    }
    plain += Substring(rest)
    if !plain.isEmpty { parts.append(.text(plain)) }
    self.parts = parts
  }

  private static func placeholder(_ word: String) throws(RequestError) -> Placeholder {
    if let known = words.first(where: { $0.0 == word }) { return known.1 }
    if word.hasPrefix("output:"), let name = Name(word.dropFirst(7)) { return .output(name.text) }
    if word.hasPrefix("value."), let name = Name(word.dropFirst(6)) { return .value(name.text) }
    let nearest = Nearest.word(to: word, among: words.map(\.0)).map { "; did you mean {\($0)}?" }
    let all = words.map { "{\($0.0)}" }.joined(separator: " ")
    throw RequestError(
      "there is no placeholder {\(word)}\(nearest ?? ""); there are \(all) {output:NAME} "
        + "{value.NAME}, and {{ for a brace")
  }

  /// The placeholders, in their order.
  public var placeholders: [Placeholder] {
    parts.compactMap { if case .placeholder(let placeholder) = $0 { placeholder } else { nil } }
  }

  /// True if it begins with one of these placeholders.
  func begins(with placeholders: [Placeholder]) -> Bool {
    placeholders.contains { parts.first == .placeholder($0) }
  }

  /// True if a sign in it stands for others, as in ``FilePattern``.
  public var isPattern: Bool {
    parts.contains { if case .text(let text) = $0 { FilePattern.isPattern(text) } else { false } }
  }

  /// True if the whole text is `{inputs}`, which becomes many arguments.
  public var isAllInputs: Bool { parts == [.placeholder(.inputs)] }

  /// Returns the template with the placeholders filled in that `value` knows; the rest stays a
  /// template.
  public func filled(_ value: (Placeholder) -> String?) -> String {
    var out = ""
    for part in parts {
      switch part {
      case .text(let text): out += Self.escaped(text)
      case .placeholder(let placeholder):
        out += value(placeholder).map(Self.escaped) ?? Self.text(placeholder)
      }
    }
    return out
  }

  /// Returns the text with all placeholders filled in; nil if `value` does not know one.
  public func expanded(_ value: (Placeholder) -> String?) -> String? {
    var out = ""
    for part in parts {
      switch part {
      case .text(let text): out += text
      case .placeholder(let placeholder):
        guard let text = value(placeholder) else { return nil }
        out += text
      }
    }
    return out
  }

  /// The template as it was written.
  public var text: String { filled { _ in nil } }

  private static func text(_ placeholder: Placeholder) -> String {
    if case .output(let name?) = placeholder { return "{output:\(name)}" }
    if case .value(let name?) = placeholder { return "{value.\(name)}" }
    return "{\(words.first { $0.1 == placeholder }?.0 ?? "")}"
  }

  /// Returns a template that reads as `text`.
  public static func escaped(_ text: String) -> String {
    guard text.utf8.contains(open) else { return text }
    return text.utf8.split(separator: open, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }.joined(separator: "{{")
  }
}

extension Template.Placeholder {
  /// True if its value is a part of the first input's path.
  public var isOfInput: Bool {
    switch self {
    case .dir, .name, .stem, .base: true
    default: false
    }
  }

  /// True if jobs of one file each have different values, or most often have: two names in one
  /// directory differ.
  public var differsByFile: Bool {
    switch self {
    case .name, .stem, .base, .index, .job: true
    default: false
    }
  }

  /// Returns its value for a job whose first input has this path; nil if it is no part of the path.
  public func value(ofInput path: String) -> String? {
    switch self {
    case .dir: FilePath.directory(path)
    case .name: String(FilePath.base(path))
    case .stem: FilePath.stem(path)
    case .base: FilePath.plainName(path)
    default: nil
    }
  }
}
