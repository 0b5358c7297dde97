/// The members of an object that a person wrote. Unknown keys are refused with the nearest known
/// one, wrong values with line, key and what was expected.
struct Fields {
  let object: JSONObject
  /// The path of the object itself: empty, or `retry`.
  let path: String
  /// The line to name if a member has none.
  let line: Int?

  /// Refuses JSON that is no object, and keys that are neither in `keys` nor `x-…` nor `meta`.
  /// `formats` are those that the object may name.
  init(
    _ json: JSON, path: String = "", line: Int? = nil, keys: [String],
    formats: ClosedRange<Int> = 1...1
  ) throws(RequestError) {
    guard case .object(let object) = json else {
      let found = json.kindName
      throw RequestError(
        line: line, key: path.isEmpty ? nil : path, "expected an object, found \(found)")
    }
    self.object = object
    self.path = path
    self.line = line
    for member in object.members where !keys.contains(member.key) {
      if member.key.hasPrefix("x-") || member.key == "meta" || member.key == "format" { continue }
      throw fault(member.key, Self.unknown(keys: keys, member.key))
    }
    try checkCommon(formats)
  }

  /// Returns numbers in words: `1, 2 or 3`.
  private static func words(_ numbers: ClosedRange<Int>) -> String {
    let others = numbers.dropLast().map { "\($0)" }.joined(separator: ", ")
    return (others.isEmpty ? "" : others + " or ") + "\(numbers.upperBound)"
  }

  private func checkCommon(_ formats: ClosedRange<Int>) throws(RequestError) {
    if let meta = object["meta"], meta.object == nil {
      throw fault("meta", "expected an object, found \(meta.kindName)")
    }
    if let format = object["format"], !(format.integer.map(formats.contains) ?? false) {
      let numbers = Self.words(formats)
      throw fault("format", "expected \(numbers), found \(format.kindName)")
    }
  }

  private static func unknown(keys: [String], _ key: String) -> String {
    let known = "known are \(keys.sorted().joined(separator: ", "))"
    return "unknown key; " + (Nearest.question(key, among: keys) ?? known)
  }

  func fault(_ key: String, _ message: String) -> RequestError {
    RequestError(line: object.line(of: key) ?? line, key: full(key), message)
  }

