/// An output of an attempt that was done, whose job is tried again: what stands at the path is replaced
/// once the new attempt is done.
public struct FormerOutput: Equatable, Sendable {
  /// The number of the output in the task's list, from 0.
  public var number: Int
  /// The final path.
  public var path: String
  /// The size in bytes; of a directory the sum of its files.
  public var size: Int
  /// The number of files of a directory; nil for a file.
  public var files: Int?

  /// Makes a former output of one that an attempt staged.
  public init(_ output: StagedOutput) {
    number = output.number
    path = output.path
    size = output.size
    files = output.files
  }

  /// The hidden path beside it to which it is moved when a later attempt publishes its outputs. It is
  /// removed from there.
  public func aside(attempt: Int, pilot: PilotName) -> String {
    "\(FilePath.directory(path))/.spool.old.a\(attempt)@\(pilot).\(FilePath.base(path))"
  }
}

extension FormerOutput: JSONValue {
  private enum Key: String { case number, path, size, files }

  /// The output as a ledger holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.number] = number
    members[.path] = path
    members[.size] = size
    members[.files] = files
    return members.json
  }

  /// Reads an output; nil if the JSON is not what a watcher writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let number: Int = members[.number],
      let path: String = members[.path], let size: Int = members[.size]
    else { return nil }
    self.number = number
    self.path = path
    self.size = size
    files = members[.files]
  }
}
