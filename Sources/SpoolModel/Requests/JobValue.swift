/// What tells a job without files from the others of its task: one value, or several with names.
public enum JobValue: Equatable, Sendable {
  /// The value of `{value}`.
  case plain(String)
  /// The values of `{value.NAME}`, by name.
  case named([String: String])

  /// The value of a name, or the only one (nil); nil if there is none.
  public subscript(name: String?) -> String? {
    switch (self, name) {
    case (.plain(let text), nil): text
    case (.named(let values), let name?): values[name]
    case (.plain, _?), (.named, nil): nil
    }
  }

  /// The value in words: `7`, or `energy=7 seed=1`.
  public var words: String {
    switch self {
    case .plain(let text): text
    case .named(let values):
      values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
  }

  private var names: [String]? {
    if case .named(let values) = self { values.keys.sorted() } else { nil }
  }

  /// Returns the reason why `{value}` (nil) or `{value.NAME}` has no value; nil if it has one.
  static func problem(_ name: String?, in values: [JobValue]) -> String? {
    guard let first = values.first, first[name] == nil else { return nil }
    guard let names = first.names else { return "the values have no names: write {value}" }
    let all = names.map { "{value.\($0)}" }.joined(separator: " ")
    guard let name else { return "the values have names: write one of \(all)" }
    let advice = Nearest.word(to: name, among: names).map { "did you mean {value.\($0)}?" }
    return "no value has the name \"\(name)\"; \(advice ?? "there are \(all)")"
  }

  /// Reads the list `values` of an input: strings and numbers, or objects of them with the same keys.
  static func list(_ fields: Fields) throws(RequestError) -> [JobValue] {
    var values: [JobValue] = []
    for (index, json) in (try fields.array("values") ?? []).enumerated() {
      let element = "values[\(index)]"
      let value = try JobValue(json, element, fields)
      if let first = values.first, first.names != value.names {
        let names = first.names.map { "an object with the keys \($0.joined(separator: ", "))" }
        throw fields.fault(
          element, at: "values", "expected \(names ?? "a string or a number") as the first has")
      }
      values.append(value)
    }
    return values
  }

  private init(_ json: JSON, _ element: String, _ fields: Fields) throws(RequestError) {
    guard let members = json.object?.members else {
      self = .plain(try Self.text(json, element, fields, "a string, a number or an object"))
      return
    }
    guard !members.isEmpty else {
      throw fields.fault(element, at: "values", "expected at least one value with its name")
    }
    var named: [String: String] = [:]
    for member in members {
      let inner = "\(element).\(member.key)"
      guard Name(member.key) != nil else {
        throw fields.fault(inner, at: "values", "\"\(member.key)\" is no name: \(Name.rule)")
      }
      named[member.key] = try Self.text(member.value, inner, fields, "a string or a number")
    }
    self = .named(named)
  }

  private static func text(
    _ json: JSON, _ element: String, _ fields: Fields, _ what: String
  ) throws(RequestError) -> String {
    switch json {
    case .string(let text):
      guard !text.utf8.contains(0) else {
        throw fields.fault(element, at: "values", "a string may not hold a NUL")
      }
      return text
    case .integer(let number): return "\(number)"
    case .number(let number): return "\(number)"
    default:
      throw fields.fault(element, at: "values", "expected \(what), found \(json.kindName)")
    }
  }
}
