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
