/// The place of a job's inputs in the catalogue or list of its task, and the outputs that it has already.
/// The ledger keeps it of a job that ended, so that `retry` can form the job again.
public struct InputPosition: Equatable, Sendable {
  /// The number of the dataset in the task's input; -1 for a job over everything.
  public var source: Int
  /// The place of the first file: bytes in a catalogue, a number in a list.
  public var offset: Int
  /// The number of files.
  public var files: Int
  /// The place after the last file.
  public var end: Int
  /// The ``CatalogueLine/root`` of the first file; nil where that is its place.
  public var root: Int?
  /// The memory limit in bytes, if it grew beyond the task's.
  public var memory: Int?
  /// The wall time, if it grew beyond the task's.
  public var wall: Duration?
  /// The outputs of an earlier attempt that was done, if there was one: the next success replaces them.
  public var former: [FormerOutput]?

  /// Makes a position.
  public init(
    source: Int, offset: Int, files: Int, end: Int, root: Int? = nil, memory: Int? = nil,
    wall: Duration? = nil, former: [FormerOutput]? = nil
  ) {
    self.source = source
    self.offset = offset
    self.files = files
    self.end = end
    self.root = root
    self.memory = memory
    self.wall = wall
    self.former = former
  }
}

extension InputPosition: JSONValue {
  private enum Key: String { case source, offset, files, end, root, memory, wall, former }

  /// The position as a ledger holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.source] = source
    members[.offset] = offset
    members[.files] = files
    members[.end] = end
    members[.root] = root
    members[.memory] = memory
    members[.wall] = wall?.milliseconds
    members[.former] = former
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let source: Int = members[.source],
      let offset: Int = members[.offset], let files: Int = members[.files],
      let end: Int = members[.end]
    else { return nil }
    self.init(
      source: source, offset: offset, files: files, end: end, root: members[.root],
      memory: members[.memory], wall: (members[.wall] as Int?).map { .milliseconds($0) },
      former: members[.former])
  }
}
