/// A stretch of a catalogue whose files are inputs of a job: a job over many files names it, in place
/// of the files.
public struct InputStretch: Equatable, Sendable {
  /// The dataset.
  public var dataset: Name
  /// The first byte of the stretch.
  public var from: Int
  /// The byte behind the stretch.
  public var to: Int
  /// The number of files in it.
  public var files: Int

  /// Makes a stretch.
  public init(dataset: Name, from: Int, to: Int, files: Int) {
    self.dataset = dataset
    self.from = from
    self.to = to
    self.files = files
  }
}

extension InputStretch: JSONValue {
  private enum Key: String { case dataset, from, to, files }

  /// The stretch as a job's file holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.dataset] = dataset
    members[.from] = from
    members[.to] = to
    members[.files] = files
    return members.json
  }

  /// Reads a stretch; nil for what is none.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let dataset: Name = members[.dataset],
      let from: Int = members[.from], let to: Int = members[.to], let files: Int = members[.files],
      0 <= from, from <= to, files >= 0
    else { return nil }
    self.init(dataset: dataset, from: from, to: to, files: files)
  }
}
