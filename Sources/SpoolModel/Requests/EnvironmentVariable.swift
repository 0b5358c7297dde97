/// A variable of a payload's environment.
public struct EnvironmentVariable: Equatable, Sendable {
  /// The name.
  public var name: String
  /// The value.
  public var value: Template

  /// Makes a variable; the name is taken as it is.
  public init(_ name: String, _ value: Template) {
    self.name = name
    self.value = value
  }

  /// The rule for names, for messages.
  public static let rule = "no name for a variable (SPOOL_… are the pilot's)"

  /// Returns true if a person may give a variable this name.
  public static func isName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && !text.utf8.contains { $0 == 0 || $0 == 61 } && !text.hasPrefix("SPOOL_")
  }
}

extension [EnvironmentVariable] {
  /// The variables as an object of JSON.
  var json: JSON { .object(JSONObject(map { .init($0.name, .string($0.value.text)) })) }

  /// Returns the variables, and those of `others` that it has not.
  public func completed(by others: [EnvironmentVariable]) -> [EnvironmentVariable] {
    guard !others.isEmpty else { return self }
    let own = Set(map(\.name))
    return self + others.filter { !own.contains($0.name) }
  }
}

extension Fields {
  /// Reads variables, as `{"OMP_NUM_THREADS": "1"}`.
  func environment(_ key: String) throws(RequestError) -> [EnvironmentVariable] {
    guard let value = object[key] else { return [] }
    guard let object = value.object else {
      throw fault(key, "expected an object, found \(value.kindName)")
    }
    var environment: [EnvironmentVariable] = []
    for member in object.members {
      let element = "\(key).\(member.key)"
      guard let text = member.value.string else {
        throw fault(element, at: key, "expected a string, found \(member.value.kindName)")
      }
      guard !text.utf8.contains(0) else {
        throw fault(element, at: key, "a string may not hold a NUL")
      }
      guard EnvironmentVariable.isName(member.key) else {
        throw fault(element, at: key, EnvironmentVariable.rule)
      }
      environment.append(EnvironmentVariable(member.key, try template(text, element, at: key)))
    }
    return environment
  }
}
