/// An output that a pilot has staged.
public struct StagedOutput: Equatable, Sendable {
  /// The number of the output in the task's list, from 0.
  public var number: Int
  /// The final path.
  public var path: String
  /// The base name of the part beside it.
  public var part: String
  /// The size in bytes.
  public var size: Int
  /// The checksum, 8 hexadecimal digits.
  public var adler32: String

  /// Makes a staged output.
  public init(number: Int, path: String, part: String, size: Int, adler32: String) {
    self.number = number
    self.path = path
    self.part = part
    self.size = size
    self.adler32 = adler32
  }

  /// The path of the part.
  public var partPath: String { "\(FilePath.directory(path))/\(part)" }
}

extension StagedOutput: JSONValue {
  private enum Key: String { case number, path, part, size, adler32 }

  /// The output as a result holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.number] = number
    members[.path] = path
    members[.part] = part
    members[.size] = size
    members[.adler32] = adler32
    return members.json
  }

  /// Reads an output; nil if the JSON is not what a pilot writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let number: Int = members[.number],
      (0..<64).contains(number), let path: String = members[.path],
      let part: String = members[.part], part.hasPrefix(".spool."), !part.contains("/"),
      let size: Int = members[.size], (0...(1 << 60)).contains(size),
      let adler32: String = members[.adler32]
    else { return nil }
    self.init(number: number, path: path, part: part, size: size, adler32: adler32)
  }
}
