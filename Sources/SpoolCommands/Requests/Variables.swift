internal import SpoolClient
internal import SpoolModel

/// The values of `--set run=43`, which take the place of `${run}` in the strings of a request's file.
struct Variables {
  private let values: [String: String]
  private var used: Set<String> = []

  init(_ assignments: [String]) throws {
    var values: [String: String] = [:]
    for text in assignments {
      guard let equals = text.firstIndex(of: "="), Name(text[..<equals]) != nil else {
        throw Failure(.usage, "--set: expected NAME=VALUE as run=43, found \"\(text)\"")
      }
      let name = String(text[..<equals])
      guard values.updateValue(String(text[text.index(after: equals)...]), forKey: name) == nil
      else { throw Failure(.usage, "--set: \(name) is given twice") }
    }
    self.values = values
  }

  /// Returns the request with its variables filled in; fails for a variable without a value.
  mutating func fill(_ json: JSON) throws(RequestError) -> JSON { try fill(json, "", nil) }

  /// Fails if a value had no use in any of the requests.
  func checkUse() throws {
    if let unused = values.keys.sorted().first(where: { !used.contains($0) }) {
      throw Failure(.usage, "--set \(unused)=… has no use: no file has ${\(unused)}")
    }
  }

  private mutating func fill(_ json: JSON, _ key: String, _ line: Int?) throws(RequestError) -> JSON
  {
    switch json {
    case .string(let text): return .string(try fill(text, key, line))
    case .array(let values):
      var filled: [JSON] = []
      for (index, value) in values.enumerated() {
        filled.append(try fill(value, "\(key)[\(index)]", line))
      }
      return .array(filled)
    case .object(var object):
      for (index, member) in object.members.enumerated() {
        let inner = key.isEmpty ? member.key : "\(key).\(member.key)"
        let place = member.line > 0 ? member.line : line
        object.members[index].value = try fill(member.value, inner, place)
      }
      return .object(object)
    default: return json
    }
  }

  private mutating func fill(
    _ text: String, _ key: String, _ line: Int?
  ) throws(RequestError) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var filled = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${"),
      let end = rest[start.upperBound...].firstIndex(of: "}")
    {
      let name = String(rest[start.upperBound..<end])
      if let value = values[name] {
        filled += rest[..<start.lowerBound] + value
        used.insert(name)
      } else if Name(name) == nil || Template.isPlaceholder(name) {
        // A dollar before a brace that is meant, or before a placeholder.
        filled += rest[...end]
      } else {
        throw RequestError(
          line: line, key: key, "${\(name)} has no value: give it with --set \(name)=…")
      }
      rest = rest[rest.index(after: end)...]
    }
    return filled + rest
  }
}
