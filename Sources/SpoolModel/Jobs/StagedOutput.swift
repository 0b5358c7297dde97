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

  /// The output as a result holds it.
  public var json: JSON {
    [
      "number": .integer(number), "path": .string(path), "part": .string(part),
      "size": .integer(size),
      "adler32": .string(adler32),
    ]
  }

  /// Reads an output; nil if the JSON is not what a pilot writes.
  public init?(_ json: JSON) {
    guard let number = json["number"]?.integer, (0..<64).contains(number),
      let path = json["path"]?.string,
      let part = json["part"]?.string,
      part.hasPrefix(".spool."), !part.contains("/"), let size = json["size"]?.integer,
      (0...(1 << 60)).contains(size),
      let adler32 = json["adler32"]?.string
    else { return nil }
    self.init(number: number, path: path, part: part, size: size, adler32: adler32)
  }
}
