/// An output that a pilot has staged.
public struct StagedOutput: Equatable, Sendable {
  /// The number of the output in the task's list, from 0.
  public var number: Int
  /// The final path.
  public var path: String
  /// The name of the part beside it. A file that a pattern took lies in a directory with the others:
  /// then this is the directory's name, a slash and the file's.
  public var part: String
  /// The size in bytes; of a directory the sum of its files.
  public var size: Int
  /// The checksum, 8 hexadecimal digits; of a directory that of its manifest (``TreeManifest``).
  public var adler32: String
  /// The number of files of a directory; nil for a file.
  public var files: Int?

  /// Makes a staged output.
  public init(
    number: Int, path: String, part: String, size: Int, adler32: String, files: Int? = nil
  ) {
    self.number = number
    self.path = path
    self.part = part
    self.size = size
    self.adler32 = adler32
    self.files = files
  }

  /// The path of the part.
  public var partPath: String { "\(FilePath.directory(path))/\(part)" }

  /// True for a file that lies in a directory with others until it is published.
  public var isInDirectory: Bool { part.utf8.contains(UInt8(ascii: "/")) }

  /// The path that is to be removed if the output does not count: the part, or the directory in which
  /// it lies with others.
  public var remains: String {
    let name = Substring(part.utf8.prefix { $0 != UInt8(ascii: "/") })
    return "\(FilePath.directory(path))/\(name)"
  }

  /// The path to which a directory that this one replaces is moved: it is removed from there.
  public var replacedPath: String { "\(FilePath.directory(path))/.spool.old\(part.dropFirst(6))" }

  /// The output as a file of a dataset.
  public var file: InputFile { InputFile(path: path, size: size, adler32: adler32, files: files) }
}

extension StagedOutput: JSONValue {
  private enum Key: String { case number, path, part, size, adler32, files }

  /// The output as a result holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.number] = number
    members[.path] = path
    members[.part] = part
    members[.size] = size
    members[.adler32] = adler32
    members[.files] = files
    return members.json
  }

  /// Reads an output; nil if the JSON is not what a pilot writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let number: Int = members[.number],
      (0..<64).contains(number), let path: String = members[.path],
      let part: String = members[.part], Self.isPart(part, of: path),
      let size: Int = members[.size], (0...(1 << 60)).contains(size),
      let adler32: String = members[.adler32]
    else { return nil }
    let files: Int? = members[.files]
    guard (0...Limits.treeEntries).contains(files ?? 0) else { return nil }
    self.init(
      number: number, path: path, part: part, size: size, adler32: adler32, files: files)
  }

  /// Returns true for the name of a part: a hidden one, or that of a hidden directory, a slash and the
  /// name that the file is to have.
  private static func isPart(_ part: String, of path: String) -> Bool {
    guard part.hasPrefix(".spool.") else { return false }
    guard let slash = part.utf8.firstIndex(of: UInt8(ascii: "/")) else { return true }
    let name = part[part.utf8.index(after: slash)...]
    return part.utf8[..<slash].count > ".spool.".utf8.count && name == FilePath.base(path)
      && !["", ".", ".."].contains(name)
  }
}
