/// A stretch of a catalogue, or of a task's list of groups, whose files are inputs of a job: a job over
/// many files names it, in place of the files.
public struct InputStretch: Equatable, Sendable {
  /// The file that the stretch is of.
  public enum List: Equatable, Sendable {
    /// The catalogue of a dataset.
    case dataset(Name)
    /// The groups of a task.
    case groups(Name)
  }

  /// The file.
  public var list: List
  /// The first byte of the stretch.
  public var from: Int
  /// The byte behind the stretch.
  public var to: Int
  /// The number of files in it.
  public var files: Int

  /// Makes a stretch.
  public init(_ list: List, from: Int, to: Int, files: Int) {
    self.list = list
    self.from = from
    self.to = to
    self.files = files
  }
}

extension InputStretch: JSONValue {
  private enum Key: String { case dataset, groups, from, to, files }

  /// The stretch as a job's file holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    switch list {
    case .dataset(let name): members[.dataset] = name
    case .groups(let task): members[.groups] = task
    }
    members[.from] = from
    members[.to] = to
    members[.files] = files
    return members.json
  }

  /// Reads a stretch; nil for what is none.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let list = Self.list(members),
      let from: Int = members[.from], let to: Int = members[.to], let files: Int = members[.files],
      0 <= from, from <= to, files >= 0
    else { return nil }
    self.init(list, from: from, to: to, files: files)
  }

  private static func list(_ members: RecordMembers<Key>) -> List? {
    if let task: Name = members[.groups] { return .groups(task) }
    let dataset: Name? = members[.dataset]
    return dataset.map { .dataset($0) }
  }
}
