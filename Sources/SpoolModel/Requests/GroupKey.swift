/// The key by which files are put into groups: `groupBy` of a task. Files with an equal key form one
/// job, or several if `filesPerJob` says so.
///
/// It is either a text with placeholders of the file's path, as `{dir}`, or a pattern with one part in
/// parentheses, as `run(*)_*.root`. A pattern is one of ``FilePattern``, and no regular expression: it
/// is known from the shell, and none can take longer than the product of two lengths.
public enum GroupKey: Equatable, Sendable {
  /// A text with placeholders.
  case template(Template)
  /// A pattern of the last components of a path, so many as it has itself.
  case pattern(FilePattern, components: Int)

  /// The rule for the text, for messages.
  public static let rule =
    "\"{dir}\" or another text with {dir} {name} {stem} {base}; or a pattern of the file's name with "
    + "one part in parentheses, as \"run(*)_*.root\""

  /// Reads a key; fails with what is wrong.
  init(_ text: String) throws(RequestError) {
    let hasBrace = text.utf8.contains(UInt8(ascii: "{"))
    let hasPart = text.utf8.contains(UInt8(ascii: "(")) || text.utf8.contains(UInt8(ascii: ")"))
    guard hasBrace != hasPart else {
      let found = hasBrace ? "both in \"\(text)\"" : "neither in \"\(text)\""
      throw RequestError("expected \(Self.rule); found \(found)")
    }
    self = try hasBrace ? .template(Self.readTemplate(text)) : Self.readPattern(text)
  }

  private static func readTemplate(_ text: String) throws(RequestError) -> Template {
    let template = try Template(text)
    guard !template.placeholders.isEmpty, template.placeholders.allSatisfy(\.isOfInput) else {
      throw RequestError("expected \(rule), found \"\(text)\"")
    }
    return template
  }

  private static func readPattern(_ text: String) throws(RequestError) -> GroupKey {
    guard let pattern = FilePattern(capturing: text) else {
      throw RequestError(
        "expected one part in parentheses, as \"run(*)_*.root\", found \"\(text)\"")
    }
    guard !text.contains("**") else {
      throw RequestError(
        "\"**\" has no meaning here: a pattern is of the last parts of a path, so many as it has")
    }
    return .pattern(pattern, components: text.utf8.count { $0 == UInt8(ascii: "/") } + 1)
  }

  /// Returns the key of a file; nil for a path that the pattern does not fit.
  public func key(of path: String) -> String? {
    switch self {
    case .template(let template): template.expanded { $0.value(ofInput: path) }
    case .pattern(let pattern, let components):
      FilePath.tail(path, components: components).flatMap { pattern.capture(in: $0) }
    }
  }

  /// Returns true if two keys are the same: byte by byte, as they are sorted. Two spellings of one text
  /// are two keys.
  public static func isSame(_ one: String?, _ other: String?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return one.utf8.elementsEqual(other.utf8)
  }

  /// True if a key is an absolute path, since it begins with the directory of a file.
  var isPath: Bool {
    if case .template(let template) = self { template.begins(with: [.dir]) } else { false }
  }

  /// The key as it was written.
  public var text: String {
    switch self {
    case .template(let template): template.text
    case .pattern(let pattern, _): pattern.text
    }
  }

  /// Returns the message about a file that belongs to no group.
  public func problem(with path: String) -> String {
    "the file \(path) does not fit \"groupBy\": \"\(text)\", so it belongs to no group"
  }
}

extension GroupKey {
  /// Returns files in the order of their keys, by bytes. Files of one key stay as they are. Throws for
  /// a file without a key.
  func sorted(_ files: [InputFile]) throws(RequestError) -> [InputFile] {
    var keyed: [(key: [UInt8], number: Int)] = []
    keyed.reserveCapacity(files.count)
    for (number, file) in files.enumerated() {
      guard let key = key(of: file.path) else { throw RequestError(problem(with: file.path)) }
      keyed.append((Array(key.utf8), number))
    }
    keyed.sort { left, right in
      left.key == right.key
        ? left.number < right.number : left.key.lexicographicallyPrecedes(right.key)
    }
    return keyed.map { files[$0.number] }
  }
}
