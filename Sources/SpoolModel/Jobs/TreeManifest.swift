/// The manifest of a directory: a line for each file and link in it, by which the directory has a
/// checksum. Anybody can make it (FORMAT, "Directories").
public struct TreeManifest: Sendable {
  private var lines: [(path: String, text: String)] = []
  /// The sum of the sizes of the files.
  public private(set) var size = 0
  /// The number of files, links left out.
  public private(set) var files = 0

  /// Makes the manifest of an empty directory.
  public init() {}

  /// Adds a file, by its path within the directory; its checksum counts if there is one.
  public mutating func add(file path: String, size: Int, adler32: String?) {
    files += 1
    self.size += size
    if let adler32 { lines.append((path, "\(adler32) \(size)")) }
  }

  /// Adds a symbolic link, by its path within the directory.
  public mutating func add(link path: String, to target: String) {
    var sum = Adler32()
    sum.update(target)
    lines.append((path, "\(sum.hex) link"))
  }

  /// The checksum of the lines, in the order of the bytes of the paths.
  public var adler32: String {
    var sum = Adler32()
    for line in lines.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      sum.update("\(line.text) \(line.path)\n")
    }
    return sum.hex
  }
}

extension Adler32 {
  /// Adds the bytes of a text.
  fileprivate mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }
}
