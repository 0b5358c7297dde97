/// A copy of one file to be made beside the pilot's own thread: of a checkpoint into the spool, or
/// back. It is written as a part, which gets its name when it is whole.
public struct FileCopy: Sendable {
  /// The path of the file.
  public var source: String
  /// The filesystem that it is on.
  public var sourceFiles: any FileSystem
  /// The path of the part.
  public var part: String
  /// The filesystem that the part is on.
  public var files: any FileSystem
  /// The path that the whole part gets; nil: it stays a part, which the caller moves.
  public var target: String?
  /// The directories to be synced, after the file itself; none: nothing is made durable.
  public var durable: [String]
  /// The most bytes.
  public var limit: Int

  /// Makes a copy to be made.
  public init(
    of source: String, on sourceFiles: any FileSystem, part: String, target: String? = nil,
    on files: any FileSystem, durable: [String] = [], limit: Int
  ) {
    self.source = source
    self.sourceFiles = sourceFiles
    self.part = part
    self.target = target
    self.files = files
    self.durable = durable
    self.limit = limit
  }
}
