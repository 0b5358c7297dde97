/// The kind and the name that a request gives, read without checking the rest of it.
public struct RequestHeader: Equatable, Sendable {
  /// The kind as it was written, known or not.
  public var kind: String?
  /// The name as it was written; no rule for names is checked.
  public var name: String?

  private enum Key: String { case kind, name }

  /// Reads the header; nil if the JSON is no object.
  public init?(_ json: JSON) {
    guard let members = RecordMembers<Key>(json) else { return nil }
    kind = members[.kind]
    name = members[.name]
  }
}

extension RequestHeader {
  /// Reads the header of a request from the text of its file; nil where it is none.
  public init?(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes) else { return nil }
    self.init(json)
  }

  /// Returns true for a request that makes a task or a chain of this name, or a chain with such a
  /// step.
  public func makes(_ task: Name) -> Bool {
    switch kind {
    case "task": name == task.text
    case "chain": name == task.text || name.map { task.text.hasPrefix("\($0).") } ?? false
    default: false
    }
  }
}