  func full(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  func lineOf(_ key: String) -> Int? { object.line(of: key) ?? line }

  func required(_ key: String, _ what: String) throws(RequestError) -> JSON {
    guard let value = object[key] else {
      throw RequestError(line: line, key: full(key), "missing: \(what)")
    }
    return value
  }

  func string(_ key: String) throws(RequestError) -> String? {
    guard let value = object[key] else { return nil }
    guard let text = value.string else {
      throw fault(key, "expected a string, found \(value.kindName)")
    }
    guard !text.utf8.contains(0) else { throw fault(key, "a string may not hold a NUL") }
    return text
  }

  func bool(_ key: String) throws(RequestError) -> Bool? {
    guard let value = object[key] else { return nil }
    guard let flag = value.bool else {
      throw fault(key, "expected true or false, found \(value.kindName)")
    }
    return flag
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(RequestError) -> Int? {
    guard let value = object[key] else { return nil }
    guard let number = Self.whole(value), range.contains(number) else {
      throw fault(
        key,
        "expected a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "found \(value.kindName)")
    }
    return number
  }

  /// Returns a whole number, also where a program has written it as `9.0` or `5e9`; nil for any other
  /// value, and for one that a `Double` does not hold exactly.
  private static func whole(_ value: JSON) -> Int? {
    if let number = value.integer { return number }
    guard case .number(let number) = value, number.magnitude <= 0x1p53 else { return nil }
    return Int(exactly: number)
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws(RequestError) -> Double? {
    guard let value = object[key] else { return nil }
    guard let number = value.double, range.contains(number) else {
      throw fault(
        key,
        "expected a number from \(range.lowerBound) to \(range.upperBound), "
          + "found \(value.kindName)")
    }
    return number
  }

  /// Reads the members of an object whose keys are names that a person chooses, each with `body`.
  private func named<Value>(
    _ key: String, _ body: (Fields, String) throws(RequestError) -> Value?
  ) throws(RequestError) -> [String: Value]? {
    guard let value = object[key] else { return nil }
    guard let members = value.object?.members else {
      throw fault(key, "expected an object, found \(value.kindName)")
    }
    let inner = try Fields(value, path: full(key), line: lineOf(key), keys: members.map(\.key))
    var values: [String: Value] = [:]
    for member in members { values[member.key] = try body(inner, member.key) }
    return values
  }

  /// Reads numbers of tokens, as `{"root-licence": 5}`.
  func tokens(_ key: String, in range: ClosedRange<Int>) throws(RequestError) -> [String: Int]? {
    try named(key) { fields, token throws(RequestError) in
      guard JobName.isTag(token) else {
        throw fields.fault(token, "no name of a token: up to 32 of A-Z a-z 0-9 _ -")
      }
      return try fields.integer(token, in: range)
    }
  }

  /// Reads the shares of owners, as `{"alice": 2, "1001": 1, "*": 1}`.
  func shares(_ key: String) throws(RequestError) -> [String: Double]? {
    try named(key) { fields, owner throws(RequestError) in
      guard !owner.isEmpty, owner.utf8.count <= 256, !owner.utf8.contains(0) else {
        throw fields.fault(owner, "expected a user's name, a uid or \"*\"")
      }
      return try fields.number(owner, in: SpoolConfig.shareRange)
    }
  }

  func array(_ key: String) throws(RequestError) -> [JSON]? {
    guard let value = object[key] else { return nil }
    guard let values = value.array else {
      throw fault(key, "expected an array, found \(value.kindName)")
    }
    guard values.count <= Limits.listEntries else { throw fault(key, Self.tooLong(values.count)) }
    return values
  }

  static func tooLong(_ count: Int) -> String {
    "\(count) entries, and \(Limits.listEntries) may be: \(Limits.manyFiles)"
  }

  func strings(_ key: String) throws(RequestError) -> [String]? {
    guard let values = try array(key) else { return nil }
    var texts: [String] = []
    for (index, value) in values.enumerated() {
      guard let text = value.string else {
        throw fault("\(key)[\(index)]", at: key, "expected a string, found \(value.kindName)")
      }
      guard !text.utf8.contains(0) else {
        throw fault("\(key)[\(index)]", at: key, "a string may not hold a NUL")
      }
      texts.append(text)
    }
    return texts
  }

  /// Returns the fault of an element of `key`, told with the element's path and the key's line.
  func fault(_ element: String, at key: String, _ message: String) -> RequestError {
    RequestError(line: lineOf(key), key: full(element), message)
  }

  /// Reads a value that is written as text with a unit, as `2GB` or `10m`.
  func quantity(
    _ key: String, _ what: String, _ parse: (String) -> Int?
  ) throws(RequestError) -> Int? {
    guard let value = object[key] else { return nil }
    guard let text = value.string, let number = parse(text) else {
      throw fault(key, "expected \(what), found \(value.kindName)")
    }
    return number
  }

  /// Reads a time that is written with its unit, as `10m`.
  /// Reads a date and time with its zone, as RFC 3339 has it.
  func date(_ key: String) throws(RequestError) -> Timestamp? {
    guard let text = try string(key) else { return nil }
    guard let date = Timestamp(rfc3339: text) else {
      throw fault(
        key, "expected a time with its zone, as \"2027-03-01T08:00:00Z\", found \"\(text)\"")
    }
    return date
  }

  func duration(_ key: String, _ what: String) throws(RequestError) -> Duration? {
    try quantity(key, what, Units.milliseconds).map { .milliseconds($0) }
  }
}

/// The search for the word that a person most likely meant.
public enum Nearest {
  /// Returns the word at the smallest edit distance, if it is near enough to be meant.
  public static func word(to text: String, among words: [String]) -> String? {
    let best =
      words
      .map { (word: $0, distance: distance(Array(text.lowercased()), Array($0.lowercased()))) }
      .min { $0.distance < $1.distance }
    guard let best, best.distance <= max(1, min(text.count, best.word.count) / 2) else {
      return nil
    }
    return best.word
  }

  /// Returns `did you mean "reco"?`; nil if no word is near enough.
  public static func question(_ text: String, among words: [String]) -> String? {
    word(to: text, among: words).map { "did you mean \"\($0)\"?" }
  }

  /// Returns Levenshtein's distance.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    guard left.count <= 64, right.count <= 64 else { return Int.max }
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let cost = a == b ? previous : previous + 1
        previous = row[j + 1]
        row[j + 1] = min(cost, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}
