/// A number of files, and their size.
public struct FileTotals: Equatable, Sendable {
  /// The number of files.
  public var files: Int
  /// The size of all of them.
  public var bytes: Int

  /// Makes totals.
  public init(files: Int = 0, bytes: Int = 0) {
    self.files = files
    self.bytes = bytes
  }
}

extension FileTotals: JSONValue {
  private enum Key: String { case files, bytes }

  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.files] = files
    members[.bytes] = bytes
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let files: Int = members[.files],
      let bytes: Int = members[.bytes]
    else { return nil }
    self.init(files: files, bytes: bytes)
  }
}
